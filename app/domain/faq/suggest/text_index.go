package suggest

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// textIndex knows the entries by their own words. It does not change: an edit makes a new one.
type textIndex struct {
	ids       []string // by place; empty where there is none
	texts     []indexedText
	words     postings // of question and answer
	grams     postings // of the question and the beginning of the answer
	gramTexts []uint16 // in how many texts an n-gram is, by gramPlace
	gramBits  int
	spellings []spelling
	known     map[string]struct{} // the words of the questions
	detector  languageDetector
}

// indexedText is a text of an entry.
type indexedText struct {
	place    uint16
	language string
}

const (
	// BM25. A question is not held against an entry for being long: the n-grams do that already.
	saturation     = 0.8
	questionLength = 0.3
	answerLength   = 0.75
	answerWords    = 0.3
	maxWordScore   = (1 + saturation) * (1 + answerWords)

	// Words like "the" and "my" are weighed low, but kept: a short question hardly has others.
	stopWordWeight = 0.5
	stopGramWeight = 0.5
	synonymWeight  = 0.4
	typoWeight     = 0.7

	// lengthEvening makes a long word weigh nearly as much as a short one, though it has more n-grams.
	lengthEvening = 0.75
	answerGrams   = 0.3
	answerStart   = 12  // how many words of the answer are read for n-grams
	lengthPivot   = 0.6 // how much of its length is held against a question by n-grams

	foreignLanguageWeight = 0.3 // what a text in another language than the message counts
)

// newTextIndex reads the entries.
func newTextIndex(entries map[string]Entry, places map[string]uint16) *textIndex {
	c := &textIndex{known: map[string]struct{}{}}
	ids := slices.SortedFunc(maps.Keys(places), func(a, b string) int { return cmp.Compare(places[a], places[b]) })
	if len(ids) > 0 {
		c.ids = make([]string, int(places[ids[len(ids)-1]])+1)
	}
	r := indexReader{t: newParsedText(), c: c}
	size := 0
	for _, e := range entries {
		for _, x := range e.Texts {
			size += len(x.Question) + len(x.Answer)
		}
	}
	c.gramBits = bitsFor(size)
	c.gramTexts, r.last = make([]uint16, 1<<c.gramBits), make([]uint16, 1<<c.gramBits)
	for _, id := range ids {
		c.ids[places[id]] = id
		for _, x := range entries[id].Texts {
			if len(c.texts) < maxEntries {
				r.read(x, places[id])
			}
		}
	}
	r.finish()
	slices.SortStableFunc(c.spellings, func(a, b spelling) int { return cmp.Compare(len(a.stem), len(b.stem)) })
	return c
}

// indexReader gathers the features of all texts.
type indexReader struct {
	t       *parsedText
	c       *textIndex
	words   []occurrence
	counts  map[uint32]int // of a text's words, to their place in words
	lengths [][2]float32   // of question and answer, in words
	grams   []foundFeature // of questions
	answers []foundFeature // of answers
	last    []uint16       // the last text that an n-gram was seen in, counted from 1
}

// occurrence is a word in a text: how often it is in the question and in the answer.
type occurrence struct {
	hash  uint32
	text  uint16
	times [2]uint16
}

func (r *indexReader) read(x Text, place uint16) {
	id := uint16(len(r.c.texts))
	r.c.texts = append(r.c.texts, indexedText{place, primaryLanguage(x.Language)})
	r.counts = map[uint32]int{}
	var length [2]float32
	r.t.read(x.Question, x.Language)
	length[0] = r.count(id, 0)
	r.grams = r.addWordGrams(r.grams, r.t.words, id)
	r.seen(id)
	for _, w := range r.t.words {
		if _, again := r.c.known[w.stem]; !again {
			r.c.known[w.stem] = struct{}{}
			r.c.spellings = append(r.c.spellings, spelling{characterSet(w.stem), w.stem})
		}
	}
	r.c.detector.read(r.t, primaryLanguage(x.Language))
	r.t.read(x.Answer, x.Language)
	length[1] = r.count(id, 1)
	r.answers = r.addWordGrams(r.answers, r.t.words[:min(len(r.t.words), answerStart)], id)
	r.seen(id)
	r.lengths = append(r.lengths, length)
}

// seen counts the n-grams of the text that was read, each once.
func (r *indexReader) seen(id uint16) {
	for _, g := range r.t.grams {
		at := r.c.gramPlace(g)
		if r.last[at] != id+1 {
			r.last[at] = id + 1
			r.c.gramTexts[at]++
		}
	}
}

// count counts the words of the text that was read.
func (r *indexReader) count(id uint16, field int) float32 {
	for _, w := range r.t.words {
		h := hashText(w.stem, wordSeed)
		at, again := r.counts[h]
		if !again {
			at = len(r.words)
			r.counts[h] = at
			r.words = append(r.words, occurrence{hash: h, text: id})
		}
		r.words[at].times[field]++
	}
	return float32(len(r.t.words))
}

// addWordGrams adds the n-grams of the first words of the text that was read, weighed by their words.
func (r *indexReader) addWordGrams(to []foundFeature, words []word, id uint16) []foundFeature {
	from := 0
	for _, w := range words {
		weight := weightOfGrams(w, w.grams-from)
		for _, g := range r.t.grams[from:w.grams] {
			to = append(to, foundFeature{g, id, weight})
		}
		from = w.grams
	}
	return to
}

