package live

import "parley/app/front/live/wire"

// Stats is how the sockets are doing. Counts are since the start.
type Stats struct {
	Sockets  []wire.Stats
	Threads  int              // conversations that a screen here follows
	Refusals map[string]int64 // by what was over its limit
}

// Stats returns the present figures.
func (h *Hub) Stats() Stats {
	s := Stats{Refusals: map[string]int64{}}
	for limit, n := range h.limiter.refusals {
		s.Refusals[limit] = n.Load()
	}
	s.Sockets = []wire.Stats{h.visitorSockets.Stats(), h.staffSockets.Stats(), h.polls.Stats()}
	h.mu.RLock()
	defer h.mu.RUnlock()
	s.Threads = len(h.threads)
	return s
}
