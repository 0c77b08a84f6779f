package faq

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/faq/internal/faqdb"
	"parley/app/domain/faq/suggest"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

const (
	engineIdleTimeout = 30 * time.Minute // an engine that nobody asks is dropped after this
	maxEngines        = 400              // engines in one process
	choicesPerEntry   = 50               // choices of an entry that an engine is made from
)

// engineSet is the suggestion engines of the organizations that are at work here.
type engineSet struct {
	mu     sync.Mutex
	byOrg  map[uuid.UUID]*engine
	budget MemoryBudget
	bytes  int // of all engines
}

// engine is one organization's.
type engine struct {
	org     uuid.UUID
	ready   chan struct{} // closed when it answers, or could not be loaded
	loadErr error

	mu           sync.RWMutex
	suggest      *suggest.Engine
	entries      map[string]Entry // live ones
	learned      int64            // number of the last choice that it was made from
	changed      []uuid.UUID      // entries that were edited and are to be read
	updating     bool             // somebody does
	retrainTimer *time.Timer      // runs after a choice: then all of them are weighed anew
	version      string           // of the entries that it was made from
	choices      int64            // how many it knows of

	lastUsed  time.Time     // under engines.mu
	idleTimer *time.Timer   // looks whether it is idle
	loading   bool          // under engines.mu
	stale     bool          // under engines.mu: something may have been missed. Whoever uses it next looks first
	verified  chan struct{} // under engines.mu: closed when that was done; nil: nobody looks
	bytes     int           // under engines.mu: what it counts
}

