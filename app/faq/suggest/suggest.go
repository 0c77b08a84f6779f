// Package suggest finds the entries of an organization's FAQ that answer a visitor's message. It reads the entries' own words (the
// cold side), and learns from every choice that an agent makes (the learned side).
//
// An Engine is a value in memory: no clock, no files, no network, and the same entries and choices in the same order make the same
// engine; once it is settled, in any order. What it learned is lost with it and learned again from the choices. It is safe for concurrent use, and its memory is
// bounded however much it is taught.
package suggest

import (
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
)

// Entry is a question with its answer, in one language or several.
type Entry struct {
	ID    string
	Texts []Text
}

// Text is an entry in one language; the language is a tag like de or de-AT, or empty.
type Text struct {
	Language, Question, Answer string
}

// Choice is what an agent did about an entry at a message.
type Choice struct {
	Entry           string
	Query, Language string // the message; its language may be empty
	Kind            Kind
}

type Kind uint8

const (
	Accepted  Kind = iota // sent as it is
	Edited                // sent with changes
	Dismissed             // waved away
	Picked                // searched for by hand: it was missed
	Example               // the visitor's own words, kept with the entry when it was made of them
)

// Query is a message that entries are looked for.
type Query struct {
	Text     string
	Language string               // empty: told from the text
	K        int                  // how many suggestions at most
	Allow    func(id string) bool // which entries may be suggested; nil: all
}

// Suggestion is an entry that may answer a message.
type Suggestion struct {
	Entry      string
	Score      float64 // orders the suggestions of one message; says nothing across messages
	Confidence float64 // 0 to 1, to be compared with Threshold
}

// maxEntries is how many entries, and how many texts, an engine reads.
const maxEntries = 1<<16 - 1

// Engine suggests entries. Its zero value is not usable; see New.
type Engine struct {
	editing  sync.Mutex // held by whoever changes entries
	settling sync.Mutex // held by whoever settles
	writing  sync.Mutex // held by whoever changes anything; taken after the former two, and before mu
	entries  map[string]Entry
	places   map[string]uint16
	free     []uint16
	edits    int // how often entries changed
	random   *rand.Rand
	settled  bool
	watched  bool     // by a Settle under way
	since    []lately // what was learned since that began

	mu        sync.RWMutex // held for moments
	cold      *cold
	learned   *learned
	threshold threshold
}

// lately is a choice that was learned while Settle was under way.
type lately struct {
	message message
	place   uint16
	kind    Kind
}

// New returns an engine that knows the entries by their texts alone.
func New(entries []Entry) *Engine {
	e := &Engine{entries: map[string]Entry{}, places: map[string]uint16{}, random: rand.New(rand.NewPCG(1, 2)), learned: newLearned(), threshold: newThreshold(),
		settled: true}
	e.Put(entries...)
	return e
}

// Put adds entries, or changes them; what was learned of an entry stays.
func (e *Engine) Put(entries ...Entry) {
	e.editing.Lock()
	defer e.editing.Unlock()
	known, places, free := maps.Clone(e.entries), maps.Clone(e.places), slices.Clone(e.free)
	var put []Entry
	for _, x := range entries {
		if _, old := places[x.ID]; !old {
			switch {
			case len(free) > 0:
				places[x.ID] = free[len(free)-1]
				free = free[:len(free)-1]
			case len(places) < maxEntries:
				places[x.ID] = uint16(len(places))
			default:
				continue
			}
		}
		x.Texts = slices.Clone(x.Texts)
		known[x.ID] = x
		put = append(put, x)
	}
	c := newCold(known, places) // takes long; choices are learned meanwhile
	t := texts.Get().(*text)
	defer texts.Put(t)
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	own := make([][]message, len(put))
	for i, x := range put {
		for _, x := range x.Texts {
			t.read(x.Question, x.Language)
			own[i] = append(own[i], slices.Clone(t.features(s.features[:0])))
		}
	}
	e.writing.Lock()
	defer e.writing.Unlock()
	e.change(known, places, free, c)
	for i, x := range put {
		place := places[x.ID]
		e.mu.Lock() // for an entry at a time: suggestions go between
		if e.learned.entries[place].taught() == 0 {
			e.learned.unlearn(place)
		}
		e.learned.know(own[i], place)
		e.mu.Unlock()
	}
	for _, x := range put { // when it is known how rare their features are
		if place := places[x.ID]; e.learned.entries[place].taught() == 0 {
			e.mu.Lock()
			e.learned.begin(s, place)
			e.mu.Unlock()
		}
	}
}

// Remove forgets entries, and what was learned of them.
func (e *Engine) Remove(ids ...string) {
	e.editing.Lock()
	defer e.editing.Unlock()
	known, places, free := maps.Clone(e.entries), maps.Clone(e.places), slices.Clone(e.free)
	var gone []uint16
	for _, id := range ids {
		if place, is := places[id]; is {
			delete(places, id)
			delete(known, id)
			gone = append(gone, place)
		}
	}
	if len(gone) == 0 {
		return
	}
	c := newCold(known, places)
	e.writing.Lock()
	defer e.writing.Unlock()
	e.change(known, places, append(free, gone...), c)
	e.mu.Lock()
	e.learned.forget(gone)
	e.mu.Unlock()
}

