//go:build !linux

package wire

import "time"

// poller waits with a goroutine for each connection where there is no epoll: for developing, not for tens of thousands.
type poller struct{ tell func(*visitorWire) }

func newPoller(tell func(*visitorWire)) *poller { return &poller{tell} }

func (p *poller) add(*visitorWire) error { return nil }
func (p *poller) remove(*visitorWire)    {}

func (p *poller) wait(v *visitorWire) error {
	v.conn.SetReadDeadline(time.Time{})
	go func() {
		var first [1]byte
		if n, err := v.conn.Read(first[:]); err == nil && n == 1 {
			v.early = first[:]
		}
		p.tell(v) // a reader meets the error again
	}()
	return nil
}
