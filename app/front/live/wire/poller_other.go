//go:build !linux

package wire

import "time"

// poller waits with a goroutine for each connection where there is no epoll: enough for development.
type poller struct{ notify func(*visitorConn) }

func newPoller(notify func(*visitorConn)) *poller { return &poller{notify} }

func (p *poller) add(*visitorConn) error { return nil }
func (p *poller) remove(*visitorConn)    {}

func (p *poller) wait(v *visitorConn) error {
	v.conn.SetReadDeadline(time.Time{})
	go func() {
		var first [1]byte
		if n, err := v.conn.Read(first[:]); err == nil && n == 1 {
			v.early = first[:]
		}
		p.notify(v) // whoever reads then meets the error again
	}()
	return nil
}
