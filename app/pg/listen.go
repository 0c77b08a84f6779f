package pg

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
)

// Notify sends payloads (each under 8,000 bytes) to a channel, in one round trip, outside any writing transaction.
func (db *DB) Notify(ctx context.Context, channel string, payloads ...string) error {
	var b pgx.Batch
	for _, p := range payloads {
		b.Queue("select pg_notify($1, $2)", channel, p)
	}
	return db.pool.SendBatch(ctx, &b).Close()
}

// Listen hears a channel on a connection of its own until ctx ends. heard gets every payload; connected is called with true
// after every (re)connection, because what was sent before it may have been missed, and with false when one is lost.
func (db *DB) Listen(ctx context.Context, channel string, heard func(string), connected func(bool)) error {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := db.listenOnce(ctx, channel, heard, func() { wait = 100 * time.Millisecond; connected(true) })
		connected(false)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		slog.Warn("lost the notification connection, reconnecting", "in", wait, "error", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait + rand.N(wait)):
		}
	}
}

func (db *DB) listenOnce(ctx context.Context, channel string, heard func(string), connected func()) error {
	cfg := db.pool.Config().ConnConfig.Copy()
	cfg.Tracer = nil
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "listen "+pgx.Identifier{channel}.Sanitize()); err != nil {
		return err
	}
	connected()
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		heard(n.Payload)
	}
}
