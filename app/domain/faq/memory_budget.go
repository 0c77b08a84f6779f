package faq

import (
	"context"

	"parley/app/domain/faq/internal/faqdb"
	"parley/app/platform/access"
)

// MemoryBudget bounds the memory of suggestion engines, in bytes. An organization whose entries need more than its own has an engine of
// the entries that were changed last; beyond the budget of all, the engines that were used least recently are dropped.
type MemoryBudget struct{ Organization, Total int }

// DefaultMemoryBudget returns the bounds of a server that nobody has configured.
func DefaultMemoryBudget() MemoryBudget {
	return MemoryBudget{Organization: 32 << 20, Total: 160 << 20}
}

// What an engine takes, as measured (TestBytes of app/domain/faq/suggest): so much, so much for each text, and one and a half times the
// texts' bytes. A part of the budget is left for what agents teach it.
const (
	emptyEngineBytes = 800_000
	textBytes        = 4500
)

func expectedBytes(texts, bytes int64) int {
	return emptyEngineBytes + int(texts)*textBytes + int(bytes)*3/2
}

// entriesBudget is what the entries may take of an organization's budget.
func entriesBudget(budget int) int { return max(0, budget-emptyEngineBytes) * 9 / 10 }

// MemoryBudget returns the bounds of the engines' memory.
func (s *Service) MemoryBudget() MemoryBudget {
	s.engines.mu.Lock()
	defer s.engines.mu.Unlock()
	return s.engines.budget
}

// EngineStats says how many engines are loaded, and the bytes that they take.
func (s *Service) EngineStats() (loaded, bytes int) {
	s.engines.mu.Lock()
	defer s.engines.mu.Unlock()
	return len(s.engines.byOrg), s.engines.bytes
}

// setEngineBytes notes what an engine takes, and drops others where it is too much in all.
func (s *Service) setEngineBytes(e *engine, bytes int) {
	s.engines.mu.Lock()
	defer s.engines.mu.Unlock()
	if s.engines.byOrg[e.org] != e {
		return
	}
	s.engines.bytes += bytes - e.bytes
	e.bytes = bytes
	s.evictEngines(e)
}

// evictEngines drops the engines that were used least recently, but one, while there are too many or they take too much; under engines.mu.
func (s *Service) evictEngines(but *engine) {
	loaded := &s.engines
	for len(loaded.byOrg) > maxEngines || loaded.bytes > loaded.budget.Total {
		var oldest *engine
		for _, e := range loaded.byOrg {
			if e != but && (oldest == nil || e.lastUsed.Before(oldest.lastUsed)) {
				oldest = e
			}
		}
		if oldest == nil {
			return
		}
		s.dropEngine(oldest)
	}
}

// entryBytes is what an entry takes beside its texts, which the engine counts.
const entryBytes = 400

// measureEngine counts what an engine takes now.
func (s *Service) measureEngine(e *engine) {
	e.mu.RLock()
	made := e.suggest
	bytes := len(e.entries) * entryBytes
	e.mu.RUnlock()
	if made != nil {
		s.setEngineBytes(e, bytes+made.Bytes())
	}
}

// MemoryFit is how an organization's entries fit into the memory that suggestions may take.
type MemoryFit struct {
	Needed, Budget int // bytes
}

// Fits reports whether suggestions are made from all live entries.
func (f MemoryFit) Fits() bool { return f.Needed <= f.Budget }

// GetMemoryFit returns how an organization's entries fit into its budget.
func (s *Service) GetMemoryFit(ctx context.Context, who access.Actor) (MemoryFit, error) {
	t, err := s.db.Authorize(who, access.FAQEntryRead)
	if err != nil {
		return MemoryFit{}, err
	}
	v, err := faqdb.New(t).GetEngineVersion(ctx)
	budget := s.MemoryBudget().Organization
	return MemoryFit{Needed: expectedBytes(v.Texts, v.Bytes), Budget: emptyEngineBytes + entriesBudget(budget)}, err
}
