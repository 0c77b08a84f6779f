package suggest

import (
	"math"
)

// scratch is what a message is scored in, kept for the next one. The slices are by place.
type scratch struct {
	features   message
	values     []float32
	byText     []float32
	words      []float32 // how an entry fits by words
	grams      []float32 // and by n-grams: 0 to 1
	logits     []float32 // and by what was learned
	score      []float32
	confidence []float32
	rivals     []rival
	delta      []float32
}

// zeroed returns a slice of n zeros, in the array of s if that is long enough.
func zeroed(s []float32, n int) []float32 {
	if cap(s) < n {
		return make([]float32, n, n+n/4)
	}
	s = s[:n]
	clear(s)
	return s
}

const (
	// An entry's text counts less the more choices taught it, but textShare a part for ever; what was learned counts from the first choice
	// on. Both are by the entry's own choices: one that is new competes by its text and need not fight the old ones.
	textHalves   = 3 // choices until the text has lost half of what it loses
	minTextShare = 0.3
	modelHalf    = 0.3 // choices until the learned side has half of what it modelShare
	// wellKnown is how strongly the best must be known for the learned side to speak with its whole voice; less while little was taught.
	wellKnown = 8
	knownHalf = 40 // choices until it is half of that
	// While few of many entries were taught, what was learned speaks less for an entry that the engine is less sure of than of another:
	// else those few would come first whatever is asked. heedMost is how much at first, heedFades how fast that fades.
	maxCaution  = 2
	cautionFade = 3
	// wordShare is the part of words in the cold score; the rest is of n-grams.
	wordShare = 0.375
	// wellFittingFactor makes the text say less where even the best fits by less than half of the n-grams.
	wellFittingFactor = 2
)

// combine makes scores and confidences of what words, n-grams and learning say, among the entries that are allowed. The three are measured
// by their best entry: how far behind an entry is says more than its rank. The learned side is so by half only: what it says faintly,
// of whatever entry, is said faintly.
func (e *Engine) combine(s *scratch, allow func(string) bool) {
	n := len(e.index.ids)
	s.score, s.confidence = zeroed(s.score, n), zeroed(s.confidence, n)
	words, grams, logits, choices, surest, allowed := float32(1e-6), float32(1e-6), float32(minModelScale), float32(0), float32(1e-6), 0
	for i, id := range e.index.ids {
		if id == "" || allow != nil && !allow(id) {
			s.score[i] = float32(math.Inf(-1))
			continue
		}
		l := &e.model.entries[i]
		words, grams, logits = max(words, s.words[i]), max(grams, s.grams[i]), max(logits, s.logits[i]+l.gain())
		s.confidence[i] = confidence(s.grams[i], s.logits[i])
		surest = max(surest, s.confidence[i])
		choices += l.taught()
		allowed++
	}
	fits := min(1, wellFittingFactor*grams)
	heed := maxCaution * float64(allowed) / (float64(allowed) + cautionFade*float64(choices))
	logits = float32(math.Sqrt(float64(logits * max(wellKnown*choices/(knownHalf+choices), minModelScale))))
	for i := range s.score {
		if s.score[i] < 0 {
			continue
		}
		cold := fits * (wordShare*s.words[i]/words + (1-wordShare)*s.grams[i]/grams)
		l := &e.model.entries[i]
		textShare := minTextShare + (1-minTextShare)*textHalves/(textHalves+l.taught())
		modelShare := (1 - minTextShare) * l.taught() / (modelHalf + l.taught())
		doubt := float32(math.Pow(float64(s.confidence[i]/surest), heed))
		s.score[i] = textShare*cold + modelShare*doubt*max((s.logits[i]+l.gain())/logits, -1)
	}
}

// minModelScale is the least that counts as the best of the learned side: where nothing is known well, little is said loudly.
const minModelScale = 0.2

// confidence is how sure an entry is. It is not made of the score, which only orders the entries of one message.
func confidence(grams, logit float32) float32 {
	evidence := max(grams+0.35*logit, 0)
	return 1 - float32(math.Exp(-float64(evidence)))
}

// best are the k best entries that may be suggested.
func (e *Engine) best(s *scratch, k int) []Suggestion {
	if k = min(k, len(s.score)); k == 0 {
		return nil
	}
	out := make([]Suggestion, 0, k)
	for i, score := range s.score {
		if math.IsInf(float64(score), -1) || len(out) == k && out[k-1].Score >= float64(score) {
			continue
		}
		if len(out) < k {
			out = append(out, Suggestion{})
		}
		at := len(out) - 1
		for ; at > 0 && out[at-1].Score < float64(score); at-- {
			out[at] = out[at-1]
		}
		out[at] = Suggestion{Entry: e.index.ids[i], Score: float64(score), Confidence: float64(s.confidence[i])}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
