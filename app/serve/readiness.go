package serve

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"parley/app/platform/pg"
)

// degraded says what does not work though requests are served; empty if all does.
func (s *Server) degraded() string {
	if !s.Bus.IsConnected() {
		return "the bus to the other servers is not connected: what happens there shows late here"
	}
	return s.disks.degraded()
}

func (s *Server) readinessError(ctx context.Context) error {
	if !s.Ready.Load() {
		return errors.New("starting or stopping")
	}
	err := s.disks.checkPostgres()
	if err == nil {
		err = s.databaseReady(ctx)
	}
	s.databaseDown.Store(err != nil)
	if err == nil {
		return nil
	}
	slog.Warn("not ready", "error", err)
	var behind *pg.SchemaBehind
	if errors.As(err, &behind) || errors.Is(err, pg.ErrDiskFull) || errors.Is(err, errDiskFull) { // what an operator has to do; nothing secret
		return err
	}
	return errors.New("the database cannot be reached")
}

// databaseReady asks the database, once a second at most: strangers may ask, too.
func (s *Server) databaseReady(ctx context.Context) error {
	s.readinessMu.Lock()
	defer s.readinessMu.Unlock()
	if time.Since(s.readyCheckedAt) > time.Second {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		s.readyErr, s.readyCheckedAt = s.DB.Ready(ctx), time.Now()
	}
	return s.readyErr
}
