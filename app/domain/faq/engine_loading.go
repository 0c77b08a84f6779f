package faq

import (
	"context"
	"log/slog"
	"time"

	"parley/app/domain/faq/internal/faqdb"
	"parley/app/domain/faq/suggest"
	"parley/app/platform/access"
)

// verifyEngine finds out whether an engine is what its tables say, and if it is not, drops it and has it loaded anew.
func (s *Service) verifyEngine(e *engine, fresh chan struct{}) {
	<-e.ready
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	now, err := faqdb.New(s.db.As(access.System(e.org, "see whether suggestions are up to date"))).GetEngineVersion(ctx)
	if err != nil {
		slog.Warn("see whether suggestions are up to date", "organization", e.org, "error", err)
	}
	e.mu.RLock()
	same := err == nil && now.Version == e.version && now.Choices == e.choices
	e.mu.RUnlock()
	s.engines.mu.Lock()
	defer s.engines.mu.Unlock()
	if !same && s.engines.byOrg[e.org] == e { // the old one goes first: there are never two of an organization in memory
		s.dropEngine(e)
		s.startEngine(e.org)
	}
	e.verified = nil
	close(fresh)
}

// loadEngine makes an engine from the tables: the entries first, so that it answers, then what was chosen. Few are made at once.
func (s *Service) loadEngine(e *engine) {
	rebuildSlots <- struct{}{}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	err := s.buildEngine(ctx, e)
	cancel()
	<-rebuildSlots
	s.engines.mu.Lock()
	defer s.engines.mu.Unlock()
	e.loading = false
	if err == nil {
		return
	}
	slog.Warn("load the suggestions", "organization", e.org, "error", err)
	s.dropEngine(e) // the next one who asks tries again
	select {
	case <-e.ready:
	default:
		e.loadErr = err
		close(e.ready)
	}
}

func (s *Service) buildEngine(ctx context.Context, e *engine) error {
	q := faqdb.New(s.db.As(access.System(e.org, "suggest FAQ entries")))
	version, err := q.GetEngineVersion(ctx) // before the entries: what changes meanwhile is read again after a gap
	if err != nil {
		return err
	}
	budget := s.MemoryBudget().Organization
	s.setEngineBytes(e, min(budget, expectedBytes(version.Texts, version.Bytes)))
	rows, err := q.ListEngineEntries(ctx, int64(entriesBudget(budget)))
	if err != nil {
		return err
	}
	entries := map[string]Entry{}
	var list []suggest.Entry
	all := make([]faqdb.ListAllEntriesRow, len(rows))
	for i, x := range rows {
		all[i] = faqdb.ListAllEntriesRow{ID: x.ID, Category: x.Category, State: x.State, CustomerID: x.CustomerID, WebsiteID: x.WebsiteID,
			GroupID: x.GroupID, Language: x.Language, Question: x.Question, Answer: x.Answer}
	}
	for _, x := range groupEntries(all) {
		entries[x.ID.String()] = x
		list = append(list, toEngineEntry(x))
	}
	made := suggest.New(list)
	e.mu.Lock()
	e.suggest, e.entries, e.version, e.choices = made, entries, version.Version, version.Choices
	e.mu.Unlock()
	close(e.ready) // what is known by now is better than nothing
	choices, err := q.ListRecentChoices(ctx, choicesPerEntry)
	if err != nil {
		return err
	}
	learn := make([]suggest.Choice, len(choices))
	var last int64
	for i, c := range choices {
		learn[i] = Choice{Entry: c.EntryID, Kind: ChoiceKind(c.Kind), Query: c.Query, Language: c.Language}.toEngine()
		last = max(last, c.N)
	}
	made.LearnAll(learn)
	e.mu.Lock()
	e.learned = last
	e.mu.Unlock()
	s.measureEngine(e)
	return nil
}
