package bus

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// CheckRedis publishes a message on a channel of its own and waits until it hears it.
func CheckRedis(ctx context.Context, url string) error {
	redis.SetLogger(silentLogger{})
	opts, err := redis.ParseURL(url)
	if err != nil {
		return err
	}
	opts.MaxRetries = -1
	client := redis.NewClient(opts)
	defer client.Close()
	channel := fmt.Sprintf("parley_doctor_%d", time.Now().UnixNano())
	sub := client.Subscribe(ctx, channel)
	defer sub.Close()
	if _, err := sub.Receive(ctx); err != nil {
		return err
	}
	if err := client.Publish(ctx, channel, "a probe").Err(); err != nil {
		return err
	}
	_, err = sub.ReceiveMessage(ctx)
	return err
}
