package suggest

// message is the features of a message by which is learned: the places of hashes, with what sort each is of.
type message []feature

type feature uint32 // the sort in the upper half, the place in the lower

const (
	featureWord = iota
	featureStopWord
	featurePair
	featureHalfStopPair
	featureStopPair
	featureGram
)

// featureWeights is what a feature of a sort weighs.
var featureWeights = [...]float32{
	featureWord:         1,
	featureStopWord:     0.3,
	featurePair:         0.5,
	featureHalfStopPair: 0.35,
	featureStopPair:     0.25,
	featureGram:         0.2,
}

const (
	wordSeed = 0
	pairSeed = 7
	gramSeed = 13

	maxFeatures = 256 // of a message; a longer one is read as far as that
)

func (f feature) place() uint16   { return uint16(f) }
func (f feature) sort() int       { return int(f >> 16) }
func (f feature) weight() float32 { return featureWeights[f>>16] }

// features appends the features of the text that was read: words, pairs of neighbors, n-grams.
func (t *parsedText) features(m message) message {
	add := func(hash uint32, sort int) {
		if len(m) < maxFeatures {
			m = append(m, feature(sort<<16)|feature(hash>>16))
		}
	}
	t.seen.reset()
	for i, w := range t.words {
		if h := hashText(w.stem, wordSeed); t.seen.add(h) {
			if w.stop {
				add(h, featureStopWord)
			} else {
				add(h, featureWord)
			}
		}
		if i == 0 {
			continue
		}
		before := t.words[i-1]
		h := mixHash(hashText(before.stem, pairSeed)*31 + hashText(w.stem, wordSeed))
		if !t.seen.add(h) {
			continue
		}
		switch {
		case w.stop && before.stop:
			add(h, featureStopPair)
		case w.stop || before.stop:
			add(h, featureHalfStopPair)
		default:
			add(h, featurePair)
		}
	}
	for _, g := range t.grams {
		add(mixHash(g+gramSeed), featureGram)
	}
	return m
}
