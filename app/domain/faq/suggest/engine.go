// Package suggest finds the entries of an organization's FAQ that answer a visitor's message. It reads the entries' own
// words (the cold side), and learns from every choice that an agent makes (the learned side).
//
// An Engine is a value in memory: no clock, no files, no network, and the same entries and choices in the same order
// make the same engine; once it is settled, in any order. What it learned is lost with it and learned again from the
// choices. It is safe for concurrent use, and its memory is bounded however much it is taught.
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
	Example               // the visitor's own words, stored with the entry when it was made of them
)

// Query is a message that entries are looked for.
type Query struct {
	Text     string
	Language string               // empty: detected from the text
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
	editing    sync.Mutex // held by whoever changes entries
	retraining sync.Mutex // held by whoever settles
	writing    sync.Mutex // held by whoever changes anything; taken after the former two, and before mu
	entries    map[string]Entry
	slots      map[string]uint16
	free       []uint16
	edits      int // how often entries changed
	random     *rand.Rand
	trained    bool
	recording  bool           // by a Settle under way
	pending    []recentChoice // what was learned since that began

	mu        sync.RWMutex // held for moments
	index     *textIndex
	model     *model
	threshold threshold
}

// recentChoice is a choice that was learned while Settle was under way.
type recentChoice struct {
	message message
	place   uint16
	kind    Kind
}

// New returns an engine that knows the entries by their texts alone.
func New(entries []Entry) *Engine {
	e := &Engine{
		entries:   map[string]Entry{},
		slots:     map[string]uint16{},
		random:    rand.New(rand.NewPCG(1, 2)),
		model:     newModel(),
		threshold: newThreshold(),
		trained:   true,
	}
	e.Put(entries...)
	return e
}

// Put adds entries, or changes them; what was learned of an entry stays.
func (e *Engine) Put(entries ...Entry) {
	e.editing.Lock()
	defer e.editing.Unlock()
	known, places, free := maps.Clone(e.entries), maps.Clone(e.slots), slices.Clone(e.free)
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
	c := newTextIndex(known, places) // takes long; choices are learned meanwhile
	t := textPool.Get().(*parsedText)
	defer textPool.Put(t)
	s := scratchPool.Get().(*scratch)
	defer scratchPool.Put(s)
	own := make([][]message, len(put))
	for i, x := range put {
		for _, x := range x.Texts {
			t.read(x.Question, x.Language)
			own[i] = append(own[i], slices.Clone(t.features(s.features[:0])))
		}
	}
	e.writing.Lock()
	defer e.writing.Unlock()
	e.replaceEntries(known, places, free, c)
	for i, x := range put {
		place := places[x.ID]
		e.mu.Lock() // for an entry at a time: suggestions go between
		if e.model.entries[place].taught() == 0 {
			e.model.removeQuestions(place)
		}
		e.model.addQuestions(own[i], place)
		e.mu.Unlock()
	}
	for _, x := range put { // when it is known how rare their features are
		if place := places[x.ID]; e.model.entries[place].taught() == 0 {
			e.mu.Lock()
			e.model.learnQuestions(s, place)
			e.mu.Unlock()
		}
	}
}

// Remove forgets entries, and what was learned of them.
func (e *Engine) Remove(ids ...string) {
	e.editing.Lock()
	defer e.editing.Unlock()
	known, places, free := maps.Clone(e.entries), maps.Clone(e.slots), slices.Clone(e.free)
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
	c := newTextIndex(known, places)
	e.writing.Lock()
	defer e.writing.Unlock()
	e.replaceEntries(known, places, append(free, gone...), c)
	e.mu.Lock()
	e.model.removeEntries(gone)
	e.mu.Unlock()
}

// replaceEntries puts other entries in place.
func (e *Engine) replaceEntries(entries map[string]Entry, places map[string]uint16, free []uint16, c *textIndex) {
	e.entries, e.slots, e.free = entries, places, free
	e.edits++
	e.trained = e.trained && len(e.model.stored) == 0 && len(e.model.dismissals) == 0
	e.mu.Lock()
	e.index = c
	e.model.grow(len(c.ids), len(places))
	e.mu.Unlock()
}

// Learn takes in a choice; the next Suggest knows it. A choice of an entry that is not there changes nothing.
func (e *Engine) Learn(c Choice) {
	e.writing.Lock()
	defer e.writing.Unlock()
	t := textPool.Get().(*parsedText)
	defer textPool.Put(t)
	s := scratchPool.Get().(*scratch)
	defer scratchPool.Put(s)
	e.learn(c, t, s, trainAndAdjust)
	if len(e.model.stored) == 0 {
		return
	}
	if k := e.model.sampleStored(e.random); k != nil {
		e.mu.Lock() // once more: suggestions go between
		e.model.relearn(s, k.message, k.place)
		e.mu.Unlock()
	}
}

// How much is done with a choice.
type learnMode int

const (
	storeOnly      learnMode = iota // it will be learned soon
	trainOnly                       // it is learned
	trainAndAdjust                  // and moves the threshold, for which all entries must be scored
)

