package serve

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"parley/app/demo"
	"parley/app/front/live"
)

// Server is a running Parley.
type Server struct {
	*Services
	URL     string     // how browsers reach it
	Address string     // host and port
	Demo    *demo.Data // nil: no demo
	Live    *live.Hub
	summary string     // what it uses, for the operator to read
	Failed  chan error // gets the reason if a part ends by itself

	HTTP           *http.Server
	Connections    *BoundedListener
	later          later
	requests       requestMetrics
	admin          *http.Server // nil: there is none
	AdminAddress   string       // its host and port
	drainDelay     time.Duration
	disks          disks
	Ready          atomic.Bool
	readinessMu    sync.Mutex // of what the database said last
	readyCheckedAt time.Time
	readyErr       error
	databaseDown   atomic.Bool // the database, when /readyz last asked
	stopping       atomic.Bool
	stopParts      context.CancelFunc
	parts          *errgroup.Group
}

// Start brings up a server that accepts requests when it returns. ctx ends the wait for the other servers, not the server.
func Start(ctx context.Context, cfg Config) (_ *Server, err error) {
	services, err := openServices(ctx, cfg)
	if err != nil {
		return nil, err
	}
	s := &Server{Services: services, Failed: make(chan error, 1), summary: cfg.summary(), drainDelay: cfg.DrainDelay,
		disks: newDisks(cfg, services.Cluster), requests: newRequestMetrics()}
	defer func() {
		if err != nil {
			s.abandon()
		}
	}()
	if err := s.listen(cfg); err != nil {
		return nil, err
	}
	secret, err := cfg.installationSecret()
	if err != nil {
		return nil, err
	}
	if cfg.Demo {
		if s.Demo, err = demo.Ensure(ctx, services.ForDemo(), s.URL); err != nil {
			return nil, fmt.Errorf("demo data: %w", err)
		}
	}
	if s.later, err = newLater(ctx, cfg, services, s.URL); err != nil {
		return nil, err
	}
	if s.Live, err = newHub(cfg, services, s.later, secret); err != nil {
		return nil, err
	}
	front, err := s.newFront(cfg, secret)
	if err != nil {
		return nil, err
	}
	s.HTTP = newHTTPServer(front, s.Connections)
	services.Bus.Subscribe(s.later.followup)
	services.Bus.Subscribe(s.later.pusher)
	if err := s.startParts(ctx, cfg); err != nil {
		return nil, err
	}
	s.awaitBus(ctx)
	s.Ready.Store(true)
	return s, nil
}

// abandon closes what a start has opened that did not succeed.
func (s *Server) abandon() {
	if s.Connections != nil {
		s.Connections.Close()
	}
	s.later.close()
	s.Services.close()
}

// awaitBus waits for the other servers to be heard, for a moment.
func (s *Server) awaitBus(ctx context.Context) {
	select {
	case <-s.Bus.Connected():
	case <-ctx.Done(): // told to end already
	case <-time.After(3 * time.Second):
		slog.Warn("the bus to the other servers is not connected yet; /readyz says when it is")
	}
}

// Stop ends the server in order, within ten seconds: no longer ready, sockets told to come back elsewhere, requests
// finished, what waits written, the other processes told, parts ended, the database closed. Jobs that are under way then have a moment
// to end.
func (s *Server) Stop() {
	s.stopping.Store(true)
	s.Ready.Store(false)
	time.Sleep(s.drainDelay)
	s.Live.Drain(2 * time.Second)
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if err := s.HTTP.Shutdown(ctx); err != nil {
		s.HTTP.Close()
	}
	finishing, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	s.Conversations.Shutdown(finishing)
	if s.admin != nil {
		s.admin.Close()
	}
	s.stopParts()
	s.parts.Wait()
	s.Services.close()
}
