package suggest

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// training learns anew from all that is remembered, in an order drawn by chance but the same for the same messages: in which order the
// choices came does not matter. Half of the messages are first judged by what the other half taught. That tells which entries are
// chosen more often than is foreseen, and which messages all others contradict, which then count little: somebody slipped.
type training struct {
	model   *model
	lessons []example
	weights []trainedWeight // of the cells
	slopes  []float32
	bias    []float32
	logits  *perEntry
	shares  []float32 // of the softmax
	delta   *perEntry
}

type trainedWeight struct {
	place uint16
	value float32
}

type perEntry [1 << 16]float32

// example is a message, or an entry's own question, with its entry.
type example struct {
	place   uint16
	half    uint8
	size    float32
	trust   float32
	message message
	active  []activeFeature
}

// activeFeature is a feature of a message, with where its weights are.
type activeFeature struct {
	from, to uint32
	place    uint32
	value    float32
}

const (
	epochs           = 4
	trainingBiasRate = 0.04 // more than online: how often an entry is chosen counts, once all is before us

	// What a training does is bounded, in visits of a weight or so. With more than workMost for all epochs and halves
	// there are fewer epochs, and at last no halves; with more than wholeMost for one epoch, training goes on from what
	// there is, with some of the messages.
	maxTrainingCost = 220_000_000 // a quarter of a second
	maxEpochCost    = 1_000_000_000

	ownQuestion = 2 // instead of a half

	// A message whose entry is foreseen a fifth as surely as the best counts in full, and no message less than a fifth.
	fullTrustShare = 0.2
	minTrust       = 0.2

	negligibleLog = -12 // the logarithm of a share that is none
)

// clone is what a training works on while l goes on learning.
func (l *model) clone() *model {
	c := newModel()
	c.present, c.rarity, c.incomplete, c.choices = l.present, slices.Clone(l.rarity), l.incomplete, l.choices
	c.stored, c.dismissals = slices.Clone(l.stored), slices.Clone(l.dismissals)
	c.entries = slices.Clone(l.entries)
	for i := range c.entries {
		c.entries[i].questions = slices.Clone(c.entries[i].questions)
	}
	c.fromScratch = !l.incomplete && l.trainingCost() <= maxEpochCost
	if !c.fromScratch { // what is not remembered is kept as it was learned
		copy(c.slopes, l.slopes)
		copy(c.weights.lists, l.weights.lists)
		c.weights.all = slices.Clone(l.weights.all)
		for i := range l.weights.free {
			c.weights.free[i] = slices.Clone(l.weights.free[i])
		}
	}
	return c
}

// trainingCost is how much it is to learn once all that is remembered.
func (l *model) trainingCost() (n int) {
	of := func(k storedMessage) {
		n += 8 * len(l.entries)
		for _, f := range k.message {
			n += 2 * l.weights.count(f.place())
		}
	}
	for _, k := range l.stored {
		of(k)
	}
	for i := range l.entries {
		for _, q := range l.entries[i].questions {
			of(q)
		}
	}
	return n
}

// retrain trains l, a copy, anew.
func (l *model) retrain(s *scratch) {
	t := &training{model: l, logits: new(perEntry), delta: new(perEntry)}
	t.collectExamples(s)
	work := l.trainingCost() + 1
	times := min(epochs, maxTrainingCost/(2*work))
	switch {
	case !l.fromScratch:
		times = 1
		t.lessons = t.lessons[:min(len(t.lessons), len(t.lessons)*(maxTrainingCost/1000)/(work/1000+1))]
	case times >= 2:
		t.crossValidate(times)
	default:
		times = max(2, min(epochs, maxTrainingCost/work))
	}
	t.start()
	for range times {
		t.runEpoch(-1)
	}
	l.slopes = t.slopes
	for i := range l.entries {
		l.entries[i].bias = t.bias[i]
	}
	for i, w := range t.weights {
		l.weights.all[i].weight = 0
		l.weights.all[i].move(w.value / weightUnit)
	}
	if !l.fromScratch {
		return
	}
	slices.SortFunc(l.dismissals, compareKeys)
	for _, k := range l.dismissals {
		l.storeDismissal(s, k.message, k.place)
	}
}

func compareKeys(a, b storedMessage) int {
	return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.key, b.key))
}