// weightOfGrams is what each of a word's n-grams weighs.
func weightOfGrams(w word, n int) float32 {
	weight := evenedWeights[min(n, len(evenedWeights)-1)]
	if w.stop {
		weight *= stopGramWeight
	}
	return weight
}

var evenedWeights = func() (by [256]float32) {
	for n := range by {
		by[n] = float32(math.Pow(float64(max(n, 1)), -lengthEvening))
	}
	return by
}()

func (r *indexReader) finish() {
	c := r.c
	n := float32(max(len(c.texts), 1))
	var mean [2]float32
	for _, l := range r.lengths {
		mean[0] += l[0] / n
		mean[1] += l[1] / n
	}
	words := make([]foundFeature, len(r.words))
	for i, o := range r.words {
		of := func(field int, b float32) float32 {
			times := float32(o.times[field])
			if times == 0 {
				return 0
			}
			return times * (1 + saturation) / (times + saturation*(1-b+b*r.lengths[o.text][field]/mean[field]))
		}
		words[i] = foundFeature{o.hash, o.text, of(0, questionLength) + answerWords*of(1, answerLength)}
	}
	c.words = newPostings(words, maxWordScore)

	norm := func(all []foundFeature, pivot float64) {
		norms := make([]float64, len(c.texts))
		for i, f := range all {
			all[i].weight *= c.gramRarity(f.hash)
			norms[f.text] += float64(all[i].weight) * float64(all[i].weight)
		}
		mean := 0.0
		for i := range norms {
			norms[i] = math.Sqrt(norms[i])
			mean += norms[i] / float64(len(norms))
		}
		for i := range norms {
			norms[i] = math.Pow(norms[i], pivot) * math.Pow(mean, 1-pivot)
		}
		for i, f := range all {
			all[i].weight /= float32(norms[f.text])
		}
	}
	norm(r.grams, lengthPivot)
	norm(r.answers, 1)
	for _, f := range r.answers {
		f.weight *= answerGrams
		r.grams = append(r.grams, f)
	}
	c.grams = newPostings(r.grams, 1)
}

func (c *textIndex) gramPlace(g uint32) uint32 { return g >> (32 - c.gramBits) }

// gramRarity is what an n-gram weighs: more, the fewer texts have it.
func (c *textIndex) gramRarity(g uint32) float32 {
	return rarity(len(c.texts), int(c.gramTexts[c.gramPlace(g)]))
}

func rarity(of, have int) float32 {
	return float32(math.Log(1 + (float64(of)+.5)/(float64(have)+.5)))
}

// wordRarity is the same of words, that of BM25.
func (c *textIndex) wordRarity(texts int) float32 {
	return float32(math.Log(1 + (float64(max(len(c.texts)-texts, 0))+.5)/(float64(texts)+.5)))
}

// score fills in how the best text of every entry fits a message, by words and by n-grams.
func (c *textIndex) score(t *parsedText, language string, s *scratch) {
	language = primaryLanguage(language)
	s.byText = zeroed(s.byText, len(c.texts))
	rules := languages()[language]
	for _, w := range t.words {
		weight := float32(1)
		if w.stop {
			weight = stopWordWeight
		}
		if c.addWord(w.stem, weight, s.byText) == 0 && !w.stop {
			for _, meant := range c.similarWords(w.stem) {
				c.addWord(meant, typoWeight, s.byText)
			}
		}
		if rules != nil && !w.stop {
			for _, like := range rules.synonyms[w.stem] {
				c.addWord(like.stem, synonymWeight, s.byText)
			}
		}
	}
	s.words = zeroed(s.words, len(c.ids))
	c.byEntry(s.byText, s.words, language, 1)

	s.byText = zeroed(s.byText, len(c.texts))
	norm, from := float32(0), 0
	for _, w := range t.words {
		even := weightOfGrams(w, w.grams-from)
		for _, g := range t.grams[from:w.grams] {
			weight := even * c.gramRarity(g)
			norm += weight * weight
			c.addGram(g, weight, s.byText)
		}
		from = w.grams
		if rules != nil && !w.stop {
			for _, like := range rules.synonyms[w.stem] {
				weight := synonymWeight * weightOfGrams(w, len(like.grams))
				for _, g := range like.grams {
					c.addGram(g, weight*c.gramRarity(g), s.byText)
				}
			}
		}
	}
	s.grams = zeroed(s.grams, len(c.ids))
	c.byEntry(s.byText, s.grams, language, 1/float32(math.Sqrt(float64(norm)+1e-12)))
}

// addWord adds what a word says for the texts that have it, and returns how many there are.
func (c *textIndex) addWord(stem string, weight float32, byText []float32) int {
	found := c.words.of(hashText(stem, wordSeed))
	weight *= c.wordRarity(len(found)) * maxWordScore / math.MaxUint16
	for _, p := range found {
		byText[p.text] += weight * float32(p.weight)
	}
	return len(found)
}

func (c *textIndex) addGram(g uint32, weight float32, byText []float32) {
	for _, p := range c.grams.of(g) {
		byText[p.text] += weight * float32(p.weight) / math.MaxUint16
	}
}

// byEntry takes the best text of every entry; one in another language than the message counts less.
func (c *textIndex) byEntry(byText, byPlace []float32, language string, times float32) {
	for i, x := range c.texts {
		if byText[i] == 0 {
			continue
		}
		v := byText[i] * times
		if language != "" && x.language != "" && x.language != language {
			v *= foreignLanguageWeight
		}
		byPlace[x.place] = max(byPlace[x.place], v)
	}
}
