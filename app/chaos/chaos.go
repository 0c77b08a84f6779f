// Package chaos plays visitors and agents on several instances while these are killed, drained and restarted, sockets are
// cut, posts are doubled, and Postgres and Redis go away; then it compares what everybody was told with what is kept.
//
// Owns: the players, a small balancer, the schedule of what goes wrong, and the comparison.
//
// Must not touch: anything of the server's inside. Instances are processes; what is in the tables it is told (World).
//
// Always true: it ends in bounded time; a fault makes it fail.
package chaos

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"parley/app/traffic"
)

// World is what the instances stand on.
type World struct {
	Network, Address string                // of Postgres
	DatabaseURL      func(port int) string // for instances that reach Postgres through a port of this machine
	Migrate          func(ctx context.Context) error
	Fields           []traffic.Field
	RestartPostgres  func() error
	// Kept returns everything said in a field's organization, by conversation, in order.
	Kept func(ctx context.Context, f traffic.Field) (map[string][]Message, error)
	// Open returns which conversations of a field's agent are open.
	Open func(ctx context.Context, f traffic.Field) (map[string]bool, error)
	// Fill gives a field's organization a past: so many closed conversations, and one with so many messages, whose id it returns.
	Fill func(ctx context.Context, f traffic.Field, conversations, messages int) (string, error)
	Stop func()
}

// Message is a message as it is kept.
type Message struct {
	Seq    int
	ID     string
	Author string
	Kind   string
	Text   string
}

// Make makes a world with so many fields under dir.
type Make func(ctx context.Context, dir string, fields int) (*World, error)

const secret = "a secret that all instances of this chaos share"

// Command runs "parley chaos".
func Command(ctx context.Context, args []string, out io.Writer, make Make) error {
	f := flag.NewFlagSet("parley chaos", flag.ContinueOnError)
	f.SetOutput(out)
	scenario := f.String("scenario", "faults", "faults, or neighbors: one organization floods, and what another one notices is measured")
	buses := f.String("bus", "both", "postgres, redis or both, one after the other")
	kills := f.Int("kills", 20, "how many instances are killed (kill -9) on each bus; other faults come between")
	lasts := f.Duration("for", 0, "how long on each bus, for instance 10m; instead of -kills")
	short := f.Bool("short", false, "about half a minute on each bus: for checks after every change")
	if err := f.Parse(args); err != nil {
		if err == flag.ErrHelp {
			return nil
		}
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("%q is not understood; see: parley chaos -h", f.Arg(0))
	}
	switch *scenario {
	case "faults":
	case "neighbors":
		return neighbors(ctx, *short, out, make)
	case "flood": // what neighbors starts
		return flood(ctx, os.Stdin, out)
	default:
		return fmt.Errorf("-scenario is faults or neighbors, not %q", *scenario)
	}
	if *short {
		*kills = 6
	}
	list := map[string][]string{"postgres": {"postgres"}, "redis": {"redis"}, "both": {"postgres", "redis"}}[*buses]
	if list == nil {
		return fmt.Errorf("-bus is postgres, redis or both, not %q", *buses)
	}
	var failed error
	for _, bus := range list {
		if err := play(ctx, bus, *kills, *lasts, *short, out, make); err != nil {
			failed = errors.Join(failed, fmt.Errorf("on the %s bus: %w", bus, err))
		}
	}
	return failed
}

const (
	instances = 3
	fields    = 3
	crowd     = 24 // visitors
)

// play plays once, on one bus.
func play(ctx context.Context, bus string, kills int, lasts time.Duration, short bool, out io.Writer, make Make) error {
	dir, err := os.MkdirTemp("/tmp", "parley-chaos-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	os.Chmod(dir, 0o755) // the private Postgres may run as another user
	world, err := make(ctx, dir, fields)
	if err != nil {
		return err
	}
	defer world.Stop()
	env := []string{"SECRET_KEY=" + secret, "MIGRATE_DATABASE_URL=", "REDIS_URL=", "ADMIN_ADDR=", "PUBLIC_URL=", "DATA_DIR=" + dir + "/instances"}
	var redis *redisServer
	if bus == "redis" {
		if redis, err = startRedis(); err != nil {
			return err
		}
		defer redis.stop()
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var all []*instance
	var backends []string
	for range instances {
		i, err := newInstance(ctx, env, world, redis)
		if err != nil {
			return err
		}
		defer i.end(syscall.SIGKILL, time.Second)
		all = append(all, i)
		backends = append(backends, i.address())
	}
	b, err := newBalancer(ctx, backends)
	if err != nil {
		return err
	}
	if err := until(ctx, 30*time.Second, b.allReady); err != nil {
		return fmt.Errorf("the instances do not get ready: %w", err)
	}

	wrong := &faults{}
	var talks atomic.Bool
	talks.Store(true)
	var visitors []*visitor
	var agents []*agent
	for i, f := range world.Fields {
		login, err := traffic.LogIn(ctx, b.url(), f.Email, f.Password)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("Agent %d", i)
		a := &agent{Agent: login, name: name, screen: newScreen(name, wrong), own: map[string]int{}, open: map[string]bool{}, acked: map[string]string{}, sentAt: map[string]time.Time{}, notes: map[string]bool{}}
		agents = append(agents, a)
		go a.sit(ctx)
		for range 2 { // two hands
			go a.work(ctx, talks.Load)
		}
	}
	for i := range crowd {
		name := fmt.Sprintf("Visitor %d", i)
		v := &visitor{site: world.Fields[i%len(world.Fields)].Site(b.url()), name: name, screen: newScreen(name, wrong), acked: map[string]place{}, sentAt: map[string]time.Time{}}
		visitors = append(visitors, v)
		go v.play(ctx, talks.Load)
	}
	t := &torment{all: all, b: b, world: world, redis: redis, wrong: wrong, done: map[string]int{}}
	fmt.Fprintf(out, "%s bus: %d instances, %d visitors, %d agents\n", bus, instances, crowd, fields)
	begun := time.Now()
	if err := t.run(ctx, kills, lasts, short); err != nil {
		return err
	}
	talks.Store(false)
	if err := until(ctx, 30*time.Second, b.allReady); err != nil {
		return errors.New("the instances do not all come back")
	}
	until(ctx, t.tolerable()+30*time.Second, func() bool {
		for _, v := range visitors {
			if !v.quiet() {
				return false
			}
		}
		for _, a := range agents {
			if !a.quiet() {
				return false
			}
		}
		return true
	})
	fmt.Fprintf(out, "  in %v: %s\n", time.Since(begun).Round(time.Second), t.said())
	return compare(ctx, world, visitors, agents, wrong, t.tolerable(), out)
}

func until(ctx context.Context, limit time.Duration, true func() bool) error {
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if true() {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return errors.New("waited in vain")
}
