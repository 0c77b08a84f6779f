package live

// Stats is how the sockets are doing. Counts are since the start.
type Stats struct {
	Sockets  []SocketStats
	Threads  int              // conversations that a screen here follows
	Refusals map[string]int64 // by what was over its limit
}

// SocketStats is about one kind of sockets: "visitors", "staff", or "polls" (requests, where sockets are blocked).
type SocketStats struct {
	Kind   string
	Open   int64 // now
	Opened int64
	Cut    int64 // did not read
	Frames int64 // that came in
}

// Stats returns the present figures.
func (h *Hub) Stats() Stats {
	s := Stats{Refusals: map[string]int64{}}
	for limit, n := range h.gauges.refused {
		s.Refusals[limit] = n.Load()
	}
	for _, t := range []*tally{&h.visitors.tally, &h.desks.tally, &h.polls} {
		s.Sockets = append(s.Sockets, SocketStats{t.name, t.open.Load(), t.opened.Load(), t.cut.Load(), t.framed.Load()})
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	s.Threads = len(h.threads)
	return s
}
