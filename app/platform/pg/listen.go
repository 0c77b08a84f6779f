package pg

import (
	"context"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// Notification is one NOTIFY; the body has less than 8,000 bytes.
type Notification struct{ Channel, Body string }

// Notify sends notifications in one round trip, outside any writing transaction.
func (db *DB) Notify(ctx context.Context, list []Notification) error {
	var b pgx.Batch
	for _, n := range list {
		b.Queue("select pg_notify($1, $2)", n.Channel, n.Body)
	}
	return db.commits.SendBatch(ctx, &b).Close()
}

// Listener receives notifications of channels on a connection of its own.
type Listener struct {
	db      *DB
	mu      sync.Mutex
	wanted  map[string]struct{}
	changed func() // wakes the connection to look at want; nil while there is none
}

// Listener returns a listener without channels.
func (db *DB) Listener() *Listener { return &Listener{db: db, wanted: map[string]struct{}{}} }

// Listen adds a channel; notifications of it are received from soon on.
func (l *Listener) Listen(channel string) { l.change(func() { l.wanted[channel] = struct{}{} }) }

// Unlisten removes a channel.
func (l *Listener) Unlisten(channel string) { l.change(func() { delete(l.wanted, channel) }) }

func (l *Listener) change(how func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	how()
	if l.changed != nil {
		l.changed()
	}
}

// Run hears until ctx ends. heard gets every body; listening is called with the channels that are heard from now on: after
// Listen, and with all of them after a reconnection, because what was sent before may have been missed; lost is called when
// the connection is.
func (l *Listener) Run(ctx context.Context, receive func(string), listening func([]string), lost func()) error {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		err := l.runOnce(ctx, receive, func(channels []string) { wait = 100 * time.Millisecond; listening(channels) })
		lost()
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

func (l *Listener) runOnce(ctx context.Context, receive func(string), listening func([]string)) error {
	cfg := l.db.direct.Copy()
	connecting, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	conn, err := pgx.ConnectConfig(connecting, cfg)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	have := map[string]struct{}{}
	for {
		waiting, wake := context.WithCancel(ctx)
		l.mu.Lock()
		l.changed = wake
		want := maps.Clone(l.wanted)
		l.mu.Unlock()
		if err := l.syncChannels(ctx, conn, have, want, listening); err != nil {
			wake()
			return err
		}
		for err == nil {
			n, failed := conn.WaitForNotification(waiting)
			if err = failed; err == nil {
				receive(n.Payload)
			}
		}
		wake()
		if ctx.Err() != nil || waiting.Err() == nil || conn.IsClosed() {
			return err
		}
		err = nil // woken: what is wanted has changed
	}
}

// syncChannels listens to what is wanted and not had, and forgets what is had and not wanted, in one round trip.
func (l *Listener) syncChannels(ctx context.Context, conn *pgx.Conn, have, want map[string]struct{}, listening func([]string)) error {
	var sql []string
	var fresh []string
	for _, c := range slices.Sorted(maps.Keys(want)) {
		if _, there := have[c]; !there {
			sql = append(sql, "listen "+pgx.Identifier{c}.Sanitize())
			fresh = append(fresh, c)
			have[c] = struct{}{}
		}
	}
	for c := range have {
		if _, still := want[c]; !still {
			sql = append(sql, "unlisten "+pgx.Identifier{c}.Sanitize())
			delete(have, c)
		}
	}
	if len(sql) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := conn.PgConn().Exec(ctx, strings.Join(sql, "; ")).Close(); err != nil {
		return err
	}
	if len(fresh) > 0 {
		listening(fresh)
	}
	return nil
}
