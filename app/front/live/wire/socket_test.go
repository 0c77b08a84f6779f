package wire

import "testing"

// silentTransport is a transport whose client never reads.
type silentTransport struct{ cuts int }

func (s *silentTransport) write([]byte)      {}
func (s *silentTransport) close(int, string) {}
func (s *silentTransport) cut()              { s.cuts++ }

// A client that does not read is disconnected at its socket's limit. Many that do not read are disconnected before the process
// holds too much, and those with little in their queue stay. A closed socket is no longer counted.
func TestQueuedBytesAreBounded(t *testing.T) {
	before := queuedBytes.Load()
	kind := &counters{name: "test"}
	frame := make([]byte, 60<<10)
	var all []*Socket
	var cut int
	for range 400 {
		c := &silentTransport{}
		s := newSocket(kind, 1<<20, c)
		for range 10 {
			s.Send(frame)
		}
		cut += min(1, c.cuts)
		all = append(all, s)
	}
	if cut < 150 || cut > 250 {
		t.Errorf("%d of 400 were cut", cut)
	}
	small := &silentTransport{}
	s := newSocket(kind, 1<<20, small)
	s.Send(frame)
	if small.cuts != 0 {
		t.Error("one with little waiting was cut")
	}
	for _, x := range append(all, s) {
		x.markClosed()
		x.countWritten(len(frame)) // a write that ends late
		x.Send(frame)
	}
	if now := queuedBytes.Load(); now != before {
		t.Errorf("%d bytes are still counted", now-before)
	}
	one := &silentTransport{}
	s = newSocket(kind, 1<<20, one)
	for range 20 {
		s.Send(frame)
	}
	if one.cuts == 0 || kind.cut.Load() == 0 {
		t.Error("one that does not read was not cut")
	}
	s.markClosed()
}