// collectExamples fills in the lessons.
func (t *training) collectExamples(s *scratch) {
	l := t.model
	for i := range l.entries {
		for _, q := range l.entries[i].questions {
			t.lessons = append(t.lessons, example{place: uint16(i), half: ownQuestion, size: 1, message: q.message})
		}
	}
	slices.SortFunc(l.stored, compareKeys)
	random := rand.New(rand.NewPCG(5, 6))
	if !l.fromScratch { // others every time
		random = rand.New(rand.NewPCG(5, uint64(l.choices)))
	}
	from := len(t.lessons)
	for i := range l.stored {
		k := &l.stored[i]
		k.relearned = 0
		t.lessons = append(t.lessons, example{place: k.place, size: k.size, message: k.message})
	}
	own := t.lessons[from:]
	random.Shuffle(len(own), func(i, j int) { own[i], own[j] = own[j], own[i] })
	halves := make([]uint8, len(l.entries))
	features := 0
	for i := range t.lessons {
		x := &t.lessons[i]
		if x.half != ownQuestion {
			x.half = halves[x.place] % 2
			halves[x.place]++
		}
		l.addPairs(x.message, x.place)
		features += len(x.message)
	}
	random.Shuffle(len(t.lessons), func(i, j int) { t.lessons[i], t.lessons[j] = t.lessons[j], t.lessons[i] })
	all := make([]activeFeature, 0, features)
	for i := range t.lessons {
		x := &t.lessons[i]
		l.measureFeatures(x.message, s)
		for j, f := range x.message {
			at := l.weights.lists[f.place()]
			all = append(all, activeFeature{at.from, at.from + uint32(at.length), uint32(f.place()), s.values[j]})
		}
		x.active, x.trust = all[len(all)-len(x.message):], 1
	}
}

// start sets the weights to what entries' own questions say, or, where not all is learned anew, to what they are.
func (t *training) start() {
	l := t.model
	t.slopes, t.bias = zeroed(t.slopes, len(l.slopes)), zeroed(t.bias, len(l.entries))
	if len(t.weights) == 0 {
		t.weights = make([]trainedWeight, len(l.weights.all))
	}
	for i, c := range l.weights.all {
		t.weights[i] = trainedWeight{place: c.place}
		if !l.fromScratch {
			t.weights[i].value = float32(c.weight) * weightUnit
		}
	}
	if !l.fromScratch {
		copy(t.slopes, l.slopes)
		for i := range l.entries {
			t.bias[i] = l.entries[i].bias
		}
		return
	}
	for i := range t.lessons {
		x := &t.lessons[i]
		if x.half != ownQuestion {
			continue
		}
		for _, f := range x.active {
			all := t.weights[f.from:f.to]
			for k := range all {
				if all[k].place == x.place {
					all[k].value += questionWeight * f.value
				}
			}
		}
	}
}

// crossValidate lets each half of the messages be foreseen by the other.
func (t *training) crossValidate(times int) {
	entries := t.model.entries
	for i := range entries {
		entries[i].chosen, entries[i].expected = 0, 0
	}
	trust := make([]float32, len(t.lessons))
	for half := range uint8(2) {
		t.start()
		for range times {
			t.runEpoch(int(half))
		}
		for i := range t.lessons {
			x := &t.lessons[i]
			if x.half != half {
				continue
			}
			t.predict(x, 1)
			trust[i] = min(1, t.shares[x.place]/(fullTrustShare*slices.Max(t.shares))+minTrust)
			entries[x.place].chosen += trust[i]
			for place, share := range t.shares {
				entries[place].expected += trust[i] * share
			}
		}
	}
	for i := range t.lessons {
		if x := &t.lessons[i]; x.half != ownQuestion {
			x.trust = trust[i]
		}
	}
}

// predict fills in the softmax over all entries.
func (t *training) predict(x *example, softness float64) {
	logits := t.logits
	copy(logits[:], t.bias)
	for _, f := range x.active {
		for _, w := range t.weights[f.from:f.to] {
			logits[w.place] += w.value * f.value
		}
	}
	n := len(t.bias)
	t.shares = zeroed(t.shares, n)
	best, sum := logits[0], float32(0)
	for _, v := range logits[:n] {
		if v > best {
			best = v
		}
	}
	for i, v := range logits[:n] {
		if by := softness * float64(v-best); by > negligibleLog && t.model.entries[i].questions != nil {
			t.shares[i] = float32(math.Exp(by))
			sum += t.shares[i]
		}
	}
	for i := range t.shares {
		t.shares[i] /= sum
	}
}

// runEpoch learns every lesson once, except those of a half.
func (t *training) runEpoch(except int) {
	for i := range t.lessons {
		x := &t.lessons[i]
		if int(x.half) == except {
			continue
		}
		t.predict(x, softmaxSoftness)
		size := x.size * x.trust
		missed := 1 - t.shares[x.place]
		delta := t.delta
		for place, share := range t.shares {
			delta[place] = -share
		}
		delta[x.place] = missed
		for place := range t.bias {
			t.bias[place] += trainingBiasRate * size * delta[place]
		}
		for _, f := range x.active {
			v := f.value * size
			slope := &t.slopes[f.place]
			*slope += missed * missed * v * v
			pace := learningRate * v / float32(math.Sqrt(float64(*slope)+0.01))
			all := t.weights[f.from:f.to]
			for k := range all {
				all[k].value += pace * delta[all[k].place]
			}
		}
	}
}
