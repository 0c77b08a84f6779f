package pg

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3/lock"
)

// gates keep statements from beginning while a migration takes its locks. A migration waits for one table after the other; what begins
// meanwhile would hold the later ones and wait for the earlier ones, for ever. So each table in lockOrder has a session of its own that
// asks for it at the same moment: what comes later waits behind that, before it holds anything, and what is under way ends. The
// migration itself goes before the gates, since it holds a weak lock on every table already: Postgres puts who holds one before those
// who wait for it to go. A gate that gets its lock gives it up at once.
type gates struct {
	cfg   *pgx.ConnConfig
	conns []*pgx.Conn
	busy  sync.WaitGroup
}

// gateLock is an advisory lock: gates wait until the migration gives it up.
const gateLock = lock.DefaultLockID + 1

// gateDelay is how long a migration leaves the gates to be in place.
const gateDelay = 10 * time.Millisecond

// hold makes the gates wait for the migration, which runs on conn and waits for its locks for some time.
func (g *gates) hold(ctx context.Context, conn *sql.Conn, wait time.Duration) error {
	if _, err := conn.ExecContext(ctx, "select pg_advisory_lock($1)", gateLock); err != nil {
		return err
	}
	for len(g.conns) < len(lockOrder) {
		c, err := pgx.ConnectConfig(ctx, g.cfg)
		if err != nil { // with fewer it is less likely to succeed, no more
			break
		}
		g.conns = append(g.conns, c)
	}
	for i, c := range g.conns {
		if c.IsClosed() {
			continue
		}
		g.busy.Go(func() { // the tables that there are not yet make an error, as does a gate that is not let in: both are as good
			c.Exec(ctx, fmt.Sprintf(`begin;
				select pg_advisory_xact_lock_shared(%d);
				set local lock_timeout = %d;
				lock table public.%s in access exclusive mode`,
				int64(gateLock), (wait+gateDelay).Milliseconds(), lockOrder[i]))
			c.Exec(ctx, "rollback")
		})
	}
	return nil
}

func (g *gates) release() {
	g.busy.Wait()
	for _, c := range g.conns {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		c.Close(ctx)
		cancel()
	}
}
