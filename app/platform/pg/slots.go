package pg

import (
	"context"

	"github.com/jackc/pgx/v5"
)

type longWorkKey struct{}

// WithLongWork marks what is done with a context as long work: a search, an import, an export. An organization does one such thing at a
// time at each process, waits its turn for it, and leaves most connections to others; a statement may take a minute. It is for
// single statements and short transactions: what is long in all is many of them.
func WithLongWork(ctx context.Context) context.Context {
	return context.WithValue(ctx, longWorkKey{}, true)
}

func isLongWork(ctx context.Context) bool { return ctx.Value(longWorkKey{}) != nil }

// acquireSlot takes a connection's share for the actor's organization. Every organization has less than half of the connections, and
// they are served in turns. The error is fail.Busy where too much of the organization waits already.
func (t *Tenant) acquireSlot(ctx context.Context) (release func(), err error) {
	if t.loggingIn {
		return func() {}, nil
	}
	org := t.actor.Org()
	longReleased := func() {}
	if isLongWork(ctx) {
		if longReleased, err = t.db.longSlots.Acquire(ctx, org); err != nil {
			return nil, err
		}
	}
	released, err := t.db.slots.Acquire(ctx, org)
	if err != nil {
		longReleased()
		return nil, err
	}
	return func() { released(); longReleased() }, nil
}

// slotResults gives the share back when the results are closed.
type slotResults struct {
	pgx.BatchResults
	release func()
}

func (s *slotResults) Close() error {
	err := s.BatchResults.Close()
	s.release()
	return err
}
