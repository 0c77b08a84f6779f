package bus

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"parley/app/platform/pg"
)

// Postgres carries events by LISTEN/NOTIFY.
func Postgres(db *pg.DB) Driver { return postgresDriver{db, db.Listener()} }

type postgresDriver struct {
	db *pg.DB
	*pg.Listener
}

func (postgresDriver) MaxPayload() int { return 7900 } // Postgres takes less than 8,000 bytes

func (d postgresDriver) Send(ctx context.Context, payloads []Payload) error {
	list := make([]pg.Notification, len(payloads))
	for i, p := range payloads {
		list[i] = pg.Notification(p)
	}
	return d.db.Notify(ctx, list)
}

// silentLogger takes what go-redis says by itself: what matters of it is said here.
type silentLogger struct{}

func (silentLogger) Printf(_ context.Context, format string, args ...any) {
	slog.Debug("redis", "says", fmt.Sprintf(format, args...))
}

// Redis carries events by publish/subscribe.
func Redis(url string) (Driver, error) {
	redis.SetLogger(silentLogger{})
	opts, err := redis.ParseURL(url)
	if err != nil {
		return nil, err
	}
	if opts.TLSConfig == nil { // a peer that has vanished is noticed within minutes, not hours
		dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}
		opts.Dialer = dialer.DialContext
	}
	client := redis.NewClient(opts)
	return &redisDriver{
		client:  client,
		sub:     client.Subscribe(context.Background()),
		wanted:  map[string]struct{}{},
		changed: make(chan struct{}, 1),
	}, nil
}

type redisDriver struct {
	client  *redis.Client
	sub     *redis.PubSub
	mu      sync.Mutex
	wanted  map[string]struct{}
	changed chan struct{}
}

func (*redisDriver) MaxPayload() int { return 64 << 10 }

func (d *redisDriver) Send(ctx context.Context, payloads []Payload) error {
	_, err := d.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, payload := range payloads {
			p.Publish(ctx, payload.Channel, payload.Body)
		}
		return nil
	})
	return err
}

func (d *redisDriver) Listen(channel string)   { d.change(func() { d.wanted[channel] = struct{}{} }) }
func (d *redisDriver) Unlisten(channel string) { d.change(func() { delete(d.wanted, channel) }) }

func (d *redisDriver) change(how func()) {
	d.mu.Lock()
	how()
	d.mu.Unlock()
	select {
	case d.changed <- struct{}{}:
	default:
	}
}

// subscribe follows what is wanted. It alone waits for the network; what cannot be sent now, the next connection does by
// itself.
func (d *redisDriver) subscribe(ctx context.Context) {
	have := map[string]struct{}{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.changed:
		}
		d.mu.Lock()
		want := maps.Clone(d.wanted)
		d.mu.Unlock()
		for c := range want {
			if _, there := have[c]; !there {
				have[c] = struct{}{}
				d.sub.Subscribe(ctx, c)
			}
		}
		for c := range have {
			if _, still := want[c]; !still {
				delete(have, c)
				d.sub.Unsubscribe(ctx, c)
			}
		}
	}
}

func (d *redisDriver) Run(ctx context.Context, receive func(string), listening func([]string), lost func()) error {
	go d.subscribe(ctx)
	defer context.AfterFunc(ctx, func() { d.sub.Close() })() // a waiting Receive hears only that
	wait := 100 * time.Millisecond
	for {
		message, err := d.sub.Receive(ctx) // reconnects by itself and subscribes again; a Subscription says so
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			lost()
			slog.Warn("lost the Redis subscription, reconnecting", "error", err)
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(wait):
			}
			wait = min(2*wait, 2*time.Second)
			continue
		}
		wait = 100 * time.Millisecond
		switch m := message.(type) {
		case *redis.Subscription:
			if m.Kind == "subscribe" {
				listening([]string{m.Channel})
			}
		case *redis.Message:
			receive(m.Payload)
		}
	}
}
