package suggest

import (
	"math"
	"math/rand/v2"
	"slices"
)

// learned is what choices taught: a weight for every pair of a feature and an entry that were seen together, so that it takes room for
// what was seen and not for what might be. It is trained online, as a softmax over the entry chosen and its strongest rivals, and
// trains again on messages that it remembers, lest it forget the entries that are seldom chosen. From time to time it is trained anew
// on all that it remembers: see training.
type learned struct {
	cells   cells
	slopes  []float32 // by feature: the sum of its squared gradients, which slows it down (AdaGrad)
	entries []lessons // by place
	kept    []kept    // the remembered messages
	waved   []kept    // those at which an entry was dismissed
	partial bool      // some message was not remembered since there were too many of all entries
	whole   bool      // of a copy: it is to be learned anew from nothing
	taught  int       // how many choices were learned
	present int       // how many entries there are
	rarity  []float32 // what a feature weighs, by how many entries have it
}

// lessons are what an entry was chosen for.
type lessons struct {
	choices   float32
	dismissed float32
	chosen    float32 // the choices that count against those foreseen
	foreseen  float32 // how many choices of it were expected when other messages, and these, came
	bias      float32
	messages  uint16 // how many of the remembered are its own
	questions []kept // its own; nil if there is no such entry
}

// kept is a message that is remembered for an entry.
type kept struct {
	place   uint16
	times   uint16 // how often it was learned again
	key     uint32 // of the message
	size    float32
	message message
}

const (
	rate      = 0.35
	biasRate  = 0.02
	softness  = 0.5 // of the softmax: below 1 it goes on learning from what is nearly right
	rivals    = 63
	mostKept  = 50   // messages of an entry
	mostTotal = 8000 // and of all entries
	mostWaved = 10   // dismissals of an entry
	mostSize  = 4    // of a message, however often it comes

	drawn = 4 // candidates for the remembered message that is learned again with a new one

	// beginning is the weight of an entry's own question, its first lesson.
	beginning = 8.0

	// mostCells is how many weights there may be before n-grams make no new ones.
	mostCells = 1_200_000

	// breadth is how much an entry gains that is chosen more often than was foreseen. Such an entry is broad: its messages have
	// little in common. What it gains fades with its choices, which teach it better.
	breadth      = 1.2
	breadthPrior = 0.7
	breadthFades = 10

	// noticeable is the share of a rival from which on a step moves its weights at all.
	noticeable = 0.02

	dismissal = 0.3 // how much smaller a step a dismissal is
)

// lesson is how big a step a choice is.
func lesson(k Kind) float32 {
	switch k {
	case Picked, Example: // it was missed
		return 2
	default:
		return 1
	}
}

func newLearned() *learned {
	return &learned{slopes: make([]float32, 1<<16), cells: newCells()}
}

