package suggest

// message is the features of a message by which is learned: the places of hashes, with what sort each is of.
type message []feature

type feature uint32 // the sort in the upper half, the place in the lower

const (
	ofWord = iota
	ofStopWord
	ofPair
	ofHalfStopPair
	ofStopPair
	ofGram
)

// weights is what a feature of a sort weighs.
var weights = [...]float32{ofWord: 1, ofStopWord: 0.3, ofPair: 0.5, ofHalfStopPair: 0.35, ofStopPair: 0.25, ofGram: 0.2}

const (
	wordSeed = 0
	pairSeed = 7
	gramSeed = 13

	mostFeatures = 256 // of a message; a longer one is read as far as that
)

func (f feature) place() uint16   { return uint16(f) }
func (f feature) sort() int       { return int(f >> 16) }
func (f feature) weight() float32 { return weights[f>>16] }

// features appends the features of the text that was read: words, pairs of neighbours, n-grams.
func (t *text) features(m message) message {
	add := func(hash uint32, sort int) {
		if len(m) < mostFeatures {
			m = append(m, feature(sort<<16)|feature(hash>>16))
		}
	}
	t.seen.forget()
	for i, w := range t.words {
		if h := hashed(w.stem, wordSeed); t.seen.add(h) {
			if w.stop {
				add(h, ofStopWord)
			} else {
				add(h, ofWord)
			}
		}
		if i == 0 {
			continue
		}
		before := t.words[i-1]
		h := mixed(hashed(before.stem, pairSeed)*31 + hashed(w.stem, wordSeed))
		if !t.seen.add(h) {
			continue
		}
		switch {
		case w.stop && before.stop:
			add(h, ofStopPair)
		case w.stop || before.stop:
			add(h, ofHalfStopPair)
		default:
			add(h, ofPair)
		}
	}
	for _, g := range t.grams {
		add(mixed(g+gramSeed), ofGram)
	}
	return m
}
