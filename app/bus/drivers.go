package bus

import (
	"context"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"

	"parley/app/pg"
)

const channel = "parley"

// Postgres carries events by LISTEN/NOTIFY.
func Postgres(db *pg.DB) Driver { return postgresDriver{db} }

type postgresDriver struct{ db *pg.DB }

func (postgresDriver) MaxPayload() int { return 7900 } // Postgres takes less than 8,000 bytes

func (d postgresDriver) Send(ctx context.Context, payloads []string) error {
	return d.db.Notify(ctx, channel, payloads...)
}

func (d postgresDriver) Run(ctx context.Context, heard func(string), connected func(bool)) error {
	return d.db.Listen(ctx, channel, heard, connected)
}

// Redis carries events by publish/subscribe.
func Redis(url string) (Driver, error) {
	opts, err := redis.ParseURL(url)
	if err != nil {
		return nil, err
	}
	return redisDriver{redis.NewClient(opts)}, nil
}

type redisDriver struct{ client *redis.Client }

func (redisDriver) MaxPayload() int { return 64 << 10 }

func (d redisDriver) Send(ctx context.Context, payloads []string) error {
	_, err := d.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, payload := range payloads {
			p.Publish(ctx, channel, payload)
		}
		return nil
	})
	return err
}

func (d redisDriver) Run(ctx context.Context, heard func(string), connected func(bool)) error {
	sub := d.client.Subscribe(ctx, channel)
	defer context.AfterFunc(ctx, func() { sub.Close() })() // a waiting Receive hears only that
	wait := 100 * time.Millisecond
	for {
		message, err := sub.Receive(ctx) // reconnects by itself; a new Subscription says so
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			connected(false)
			slog.Warn("lost the Redis subscription, reconnecting", "error", err)
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(wait):
			}
			wait = min(2*wait, 5*time.Second)
			continue
		}
		wait = 100 * time.Millisecond
		switch m := message.(type) {
		case *redis.Subscription:
			connected(true)
		case *redis.Message:
			heard(m.Payload)
		}
	}
}
