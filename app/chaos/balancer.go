package chaos

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// balancer is a small TCP balancer: a connection goes to the next instance that is ready. It can cut what it carries.
type balancer struct {
	listener net.Listener
	backends []string

	mu    sync.Mutex
	ready map[string]bool
	next  int
	open  map[net.Conn]struct{}
}

func newBalancer(ctx context.Context, backends []string) (*balancer, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b := &balancer{listener: l, backends: backends, ready: map[string]bool{}, open: map[net.Conn]struct{}{}}
	for _, backend := range backends {
		go b.watch(ctx, backend)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go b.carry(c)
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

func (b *balancer) carry(near net.Conn) {
	defer near.Close()
	backend := b.pick()
	if backend == "" {
		return
	}
	far, err := net.DialTimeout("tcp", backend, time.Second)
	if err != nil {
		return
	}
	defer far.Close()
	b.mu.Lock()
	b.open[near] = struct{}{}
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		delete(b.open, near)
		b.mu.Unlock()
	}()
	done := make(chan struct{}, 2)
	copy := func(to, from net.Conn) {
		io.Copy(to, from)
		done <- struct{}{}
	}
	go copy(near, far)
	go copy(far, near)
	<-done
}

// cut ends everything that is carried now.
func (b *balancer) cut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.open {
		c.Close()
	}
}