// grow makes room for as many places, of which some are in use.
func (l *learned) grow(places, present int) {
	for len(l.entries) < places {
		l.entries = append(l.entries, lessons{})
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

// meet makes the pairs of a message's features and its entry.
func (l *learned) meet(m message, place uint16) {
	full := len(l.cells.all) >= mostCells
	for _, f := range m {
		if !full || f.sort() != ofGram {
			l.cells.add(f.place(), place)
		}
	}
}

// know takes in an entry's own questions.
func (l *learned) know(questions []message, place uint16) {
	own := make([]kept, len(questions))
	for i, m := range questions {
		own[i] = kept{place: place, message: m}
		l.meet(m, place)
	}
	l.entries[place].questions = own
}

// unlearn takes back the first lessons of an entry that nothing else taught, before its questions change.
func (l *learned) unlearn(place uint16) {
	for _, own := range l.entries[place].questions {
		for _, f := range own.message {
			all := l.cells.of(f.place())
			for j := range all {
				if all[j].place == place {
					all[j].weight = 0
				}
			}
		}
	}
}

// begin gives an entry its own questions as the first lessons.
func (l *learned) begin(s *scratch, place uint16) {
	for _, own := range l.entries[place].questions {
		l.measure(own.message, s)
		for i, f := range own.message {
			all := l.cells.of(f.place())
			for j := range all {
				if all[j].place == place {
					all[j].move(beginning * s.values[i] / unit)
				}
			}
		}
	}
}

// taught is how much the entry was taught, in choices.
func (e *lessons) taught() float32 { return e.choices + dismissal*e.dismissed }

// gain is what an entry gains, or loses, by being chosen more or less often than was foreseen.
func (e *lessons) gain() float32 {
	if e.foreseen == 0 {
		return 0
	}
	fades := breadth * breadthFades / (breadthFades + float64(e.taught()))
	return float32(fades * math.Log(float64(e.chosen+breadthPrior)/float64(e.foreseen+breadthPrior)))
}

// measure fills in the values of the message's features.
func (l *learned) measure(m message, s *scratch) {
	s.values = zeroed(s.values, len(m))
	norm := float32(0)
	for i, f := range m {
		v := f.weight() * l.rarity[min(l.cells.count(f.place()), len(l.rarity)-1)]
		s.values[i] = v
		norm += v * v
	}
	scale := 1 / float32(math.Sqrt(float64(norm)+1e-9))
	for i := range s.values {
		s.values[i] *= scale
	}
}

// logits fills in the sums of the weights.
func (l *learned) logits(m message, s *scratch) {
	l.measure(m, s)
	s.logits = zeroed(s.logits, len(l.entries))
	for i, f := range m {
		v := s.values[i] * unit
		for _, c := range l.cells.of(f.place()) {
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

// compete fills in the softmax over an entry and its strongest rivals, the entry first.
func (l *learned) compete(s *scratch, place uint16, softness float64) {
	top := append(s.rivals[:0], rival{place, s.logits[place]})
	for i, v := range s.logits {
		if uint16(i) == place || len(top) > rivals && v <= top[rivals].share {
			continue
		}
		if len(top) <= rivals {
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

// first learns a message that comes for the first time, and notes which entries were expected.
func (l *learned) first(s *scratch, m message, place uint16, size float32) {
	l.entries[place].chosen++
	l.logits(m, s)
	l.compete(s, place, 1)
	for _, r := range s.rivals {
		l.entries[r.place].foreseen += r.share
	}
	l.step(s, m, place, size)
}

// again learns a message once more.
func (l *learned) again(s *scratch, m message, place uint16) {
	l.logits(m, s)
	l.step(s, m, place, 1)
}

// step moves the weights so that the entry is a little likelier for the message, and its rivals a little less.
func (l *learned) step(s *scratch, m message, place uint16, size float32) {
	l.compete(s, place, softness)
	s.delta = zeroed(s.delta, len(l.entries))
	for i, r := range s.rivals {
		if i == 0 {
			s.delta[r.place] = 1 - r.share
		} else if r.share > noticeable {
			s.delta[r.place] = -r.share
		}
		l.entries[r.place].bias += biasRate * s.delta[r.place]
	}
	missed, delta := s.delta[place], s.delta
	for i, f := range m {
		v := s.values[i]
		slope := &l.slopes[f.place()]
		*slope += missed * missed * v * v
		pace := size * rate * v / float32(math.Sqrt(float64(*slope)+0.01)) / unit
		if pace*missed < 0.5 { // no weight would move
			continue
		}
		least := 0.5 / pace
		all := l.cells.of(f.place())
		for j := range all {
			if d := delta[all[j].place]; d >= least || d <= -least {
				all[j].move(pace * d)
			}
		}
	}
}

// remembered is a message to learn again: of some drawn by chance, kept ones and entries' own questions, the one that was learned least
// often. So it matters less in which order choices came.
func (l *learned) remembered(random *rand.Rand) (least *kept) {
	for range drawn {
		var k *kept
		if n := random.IntN(len(l.kept) + max(l.present, 1)); n < len(l.kept) {
			k = &l.kept[n]
		} else if own := l.entries[random.IntN(len(l.entries))].questions; len(own) > 0 {
			k = &own[random.IntN(len(own))]
		} else {
			continue
		}
		if least == nil || k.times < least.times {
			least = k
		}
	}
	if least != nil && least.times < math.MaxUint16 {
		least.times++
	}
	return least
}

// forget takes entries out.
func (l *learned) forget(places []uint16) {
	gone := map[uint16]bool{}
	for _, p := range places {
		gone[p] = true
		l.entries[p] = lessons{}
	}
	l.cells.remove(gone)
	of := func(k kept) bool { return gone[k.place] }
	l.kept, l.waved = slices.DeleteFunc(l.kept, of), slices.DeleteFunc(l.waved, of)
}
