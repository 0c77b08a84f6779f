package faq

import (
	"context"

	"parley/app/access"
	"parley/app/faq/internal/faqdb"
)

// Budget bounds the memory of suggestion engines, in bytes. An organization whose entries need more than its own has an engine of
// the entries that were changed last; beyond the budget of all, the engines that were used least recently are dropped.
type Budget struct{ Organization, All int }

// DefaultBudget returns the bounds of a server that nobody has configured.
func DefaultBudget() Budget { return Budget{Organization: 32 << 20, All: 160 << 20} }

// What an engine takes, as measured (TestBytes of app/faq/suggest): so much, so much for each text, and one and a half times the
// texts' bytes. A part of the budget is left for what agents teach it.
const (
	emptyCosts = 800_000
	textCosts  = 4500
)

func expected(texts, bytes int64) int { return emptyCosts + int(texts)*textCosts + int(bytes)*3/2 }

// entriesShare is what the entries may take of an organization's budget.
func entriesShare(budget int) int { return max(0, budget-emptyCosts) * 9 / 10 }

// SetBudget bounds the engines' memory. To be called before the first is loaded.
func (r *Room) SetBudget(b Budget) {
	r.engines.mu.Lock()
	defer r.engines.mu.Unlock()
	r.engines.budget = b
}

// Budget returns the bounds of the engines' memory.
func (r *Room) Budget() Budget {
	r.engines.mu.Lock()
	defer r.engines.mu.Unlock()
	return r.engines.budget
}

// Engines says how many engines are loaded, and the bytes that they take.
func (r *Room) Engines() (loaded, bytes int) {
	r.engines.mu.Lock()
	defer r.engines.mu.Unlock()
	return len(r.engines.of), r.engines.bytes
}

// count notes what an engine takes, and drops others where it is too much in all.
func (r *Room) count(e *engine, bytes int) {
	r.engines.mu.Lock()
	defer r.engines.mu.Unlock()
	if r.engines.of[e.org] != e {
		return
	}
	r.engines.bytes += bytes - e.bytes
	e.bytes = bytes
	r.dropOver(e)
}

// dropOver drops the engines that were used least recently, but one, while there are too many or they take too much; under engines.mu.
func (r *Room) dropOver(but *engine) {
	s := &r.engines
	for len(s.of) > loadedMost || s.bytes > s.budget.All {
		var oldest *engine
		for _, e := range s.of {
			if e != but && (oldest == nil || e.used.Before(oldest.used)) {
				oldest = e
			}
		}
		if oldest == nil {
			return
		}
		r.drop(oldest)
	}
}

// entryBytes is what an entry takes beside its texts, which the engine counts.
const entryBytes = 400

// weigh counts what an engine takes now.
func (r *Room) weigh(e *engine) {
	e.mu.RLock()
	made := e.suggest
	bytes := len(e.entries) * entryBytes
	e.mu.RUnlock()
	if made != nil {
		r.count(e, bytes+made.Bytes())
	}
}

// Fit is how an organization's entries fit into the memory that suggestions may take.
type Fit struct {
	Needed, Budget int // bytes
}

// Fits reports whether suggestions are made from all live entries.
func (f Fit) Fits() bool { return f.Needed <= f.Budget }

// Fit returns how an organization's entries fit into its budget.
func (r *Room) Fit(ctx context.Context, who access.Actor) (Fit, error) {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return Fit{}, err
	}
	v, err := faqdb.New(t).EngineVersion(ctx)
	budget := r.Budget().Organization
	return Fit{Needed: expected(v.Texts, v.Bytes), Budget: emptyCosts + entriesShare(budget)}, err
}