// waitForEngine returns the organization's, loaded at the first use, and looked at again at the first use after something may have been
// missed: nothing is done for an organization that asks for nothing.
func (s *Service) waitForEngine(ctx context.Context, org uuid.UUID) (*engine, error) {
	for {
		s.engines.mu.Lock()
		e := s.engines.byOrg[org]
		if e == nil {
			e = s.startEngine(org)
		}
		if e.stale && !e.loading {
			e.stale, e.verified = false, make(chan struct{})
			go s.verifyEngine(e, e.verified)
		}
		e.lastUsed = time.Now()
		fresh := e.verified
		s.engines.mu.Unlock()
		if fresh != nil {
			select {
			case <-fresh:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			if s.loadedEngine(org) != e { // it was out of date
				continue
			}
		}
		select {
		case <-e.ready:
			return e, e.loadErr
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// startEngine has an organization's engine loaded; under engines.mu.
func (s *Service) startEngine(org uuid.UUID) *engine {
	e := &engine{org: org, ready: make(chan struct{}), loading: true}
	s.engines.byOrg[org] = e
	s.evictEngines(e)
	e.idleTimer = time.AfterFunc(engineIdleTimeout, func() { s.dropIfIdle(e) })
	s.bus.ScreenOpened(org)
	go s.loadEngine(e)
	return e
}

// loadTimeout is how long somebody waits for an engine that is being loaded. Suggestions are a help: what is asked for in vain comes later.
const loadTimeout = 250 * time.Millisecond

// ErrLoading says that the organization's suggestions are being loaded; they are there in a moment.
var ErrLoading = &fail.Error{Kind: fail.Busy, RetryAfter: time.Second, Message: "Suggestions are loading."}

// engineWithinTimeout is engineOf for who does not wait for long.
func (s *Service) engineWithinTimeout(ctx context.Context, org uuid.UUID) (*engine, error) {
	soon, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	e, err := s.waitForEngine(soon, org)
	if err != nil && soon.Err() != nil && ctx.Err() == nil {
		return nil, ErrLoading
	}
	return e, err
}

// dropEngine forgets an engine; under engines.mu.
func (s *Service) dropEngine(e *engine) {
	if s.engines.byOrg[e.org] != e {
		return
	}
	delete(s.engines.byOrg, e.org)
	s.engines.bytes -= e.bytes
	e.bytes = 0
	e.idleTimer.Stop()
	s.bus.ScreenClosed(e.org)
}

func (s *Service) dropIfIdle(e *engine) {
	s.engines.mu.Lock()
	defer s.engines.mu.Unlock()
	if rest := engineIdleTimeout - time.Since(e.lastUsed); rest > 0 {
		e.idleTimer.Reset(rest)
		return
	}
	s.dropEngine(e)
}

func groupEntries(rows []faqdb.ListAllEntriesRow) (list []Entry) {
	for _, row := range rows {
		if n := len(list); n == 0 || list[n-1].ID != row.ID {
			list = append(list, Entry{
				ID:       row.ID,
				Category: row.Category,
				State:    State(row.State),
				Scope:    Scope{orNil(row.CustomerID), orNil(row.WebsiteID), orNil(row.GroupID)},
			})
		}
		e := &list[len(list)-1]
		e.Texts = append(e.Texts, Text{row.Language, row.Question, row.Answer})
	}
	return list
}

func toEngineEntry(e Entry) suggest.Entry {
	out := suggest.Entry{ID: e.ID.String()}
	for _, t := range e.Texts {
		out.Texts = append(out.Texts, suggest.Text{Language: t.Language, Question: t.Question, Answer: t.Answer})
	}
	return out
}

// HandleEvents keeps the engines right: what this process has chosen is learned before Publish returns, what others have changed is
// read beside.
func (s *Service) HandleEvents(events []bus.Event) {
	for _, x := range events {
		if x.Kind != bus.FAQ {
			continue
		}
		e := s.loadedEngine(x.Org)
		if e == nil {
			continue
		}
		if c, ours := x.Local.(Choice); ours {
			s.learn(e, c)
			s.markStaleWhileLoading(e)
			continue
		}
		switch kind, id, _ := strings.Cut(x.Text, " "); kind + " " {
		case eventEntry:
			if id, err := uuid.Parse(id); err == nil {
				s.entryEdited(e, id)
			}
		case eventChoice:
			if id, err := uuid.Parse(id); err == nil {
				s.readInBackground(e, func(ctx context.Context, q *faqdb.Queries) error { return s.readChoice(ctx, e, q, id) })
			}
		default:
			s.markStale(e)
		}
	}
}

// Resync notes that something may have been missed. Whoever uses an engine next looks.
func (s *Service) Resync(org uuid.UUID) {
	s.engines.mu.Lock()
	defer s.engines.mu.Unlock()
	for id, e := range s.engines.byOrg {
		if org == uuid.Nil || org == id {
			e.stale = true
		}
	}
}

func (s *Service) loadedEngine(org uuid.UUID) *engine {
	s.engines.mu.Lock()
	defer s.engines.mu.Unlock()
	return s.engines.byOrg[org]
}

// markStale has whoever uses an engine next look whether it is what the tables say.
func (s *Service) markStale(e *engine) {
	s.engines.mu.Lock()
	defer s.engines.mu.Unlock()
	e.stale = true
}

// markStaleWhileLoading is outdated for an engine that is being loaded: it may or may not have read what has just changed.
func (s *Service) markStaleWhileLoading(e *engine) {
	s.engines.mu.Lock()
	defer s.engines.mu.Unlock()
	e.stale = e.stale || e.loading
}

// readInBackground reads something for an engine; if that fails, it is looked at when it is next used.
func (s *Service) readInBackground(e *engine, read func(context.Context, *faqdb.Queries) error) {
	go func() {
		<-e.ready
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		s.markStaleWhileLoading(e)
		if err := read(ctx, faqdb.New(s.db.As(access.System(e.org, "suggest FAQ entries")))); err != nil {
			slog.Warn("keep the suggestions right", "error", err)
			s.markStale(e)
		}
		s.measureEngine(e)
	}()
}

// entryEdited notes that an entry has changed. Those that change while the engine is being brought up to date are taken in together.
func (s *Service) entryEdited(e *engine, id uuid.UUID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.changed = append(e.changed, id)
	if !e.updating {
		e.updating = true
		s.readInBackground(e, func(ctx context.Context, q *faqdb.Queries) error { return e.readChanged(ctx, q) })
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
			x, err := getEntry(ctx, q, id)
			if err != nil && fail.KindOf(err) != fail.NotFound {
				e.mu.Lock()
				e.updating = false
				e.mu.Unlock()
				return err
			}
			e.mu.Lock()
			if err != nil || x.State != Published {
				delete(e.entries, id.String())
				gone = append(gone, id.String())
			} else {
				e.entries[id.String()] = x
				put = append(put, toEngineEntry(x))
			}
			e.mu.Unlock()
		}
		e.mu.RLock()
		made := e.suggest
		e.mu.RUnlock()
		rebuildSlots <- struct{}{} // an index of many entries takes a second: not many at once
		if len(gone) > 0 {
			made.Remove(gone...)
		}
		if len(put) > 0 {
			made.Put(put...)
		}
		<-rebuildSlots
	}
}

// rebuildSlots bounds how many indexes are built at once in this process.
var rebuildSlots = make(chan struct{}, 2)

func (s *Service) readChoice(ctx context.Context, e *engine, q *faqdb.Queries, id uuid.UUID) error {
	c, err := q.GetChoice(ctx, id)
	if pg.IsNoRows(err) {
		return nil // its entry is gone
	}
	if err != nil {
		return err
	}
	e.mu.RLock()
	known := c.N <= e.learned
	e.mu.RUnlock()
	if !known {
		s.learn(e, Choice{Entry: c.EntryID, Kind: ChoiceKind(c.Kind), Query: c.Query, Language: c.Language})
	}
	return nil
}

// retrainAfter is how long after the last choice an engine weighs all of them anew: the order in which they came counts no longer.
const retrainAfter = 5 * time.Second

func (s *Service) learn(e *engine, c Choice) {
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
	if e.retrainTimer != nil {
		e.retrainTimer.Stop()
	}
	e.retrainTimer = time.AfterFunc(retrainAfter, func() {
		made.Retrain()
		s.measureEngine(e)
	})
	e.choices++
	e.mu.Unlock()
	made.Learn(c.toEngine())
}
