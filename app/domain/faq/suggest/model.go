package suggest

import (
	"math"
	"math/rand/v2"
	"slices"
)

// model is what choices taught: a weight for every pair of a feature and an entry that were seen together, so that it takes space for
// what was seen and not for what might be. It is trained online, as a softmax over the entry chosen and its strongest rivals, and
// trains again on messages that it remembers, lest it forget the entries that are seldom chosen. From time to time it is trained anew
// on all that it remembers: see training.
type model struct {
	weights     weightTable
	slopes      []float32       // by feature: the sum of its squared gradients, which slows it down (AdaGrad)
	entries     []entryStats    // by place
	stored      []storedMessage // the remembered messages
	dismissals  []storedMessage // those at which an entry was dismissed
	incomplete  bool            // some message was not remembered since there were too many of all entries
	fromScratch bool            // of a copy: it is to be learned anew from nothing
	choices     int             // how many choices were learned
	present     int             // how many entries there are
	rarity      []float32       // what a feature weighs, by how many entries have it
}

// entryStats are what an entry was chosen for.
type entryStats struct {
	choices   float32
	dismissed float32
	chosen    float32 // the choices that count against those foreseen
	expected  float32 // how many choices of it were expected when other messages, and these, came
	bias      float32
	messages  uint16          // how many of the remembered are its own
	questions []storedMessage // its own; nil if there is no such entry
}

// storedMessage is a message that is remembered for an entry.
type storedMessage struct {
	place     uint16
	relearned uint16 // how often it was learned again
	key       uint32 // of the message
	size      float32
	message   message
}

const (
	learningRate      = 0.35
	biasRate          = 0.02
	softmaxSoftness   = 0.5 // of the softmax: below 1 it goes on learning from what is nearly right
	maxRivals         = 63
	maxStoredPerEntry = 50   // messages of an entry
	maxStored         = 8000 // and of all entries
	maxDismissals     = 10   // dismissals of an entry
	maxMessageSize    = 4    // of a message, however often it comes

	sampleCandidates = 4 // candidates for the remembered message that is learned again with a new one

	// questionWeight is the weight of an entry's own question, its first lesson.
	questionWeight = 8.0

	// maxWeights is how many weights there may be before n-grams make no new ones.
	maxWeights = 1_200_000

	// breadth is how much an entry gains that is chosen more often than was foreseen. Such an entry is broad: its messages have
	// little in common. What it gains fades with its choices, which teach it better.
	breadth      = 1.2
	breadthPrior = 0.7
	breadthFades = 10

	// minRivalShare is the share of a rival from which on a step moves its weights at all.
	minRivalShare = 0.02

	dismissalFactor = 0.3 // how much smaller a step a dismissal is
)

// stepSize is how big a step a choice is.
func stepSize(k Kind) float32 {
	switch k {
	case Picked, Example: // it was missed
		return 2
	default:
		return 1
	}
}

func newModel() *model {
	return &model{slopes: make([]float32, 1<<16), weights: newWeightTable()}
}

// grow makes space for as many places, of which some are in use.
func (l *model) grow(places, present int) {
	for len(l.entries) < places {
		l.entries = append(l.entries, entryStats{})
	}
	if l.present == present && len(l.rarity) > 0 {
		return
	}
	l.present = present
	l.rarity = l.rarity[:0]
	for n := range max(present, 1) + 1 {
		l.rarity = append(l.rarity, rarity(present, n))
	}
}

// addPairs makes the pairs of a message's features and its entry.
func (l *model) addPairs(m message, place uint16) {
	full := len(l.weights.all) >= maxWeights
	for _, f := range m {
		if !full || f.sort() != featureGram {
			l.weights.add(f.place(), place)
		}
	}
}

// addQuestions takes in an entry's own questions.
func (l *model) addQuestions(questions []message, place uint16) {
	own := make([]storedMessage, len(questions))
	for i, m := range questions {
		own[i] = storedMessage{place: place, message: m}
		l.addPairs(m, place)
	}
	l.entries[place].questions = own
}

// removeQuestions undoes the first lessons of an entry that nothing else taught, before its questions change.
func (l *model) removeQuestions(place uint16) {
	for _, own := range l.entries[place].questions {
		for _, f := range own.message {
			all := l.weights.of(f.place())
			for j := range all {
				if all[j].place == place {
					all[j].weight = 0
				}
			}
		}
	}
}

// learnQuestions gives an entry its own questions as the first lessons.
func (l *model) learnQuestions(s *scratch, place uint16) {
	for _, own := range l.entries[place].questions {
		l.measureFeatures(own.message, s)
		for i, f := range own.message {
			all := l.weights.of(f.place())
			for j := range all {
				if all[j].place == place {
					all[j].move(questionWeight * s.values[i] / weightUnit)
				}
			}
		}
	}
}

// taught is how much the entry was taught, in choices.
func (e *entryStats) taught() float32 { return e.choices + dismissalFactor*e.dismissed }