// change puts other entries in place.
func (e *Engine) change(entries map[string]Entry, places map[string]uint16, free []uint16, c *cold) {
	e.entries, e.places, e.free = entries, places, free
	e.edits++
	e.settled = e.settled && len(e.learned.kept) == 0 && len(e.learned.waved) == 0
	e.mu.Lock()
	e.cold = c
	e.learned.grow(len(c.ids), len(places))
	e.mu.Unlock()
}

// Learn takes in a choice; the next Suggest knows it. A choice of an entry that is not there changes nothing.
func (e *Engine) Learn(c Choice) {
	e.writing.Lock()
	defer e.writing.Unlock()
	t := texts.Get().(*text)
	defer texts.Put(t)
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	e.learn(c, t, s, weigh)
	if len(e.learned.kept) == 0 {
		return
	}
	if k := e.learned.remembered(e.random); k != nil {
		e.mu.Lock() // once more: suggestions go between
		e.learned.again(s, k.message, k.place)
		e.mu.Unlock()
	}
}

// How much is done with a choice.
type care int

const (
	keep  care = iota // it will be learned soon
	step              // it is learned
	weigh             // and moves the threshold, for which all entries must be scored
)

// learn takes in a choice.
func (e *Engine) learn(c Choice, t *text, s *scratch, how care) {
	place, known := e.places[c.Entry]
	if !known {
		return
	}
	language := e.cold.language(t, c.Query, c.Language)
	t.read(c.Query, language)
	if len(t.words) == 0 {
		return
	}
	l := lately{slices.Clone(t.features(s.features[:0])), place, c.Kind}
	e.settled = false
	if e.watched {
		e.since = append(e.since, l)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if how == weigh {
		e.cold.score(t, language, s)
		e.learned.logits(l.message, s)
		e.fuse(s, nil)
		e.threshold.move(c.Kind, s.confidence[place])
	}
	e.learned.take(l, how == keep, s)
}

// take learns a choice, or keeps it to be learned soon.
func (l *learned) take(c lately, onlyKeep bool, s *scratch) {
	if c.kind == Dismissed {
		l.dismiss(s, c.message, c.place)
		return
	}
	l.taught++
	l.entries[c.place].choices++
	size := lesson(c.kind)
	l.remember(c.message, c.place, size)
	if !onlyKeep {
		l.first(s, c.message, c.place, size)
	}
}

const (
	latest = 100       // choices of LearnAll move the threshold
	recent = 1000      // are learned at once, so that it is known how sure the engine is
	few    = 1_000_000 // entries times choices: all will be learned anew, and those before the recent need not be learned now
)

// LearnAll takes in many choices, oldest first, in less time than Learn would, and settles; only the latest move the threshold.
func (e *Engine) LearnAll(choices []Choice) {
	e.learnAll(choices)
	e.Settle()
}

func (e *Engine) learnAll(choices []Choice) {
	e.writing.Lock()
	defer e.writing.Unlock()
	t := texts.Get().(*text)
	defer texts.Put(t)
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	for i, c := range choices {
		how := step
		switch left := len(choices) - i; {
		case left <= latest:
			how = weigh
		case left > recent && !e.learned.partial && len(e.places)*len(choices) <= few:
			how = keep
		}
		e.learn(c, t, s, how)
	}
}

// Settle trains anew on what is remembered of the choices, so that their order does not matter and rash lessons are put right. It is
// worth calling after a number of choices, in the background: suggestions and choices go on meanwhile. It returns at once if nothing
// was learned since the last time.
func (e *Engine) Settle() {
	e.settling.Lock()
	defer e.settling.Unlock()
	if !e.settle(false) {
		e.settle(true) // entries were changed meanwhile; now they are not
	}
}

// settle says whether it came to an end. Holding, it lets nobody change anything in between.
func (e *Engine) settle(holding bool) bool {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	e.writing.Lock()
	defer e.writing.Unlock()
	if e.settled {
		return true
	}
	l, edits := e.learned.copied(), e.edits
	if holding {
		l.settle(s)
	} else {
		e.watched = true
		e.writing.Unlock()
		l.settle(s)
		e.writing.Lock()
		e.watched = false
	}
	since := e.since
	e.since = nil
	if e.edits != edits {
		return false
	}
	for _, c := range since {
		l.take(c, false, s)
	}
	e.settled = len(since) == 0
	e.mu.Lock()
	e.learned = l
	e.mu.Unlock()
	return true
}

// Suggest returns the entries that fit a message, best first, unsure ones among them: those below Threshold are not worth showing.
func (e *Engine) Suggest(q Query) []Suggestion {
	if q.K <= 0 {
		return nil
	}
	t := texts.Get().(*text)
	defer texts.Put(t)
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	e.mu.RLock()
	c := e.cold
	e.mu.RUnlock()
	language := c.language(t, q.Text, q.Language)
	t.read(q.Text, language)
	s.features = t.features(s.features[:0])
	e.mu.RLock()
	defer e.mu.RUnlock()
	e.cold.score(t, language, s)
	e.learned.logits(s.features, s)
	e.fuse(s, q.Allow)
	return e.best(s, q.K)
}

// Language is the language of a text among those of the entries, or empty if it cannot be told or there is only one.
func (e *Engine) Language(s string) string {
	e.mu.RLock()
	c := e.cold
	e.mu.RUnlock()
	t := texts.Get().(*text)
	defer texts.Put(t)
	return c.tell(t, s)
}

var (
	texts     = sync.Pool{New: func() any { return newText() }}
	scratches = sync.Pool{New: func() any { return &scratch{} }}
)
