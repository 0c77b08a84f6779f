package serve

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"parley/app/platform/bus"
	"parley/app/platform/pg"
)

// readiness says whether this server takes new visitors, and what does not work.
type readiness struct {
	Ready atomic.Bool // started, and not about to stop
	db    *pg.DB
	bus   *bus.Bus
	disks disks

	databaseDown atomic.Bool // what check last found of the database

	mu        sync.Mutex // guards the last answer of the database
	checkedAt time.Time
	err       error
}

// degraded says what does not work though requests are served; empty: everything works.
func (r *readiness) degraded() string {
	if !r.bus.IsConnected() {
		return "the bus to the other servers is not connected: what happens there shows late here"
	}
	return r.disks.degraded()
}

// check returns why this server does not take new visitors; nil if it does. The error has nothing secret in it.
func (r *readiness) check(ctx context.Context) error {
	if !r.Ready.Load() {
		return errors.New("starting or stopping")
	}
	err := r.disks.checkPostgres()
	if err == nil {
		err = r.databaseReady(ctx)
	}
	r.databaseDown.Store(err != nil)
	if err == nil {
		return nil
	}
	slog.Warn("not ready", "error", err)
	var behind *pg.SchemaBehind
	if errors.As(err, &behind) || errors.Is(err, pg.ErrDiskFull) || errors.Is(err, errDiskFull) { // the operator must know what to do
		return err
	}
	return errors.New("the database cannot be reached")
}

// databaseReady asks the database once a second at most, because anybody can ask for /readyz.
func (r *readiness) databaseReady(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.checkedAt) > time.Second {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		r.err, r.checkedAt = r.db.Ready(ctx), time.Now()
	}
	return r.err
}
