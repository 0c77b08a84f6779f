package wire

import "testing"

// silent is a carrier whose other side never reads.
type silent struct{ cuts int }

func (s *silent) write([]byte)      {}
func (s *silent) close(int, string) {}
func (s *silent) cut()              { s.cuts++ }

// One that does not read is cut at its own limit; many are cut before the process is full of what waits for them, and
// those with little waiting are left alone. What has ended is forgotten.
func TestWhatWaitsIsBounded(t *testing.T) {
	before := waitingBytes.Load()
	kind := &tally{name: "test"}
	frame := make([]byte, 60<<10)
	var all []*Socket
	var cut int
	for range 400 {
		c := &silent{}
		s := newSocket(kind, 1<<20)
		s.carrier = c
		for range 10 {
			s.Send(frame)
		}
		cut += min(1, c.cuts)
		all = append(all, s)
	}
	if cut < 150 || cut > 250 {
		t.Errorf("%d of 400 were cut", cut)
	}
	small := &silent{}
	s := newSocket(kind, 1<<20)
	s.carrier = small
	s.Send(frame)
	if small.cuts != 0 {
		t.Error("one with little waiting was cut")
	}
	for _, x := range append(all, s) {
		x.end()
		x.left(len(frame)) // a write that ends late
		x.Send(frame)
	}
	if now := waitingBytes.Load(); now != before {
		t.Errorf("%d bytes are still counted", now-before)
	}
	one := &silent{}
	s = newSocket(kind, 1<<20)
	s.carrier = one
	for range 20 {
		s.Send(frame)
	}
	if one.cuts == 0 || kind.cut.Load() == 0 {
		t.Error("one that does not read was not cut")
	}
	s.end()
}
