// Package suggest finds the entries of an organization's FAQ that answer a visitor's message. It reads the entries' own words (the
// cold side), and learns from every choice that an agent makes (the learned side).
//
// An Engine is a value in memory: no clock, no files, no network, and the same entries and choices in the same order make the same
// engine. What it learned is lost with it and learned again from the choices. It is safe for concurrent use, and its memory is
// bounded however much it is taught.
package suggest

import (
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
	writing sync.Mutex // held by whoever changes something; taken before mu
	entries map[string]Entry
	places  map[string]uint16
	free    []uint16
	random  *rand.Rand

	mu        sync.RWMutex // held for moments
	cold      *cold
	learned   *learned
	threshold threshold
}

// New returns an engine that knows the entries by their texts alone.
func New(entries []Entry) *Engine {
	e := &Engine{entries: map[string]Entry{}, places: map[string]uint16{}, random: rand.New(rand.NewPCG(1, 2)), learned: newLearned(), threshold: newThreshold()}
	e.Put(entries...)
	return e
}

// Put adds entries, or changes them; what was learned of an entry stays.
func (e *Engine) Put(entries ...Entry) {
	e.writing.Lock()
	defer e.writing.Unlock()
	for _, x := range entries {
		if _, known := e.places[x.ID]; !known {
			switch {
			case len(e.free) > 0:
				e.places[x.ID] = e.free[len(e.free)-1]
				e.free = e.free[:len(e.free)-1]
			case len(e.places) < maxEntries:
				e.places[x.ID] = uint16(len(e.places))
			default:
				continue
			}
		}
		x.Texts = slices.Clone(x.Texts)
		e.entries[x.ID] = x
	}
	e.rebuild()
	t := texts.Get().(*text)
	defer texts.Put(t)
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	for _, x := range entries {
		if place, known := e.places[x.ID]; known {
			var own []message
			for _, x := range x.Texts {
				t.read(x.Question, x.Language)
				own = append(own, slices.Clone(t.features(s.features[:0])))
			}
			e.mu.Lock() // for an entry at a time: suggestions go between
			e.learned.know(own, place)
			e.mu.Unlock()
		}
	}
	for _, x := range entries { // when it is known how rare their features are
		if place, known := e.places[x.ID]; known && e.learned.entries[place].choices == 0 {
			e.mu.Lock()
			e.learned.begin(s, place)
			e.mu.Unlock()
		}
	}
}

// Remove forgets entries, and what was learned of them.
func (e *Engine) Remove(ids ...string) {
	e.writing.Lock()
	defer e.writing.Unlock()
	var gone []uint16
	for _, id := range ids {
		if place, known := e.places[id]; known {
			delete(e.places, id)
			delete(e.entries, id)
			gone = append(gone, place)
		}
	}
	if len(gone) == 0 {
		return
	}
	e.rebuild()
	e.mu.Lock()
	e.learned.forget(gone)
	e.mu.Unlock()
	e.free = append(e.free, gone...)
}

// rebuild makes the cold side anew and puts it in place.
func (e *Engine) rebuild() {
	c := newCold(e.entries, e.places)
	e.mu.Lock()
	e.cold = c
	e.learned.grow(len(c.ids), len(e.places))
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
	e.learn(c, t, s, true)
}

// learn takes in a choice; if weigh, it moves the threshold too, for which all entries must be scored.
func (e *Engine) learn(c Choice, t *text, s *scratch, weigh bool) {
	place, known := e.places[c.Entry]
	if !known {
		return
	}
	language := e.cold.language(t, c.Query, c.Language)
	t.read(c.Query, language)
	if len(t.words) == 0 {
		return
	}
	m := slices.Clone(t.features(s.features[:0]))
	e.mu.Lock()
	if weigh {
		e.cold.score(t, language, s)
		e.learned.logits(m, s)
		e.fuse(s, nil)
		e.threshold.move(c.Kind, s.confidence[place])
	}
	if c.Kind == Dismissed {
		e.learned.dismiss(s, m, place)
		e.mu.Unlock()
		return
	}
	e.learned.remember(m, place, e.random)
	e.learned.first(s, m, place, lesson(c.Kind))
	e.mu.Unlock()
	for range e.learned.replays() {
		k := e.learned.remembered(e.random)
		if k == nil {
			continue
		}
		e.mu.Lock() // for a step at a time: suggestions go between
		e.learned.again(s, k.message, k.place)
		e.mu.Unlock()
	}
}

// latest are the choices of LearnAll that move the threshold.
const latest = 100

// LearnAll takes in many choices, oldest first, in less time than Learn would; only the latest move the threshold.
func (e *Engine) LearnAll(choices []Choice) {
	e.writing.Lock()
	defer e.writing.Unlock()
	t := texts.Get().(*text)
	defer texts.Put(t)
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	for i, c := range choices {
		e.learn(c, t, s, i >= len(choices)-latest)
	}
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
