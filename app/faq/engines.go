package faq

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/bus"
	"parley/app/fail"
	"parley/app/faq/internal/faqdb"
	"parley/app/faq/suggest"
	"parley/app/pg"
)

const (
	idleFor    = 30 * time.Minute // an engine that nobody asks is dropped after this
	loadedMost = 400              // engines in one process
	learnFrom  = 50               // choices of an entry that an engine is made from
)

// engines is the suggestion engines of the organizations that are at work here.
type engines struct {
	mu     sync.Mutex
	of     map[uuid.UUID]*engine
	budget Budget
	bytes  int // of all engines
}

// engine is one organization's.
type engine struct {
	org    uuid.UUID
	ready  chan struct{} // closed when it answers, or could not be loaded
	failed error

	mu       sync.RWMutex
	suggest  *suggest.Engine
	entries  map[string]Entry // live ones
	learned  int64            // number of the last choice that it was made from
	changed  []uuid.UUID      // entries that were edited and are to be read
	updating bool             // somebody does
	settle   *time.Timer      // runs after a choice: then all of them are weighed anew
	version  string           // of the entries that it was made from
	choices  int64            // how many it knows of

	used    time.Time     // under engines.mu
	idle    *time.Timer   // looks whether it is idle
	loading bool          // under engines.mu
	stale   bool          // under engines.mu: something may have been missed. Whoever uses it next looks first
	fresh   chan struct{} // under engines.mu: closed when that was done; nil: nobody looks
	bytes   int           // under engines.mu: what it counts
}