// gain is what an entry gains, or loses, by being chosen more or less often than was foreseen.
func (e *entryStats) gain() float32 {
	if e.expected == 0 {
		return 0
	}
	fades := breadth * breadthFades / (breadthFades + float64(e.taught()))
	return float32(fades * math.Log(float64(e.chosen+breadthPrior)/float64(e.expected+breadthPrior)))
}

// measureFeatures fills in the values of the message's features.
func (l *model) measureFeatures(m message, s *scratch) {
	s.values = zeroed(s.values, len(m))
	norm := float32(0)
	for i, f := range m {
		v := f.weight() * l.rarity[min(l.weights.count(f.place()), len(l.rarity)-1)]
		s.values[i] = v
		norm += v * v
	}
	scale := 1 / float32(math.Sqrt(float64(norm)+1e-9))
	for i := range s.values {
		s.values[i] *= scale
	}
}

// logits fills in the sums of the weights.
func (l *model) logits(m message, s *scratch) {
	l.measureFeatures(m, s)
	s.logits = zeroed(s.logits, len(l.entries))
	for i, f := range m {
		v := s.values[i] * weightUnit
		for _, c := range l.weights.of(f.place()) {
			s.logits[c.place] += float32(c.weight) * v
		}
	}
	for i := range l.entries {
		s.logits[i] += l.entries[i].bias
	}
}

// rival is an entry in the softmax.
type rival struct {
	place uint16
	share float32
}

// softmax fills in the softmax over an entry and its strongest rivals, the entry first.
func (l *model) softmax(s *scratch, place uint16, softness float64) {
	top := append(s.rivals[:0], rival{place, s.logits[place]})
	for i, v := range s.logits {
		if uint16(i) == place || len(top) > maxRivals && v <= top[maxRivals].share {
			continue
		}
		if len(top) <= maxRivals {
			top = append(top, rival{})
		}
		at := len(top) - 1
		for ; at > 1 && top[at-1].share < v; at-- {
			top[at] = top[at-1]
		}
		top[at] = rival{uint16(i), v}
	}
	best := top[0].share
	if len(top) > 1 {
		best = max(best, top[1].share)
	}
	sum := float32(0)
	for i := range top {
		top[i].share = float32(math.Exp(softness * float64(top[i].share-best)))
		sum += top[i].share
	}
	for i := range top {
		top[i].share /= sum
	}
	s.rivals = top
}

// learnNew learns a message that comes for the first time, and notes which entries were expected.
func (l *model) learnNew(s *scratch, m message, place uint16, size float32) {
	l.entries[place].chosen++
	l.logits(m, s)
	l.softmax(s, place, 1)
	for _, r := range s.rivals {
		l.entries[r.place].expected += r.share
	}
	l.gradientStep(s, m, place, size)
}

// relearn learns a message once more.
func (l *model) relearn(s *scratch, m message, place uint16) {
	l.logits(m, s)
	l.gradientStep(s, m, place, 1)
}

// gradientStep moves the weights so that the entry is a little likelier for the message, and its rivals a little less.
func (l *model) gradientStep(s *scratch, m message, place uint16, size float32) {
	l.softmax(s, place, softmaxSoftness)
	s.delta = zeroed(s.delta, len(l.entries))
	for i, r := range s.rivals {
		if i == 0 {
			s.delta[r.place] = 1 - r.share
		} else if r.share > minRivalShare {
			s.delta[r.place] = -r.share
		}
		l.entries[r.place].bias += biasRate * s.delta[r.place]
	}
	missed, delta := s.delta[place], s.delta
	for i, f := range m {
		v := s.values[i]
		slope := &l.slopes[f.place()]
		*slope += missed * missed * v * v
		pace := size * learningRate * v / float32(math.Sqrt(float64(*slope)+0.01)) / weightUnit
		if pace*missed < 0.5 { // no weight would move
			continue
		}
		least := 0.5 / pace
		all := l.weights.of(f.place())
		for j := range all {
			if d := delta[all[j].place]; d >= least || d <= -least {
				all[j].move(pace * d)
			}
		}
	}
}

// sampleStored is a message to learn again: of some drawn by chance, kept ones and entries' own questions, the one that was learned least
// often. So it matters less in which order choices came.
func (l *model) sampleStored(random *rand.Rand) (least *storedMessage) {
	for range sampleCandidates {
		var k *storedMessage
		if n := random.IntN(len(l.stored) + max(l.present, 1)); n < len(l.stored) {
			k = &l.stored[n]
		} else if own := l.entries[random.IntN(len(l.entries))].questions; len(own) > 0 {
			k = &own[random.IntN(len(own))]
		} else {
			continue
		}
		if least == nil || k.relearned < least.relearned {
			least = k
		}
	}
	if least != nil && least.relearned < math.MaxUint16 {
		least.relearned++
	}
	return least
}

// removeEntries takes entries out.
func (l *model) removeEntries(places []uint16) {
	gone := map[uint16]bool{}
	for _, p := range places {
		gone[p] = true
		l.entries[p] = entryStats{}
	}
	l.weights.remove(gone)
	of := func(k storedMessage) bool { return gone[k.place] }
	l.stored, l.dismissals = slices.DeleteFunc(l.stored, of), slices.DeleteFunc(l.dismissals, of)
}
