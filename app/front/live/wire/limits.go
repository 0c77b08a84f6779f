package wire

import (
	"sync/atomic"
	"time"
)

// Rate limits how often something may happen. The zero Rate is no limit.
type Rate struct {
	PerSecond float64
	Burst     int // how many may come at once after a pause
}

// Options of the sockets of one kind. The zero Options limit nothing.
type Options struct {
	FrameRate Rate          // of incoming frames on one socket
	Heartbeat time.Duration // how often a silent socket is sent a heartbeat; 0: every Heartbeat

	// OnCountChange is called with the number of open sockets when some hundreds of visitors' sockets have opened or closed; nil:
	// nobody is told.
	OnCountChange func(open int)
}

const (
	maxFrame     = 64 << 10         // bytes of one incoming frame; the longest message is 4,000 characters
	writeTimeout = 10 * time.Second // for one write
	readTimeout  = 30 * time.Second // for a frame that has begun to come
)

// Stats is how one kind of sockets is doing. Its counts begin with the process.
type Stats struct {
	Kind   string // "visitors", "staff", or "polls" (requests, where sockets are blocked)
	Open   int64  // now
	Opened int64
	Cut    int64 // disconnected because they did not read
	Frames int64 // that came in
}

// counters count what happens on all sockets of a kind.
type counters struct {
	name                        string
	frameRate                   Rate // limit on the incoming frames of each
	open, opened, cut, framesIn atomic.Int64
}

func (c *counters) stats() Stats {
	return Stats{c.name, c.open.Load(), c.opened.Load(), c.cut.Load(), c.framesIn.Load()}
}

// allowFrame reports whether one more frame may come in now. Only the goroutine that reads the socket calls it.
func (s *Socket) allowFrame() bool {
	s.counters.framesIn.Add(1)
	burst := int32(s.counters.frameRate.Burst)
	if burst == 0 {
		return true
	}
	now, tokens := seconds(), s.frameTokens.Load()
	if since := now - s.refilledAt.Load(); since > 0 {
		tokens = min(burst, tokens+int32(float64(min(since, 3600))*s.counters.frameRate.PerSecond))
		s.refilledAt.Store(now)
	}
	s.frameTokens.Store(tokens - 1)
	return tokens > 0
}