// learn takes in a choice.
func (e *Engine) learn(c Choice, t *parsedText, s *scratch, how learnMode) {
	place, known := e.slots[c.Entry]
	if !known {
		return
	}
	language := e.index.language(t, c.Query, c.Language)
	t.read(c.Query, language)
	if len(t.words) == 0 {
		return
	}
	l := recentChoice{slices.Clone(t.features(s.features[:0])), place, c.Kind}
	e.trained = false
	if e.recording {
		e.pending = append(e.pending, l)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if how == trainAndAdjust {
		e.index.score(t, language, s)
		e.model.logits(l.message, s)
		e.combine(s, nil)
		e.threshold.move(c.Kind, s.confidence[place])
	}
	e.model.learn(l, how == storeOnly, s)
}

// learn learns a choice, or stores it to be learned soon.
func (l *model) learn(c recentChoice, onlyStore bool, s *scratch) {
	if c.kind == Dismissed {
		l.dismiss(s, c.message, c.place)
		return
	}
	l.choices++
	l.entries[c.place].choices++
	size := stepSize(c.kind)
	l.store(c.message, c.place, size)
	if !onlyStore {
		l.learnNew(s, c.message, c.place, size)
	}
}

const (
	thresholdChoices = 100       // choices of LearnAll move the threshold
	onlineChoices    = 1000      // are learned at once, so that it is known how sure the engine is
	smallTraining    = 1_000_000 // entries times choices: all will be learned anew, and those before the recent need not be learned now
)

// LearnAll takes in many choices, oldest first, in less time than Learn would, and settles; only the latest move the threshold.
func (e *Engine) LearnAll(choices []Choice) {
	e.learnAll(choices)
	e.Retrain()
}

func (e *Engine) learnAll(choices []Choice) {
	e.writing.Lock()
	defer e.writing.Unlock()
	t := textPool.Get().(*parsedText)
	defer textPool.Put(t)
	s := scratchPool.Get().(*scratch)
	defer scratchPool.Put(s)
	for i, c := range choices {
		how := trainOnly
		switch left := len(choices) - i; {
		case left <= thresholdChoices:
			how = trainAndAdjust
		case left > onlineChoices && !e.model.incomplete && len(e.slots)*len(choices) <= smallTraining:
			how = storeOnly
		}
		e.learn(c, t, s, how)
	}
}

// Retrain trains anew on what is remembered of the choices, so that their order does not matter and rash lessons are put right. It is
// worth calling after a number of choices, in the background: suggestions and choices go on meanwhile. It returns at once if nothing
// was learned since the last time.
func (e *Engine) Retrain() {
	e.retraining.Lock()
	defer e.retraining.Unlock()
	if !e.retrain(false) {
		e.retrain(true) // entries were changed meanwhile; now they are not
	}
}

// retrain says whether it came to an end. Holding, it lets nobody change anything in between.
func (e *Engine) retrain(holding bool) bool {
	s := scratchPool.Get().(*scratch)
	defer scratchPool.Put(s)
	e.writing.Lock()
	defer e.writing.Unlock()
	if e.trained {
		return true
	}
	l, edits := e.model.clone(), e.edits
	if holding {
		l.retrain(s)
	} else {
		e.recording = true
		e.writing.Unlock()
		l.retrain(s)
		e.writing.Lock()
		e.recording = false
	}
	since := e.pending
	e.pending = nil
	if e.edits != edits {
		return false
	}
	for _, c := range since {
		l.learn(c, false, s)
	}
	e.trained = len(since) == 0
	e.mu.Lock()
	e.model = l
	e.mu.Unlock()
	return true
}

// Suggest returns the entries that fit a message, best first, unsure ones among them: those below Threshold are not worth showing.
func (e *Engine) Suggest(q Query) []Suggestion {
	if q.K <= 0 {
		return nil
	}
	t := textPool.Get().(*parsedText)
	defer textPool.Put(t)
	s := scratchPool.Get().(*scratch)
	defer scratchPool.Put(s)
	e.mu.RLock()
	c := e.index
	e.mu.RUnlock()
	language := c.language(t, q.Text, q.Language)
	t.read(q.Text, language)
	s.features = t.features(s.features[:0])
	e.mu.RLock()
	defer e.mu.RUnlock()
	e.index.score(t, language, s)
	e.model.logits(s.features, s)
	e.combine(s, q.Allow)
	return e.best(s, q.K)
}

// DetectLanguage is the language of a text among those of the entries, or empty if it cannot be detected or there is only one.
func (e *Engine) DetectLanguage(s string) string {
	e.mu.RLock()
	c := e.index
	e.mu.RUnlock()
	t := textPool.Get().(*parsedText)
	defer textPool.Put(t)
	return c.detect(t, s)
}

var (
	textPool    = sync.Pool{New: func() any { return newParsedText() }}
	scratchPool = sync.Pool{New: func() any { return &scratch{} }}
)