// engineOf returns the organization's, loaded at the first use, and looked at again at the first use after something may have been
// missed: nothing is done for an organization that asks for nothing.
func (r *Room) engineOf(ctx context.Context, org uuid.UUID) (*engine, error) {
	for {
		r.engines.mu.Lock()
		e := r.engines.of[org]
		if e == nil {
			e = r.begin(org)
		}
		if e.stale && !e.loading {
			e.stale, e.fresh = false, make(chan struct{})
			go r.check(e, e.fresh)
		}
		e.used = time.Now()
		fresh := e.fresh
		r.engines.mu.Unlock()
		if fresh != nil {
			select {
			case <-fresh:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			if r.loaded(org) != e { // it was out of date
				continue
			}
		}
		select {
		case <-e.ready:
			return e, e.failed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// begin has an organization's engine loaded; under engines.mu.
func (r *Room) begin(org uuid.UUID) *engine {
	e := &engine{org: org, ready: make(chan struct{}), loading: true}
	r.engines.of[org] = e
	r.dropOver(e)
	e.idle = time.AfterFunc(idleFor, func() { r.dropIdle(e) })
	r.bus.Join(org)
	go r.load(e)
	return e
}

// patience is how long somebody waits for an engine that is being loaded. Suggestions are a help: what is asked for in vain comes later.
const patience = 250 * time.Millisecond

// ErrLoading says that the organization's suggestions are being loaded; they are there in a moment.
var ErrLoading = &fail.Error{Kind: fail.Busy, RetryAfter: time.Second, Message: "The suggestions are being loaded."}

// soonEngine is engineOf for who does not wait for long.
func (r *Room) soonEngine(ctx context.Context, org uuid.UUID) (*engine, error) {
	soon, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	e, err := r.engineOf(soon, org)
	if err != nil && soon.Err() != nil && ctx.Err() == nil {
		return nil, ErrLoading
	}
	return e, err
}

// drop forgets an engine; under engines.mu.
func (r *Room) drop(e *engine) {
	if r.engines.of[e.org] != e {
		return
	}
	delete(r.engines.of, e.org)
	r.engines.bytes -= e.bytes
	e.bytes = 0
	e.idle.Stop()
	r.bus.Leave(e.org)
}

func (r *Room) dropIdle(e *engine) {
	r.engines.mu.Lock()
	defer r.engines.mu.Unlock()
	if rest := idleFor - time.Since(e.used); rest > 0 {
		e.idle.Reset(rest)
		return
	}
	r.drop(e)
}

func gathered(rows []faqdb.AllEntriesRow) (list []Entry) {
	for _, row := range rows {
		if n := len(list); n == 0 || list[n-1].ID != row.ID {
			list = append(list, Entry{ID: row.ID, Category: row.Category, State: State(row.State), Scope: Scope{given(row.CustomerID), given(row.WebsiteID), given(row.GroupID)}})
		}
		e := &list[len(list)-1]
		e.Texts = append(e.Texts, Text{row.Language, row.Question, row.Answer})
	}
	return list
}

func forEngine(e Entry) suggest.Entry {
	out := suggest.Entry{ID: e.ID.String()}
	for _, t := range e.Texts {
		out.Texts = append(out.Texts, suggest.Text{Language: t.Language, Question: t.Question, Answer: t.Answer})
	}
	return out
}

// Heard keeps the engines right: what this process has chosen is learned before Publish returns, what others have changed is
// read beside.
func (r *Room) Heard(events []bus.Event) {
	for _, x := range events {
		if x.Kind != bus.FAQ {
			continue
		}
		e := r.loaded(x.Org)
		if e == nil {
			continue
		}
		if c, ours := x.Local.(Choice); ours {
			r.learn(e, c)
			r.notice(e)
			continue
		}
		switch kind, id, _ := strings.Cut(x.Text, " "); kind + " " {
		case tellEntry:
			if id, err := uuid.Parse(id); err == nil {
				r.edited(e, id)
			}
		case tellChoice:
			if id, err := uuid.Parse(id); err == nil {
				r.beside(e, func(ctx context.Context, q *faqdb.Queries) error { return r.readChoice(ctx, e, q, id) })
			}
		default:
			r.outdated(e)
		}
	}
}

// Gap notes that something may have been missed. Whoever uses an engine next looks.
func (r *Room) Gap(org uuid.UUID) {
	r.engines.mu.Lock()
	defer r.engines.mu.Unlock()
	for id, e := range r.engines.of {
		if org == uuid.Nil || org == id {
			e.stale = true
		}
	}
}

func (r *Room) loaded(org uuid.UUID) *engine {
	r.engines.mu.Lock()
	defer r.engines.mu.Unlock()
	return r.engines.of[org]
}

// outdated has whoever uses an engine next look whether it is what the tables say.
func (r *Room) outdated(e *engine) {
	r.engines.mu.Lock()
	defer r.engines.mu.Unlock()
	e.stale = true
}

// notice is outdated for an engine that is being loaded: it may or may not have read what has just changed.
func (r *Room) notice(e *engine) {
	r.engines.mu.Lock()
	defer r.engines.mu.Unlock()
	e.stale = e.stale || e.loading
}

// beside reads something for an engine; if that fails, it is looked at when it is next used.
func (r *Room) beside(e *engine, read func(context.Context, *faqdb.Queries) error) {
	go func() {
		<-e.ready
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		r.notice(e)
		if err := read(ctx, faqdb.New(r.db.As(access.System(e.org, "suggest FAQ entries")))); err != nil {
			slog.Warn("keep the suggestions right", "error", err)
			r.outdated(e)
		}
		r.weigh(e)
	}()
}

// edited notes that an entry has changed. Those that change while the engine is being brought up to date are taken in together.
func (r *Room) edited(e *engine, id uuid.UUID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.changed = append(e.changed, id)
	if !e.updating {
		e.updating = true
		r.beside(e, func(ctx context.Context, q *faqdb.Queries) error { return e.readChanged(ctx, q) })
	}
}

// readChanged takes in what was edited, until nothing is left.
func (e *engine) readChanged(ctx context.Context, q *faqdb.Queries) error {
	for {
		e.mu.Lock()
		ids := e.changed
		e.changed = nil
		if len(ids) == 0 {
			e.updating = false
			e.mu.Unlock()
			return nil
		}
		e.mu.Unlock()
		var gone []string
		var put []suggest.Entry
		for _, id := range ids {
			x, err := entry(ctx, q, id)
			if err != nil && fail.KindOf(err) != fail.NotFound {
				e.mu.Lock()
				e.updating = false
				e.mu.Unlock()
				return err
			}
			e.mu.Lock()
			if err != nil || x.State != Live {
				delete(e.entries, id.String())
				gone = append(gone, id.String())
			} else {
				e.entries[id.String()] = x
				put = append(put, forEngine(x))
			}
			e.mu.Unlock()
		}
		e.mu.RLock()
		made := e.suggest
		e.mu.RUnlock()
		rebuilding <- struct{}{} // an index of many entries takes a second: not many at once
		if len(gone) > 0 {
			made.Remove(gone...)
		}
		if len(put) > 0 {
			made.Put(put...)
		}
		<-rebuilding
	}
}

// rebuilding bounds how many indexes are built at once in this process.
var rebuilding = make(chan struct{}, 2)

func (r *Room) readChoice(ctx context.Context, e *engine, q *faqdb.Queries, id uuid.UUID) error {
	c, err := q.GetChoice(ctx, id)
	if pg.None(err) {
		return nil // its entry is gone
	}
	if err != nil {
		return err
	}
	e.mu.RLock()
	known := c.N <= e.learned
	e.mu.RUnlock()
	if !known {
		r.learn(e, Choice{Entry: c.EntryID, Kind: Kind(c.Kind), Query: c.Query, Language: c.Language})
	}
	return nil
}

// settleAfter is how long after the last choice an engine weighs all of them anew: the order in which they came counts no longer.
const settleAfter = 5 * time.Second

func (r *Room) learn(e *engine, c Choice) {
	select {
	case <-e.ready:
	default:
		return // it will read what was chosen
	}
	e.mu.Lock()
	made := e.suggest
	if made == nil {
		e.mu.Unlock()
		return
	}
	if e.settle != nil {
		e.settle.Stop()
	}
	e.settle = time.AfterFunc(settleAfter, func() {
		made.Settle()
		r.weigh(e)
	})
	e.choices++
	e.mu.Unlock()
	made.Learn(c.forEngine())
}
