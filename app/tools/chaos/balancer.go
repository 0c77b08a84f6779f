package chaos

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// balancer is a small TCP balancer: a connection goes to the next instance that is ready. It can cut what it carries.
type balancer struct {
	listener net.Listener
	backends []string

	*carrier

	mu    sync.Mutex
	ready map[string]bool
	next  int
}

func newBalancer(ctx context.Context, backends []string) (*balancer, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b := &balancer{listener: l, backends: backends, carrier: newCarrier(ctx), ready: map[string]bool{}}
	for _, backend := range backends {
		go b.watch(ctx, backend)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go b.serve(c)
		}
	}()
	context.AfterFunc(ctx, func() { l.Close() })
	return b, nil
}

func (b *balancer) url() string { return "http://" + b.listener.Addr().String() }

// watch asks an instance every tenth of a second whether it is ready, as balancers do.
func (b *balancer) watch(ctx context.Context, backend string) {
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for ctx.Err() == nil {
		res, err := client.Get("http://" + backend + "/readyz")
		ok := err == nil && res.StatusCode == http.StatusOK
		if err == nil {
			res.Body.Close()
		}
		b.mu.Lock()
		b.ready[backend] = ok
		b.mu.Unlock()
		time.Sleep(100 * time.Millisecond)
	}
}

// allReady reports whether every instance is.
func (b *balancer) allReady() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, backend := range b.backends {
		if !b.ready[backend] {
			return false
		}
	}
	return true
}

// pick returns the next ready instance.
func (b *balancer) pick() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for range b.backends {
		b.next = (b.next + 1) % len(b.backends)
		if b.ready[b.backends[b.next]] {
			return b.backends[b.next]
		}
	}
	return ""
}

// serve passes a connection on to an instance that is ready.
func (b *balancer) serve(near net.Conn) {
	backend := b.pick()
	if backend == "" {
		near.Close()
		return
	}
	far, err := net.DialTimeout("tcp", backend, time.Second)
	if err != nil {
		near.Close()
		return
	}
	b.carry(near, far)
}
