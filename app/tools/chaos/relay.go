package chaos

import (
	"context"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// carrier carries TCP connections and can do to them what networks do: delay what is on its way, and fall silent without closing
// anything.
type carrier struct {
	ctx   context.Context
	delay atomic.Int64 // most nanoseconds that a piece of a connection is held up

	mu    sync.Mutex
	links map[*link]struct{}
}

// link is one connection that is carried.
type link struct {
	near, far net.Conn
	silent    atomic.Bool
}

func newCarrier(ctx context.Context) *carrier { return &carrier{ctx: ctx, links: map[*link]struct{}{}} }

// carry passes on what comes from either side until one closes. It closes both, unless the link has fallen silent: then neither
// side hears anything until ctx ends.
func (w *carrier) carry(near, far net.Conn) {
	l := &link{near: near, far: far}
	w.mu.Lock()
	w.links[l] = struct{}{}
	w.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { w.pump(l, near, far) })
	both.Go(func() { w.pump(l, far, near) })
	both.Wait()
	w.mu.Lock()
	delete(w.links, l)
	w.mu.Unlock()
}

func (w *carrier) pump(l *link, to, from net.Conn) {
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		if most := w.delay.Load(); most > 0 {
			time.Sleep(time.Duration(rand.Int64N(most)))
		}
		if l.silent.Load() {
			<-w.ctx.Done()
		}
		if n > 0 && err == nil {
			_, err = to.Write(buffer[:n])
		}
		if err != nil {
			if l.silent.Load() { // it ended while it was being passed on
				<-w.ctx.Done()
			}
			l.near.Close()
			l.far.Close()
			return
		}
	}
}

// silence stops carrying those of the connections that are open now, without closing them. What is opened later is carried.
func (w *carrier) silence(which func(*link) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for l := range w.links {
		if which(l) {
			l.silent.Store(true)
		}
	}
}

// cut closes everything that is carried now.
func (w *carrier) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for l := range w.links {
		l.near.Close()
	}
}

// relay is a wire from a port of its own to one address.
type relay struct {
	*carrier
	listener net.Listener
}

func newRelay(ctx context.Context, network, target string) (*relay, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &relay{newCarrier(ctx), listener}
	context.AfterFunc(ctx, func() { listener.Close() })
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				far, err := net.DialTimeout(network, target, 3*time.Second)
				if err != nil {
					near.Close()
					return
				}
				r.carry(near, far)
			}()
		}
	}()
	return r, nil
}

func (r *relay) port() int { return r.listener.Addr().(*net.TCPAddr).Port }
