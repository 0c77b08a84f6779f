// Package chaos plays visitors and agents on several instances while these are killed, drained and restarted, sockets are
// cut, posts are doubled, and Postgres and Redis go away; then it compares what every screen has received with what is stored.
//
// Owns: the players, a small balancer, the schedule of what goes wrong, and the comparison.
//
// Must not touch: the server's packages. Instances are processes; what is in the tables comes from the Fixture.
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

	"parley/app/tools/traffic"
)

// Fixture is the database that the instances share, with organizations in it.
type Fixture struct {
	Network, Address string                // of Postgres
	DatabaseURL      func(port int) string // for instances that reach Postgres through a port of this machine
	Migrate          func(ctx context.Context) error
	Organizations    []traffic.Organization
	RestartPostgres  func() error
	// StoredMessages returns every message of an organization, by conversation, in order.
	StoredMessages func(ctx context.Context, f traffic.Organization) (map[string][]Message, error)
	// OpenConversations returns which conversations of an organization's agent are open.
	OpenConversations func(ctx context.Context, f traffic.Organization) (map[string]bool, error)
	// AddArchive adds so many closed conversations to an organization, and one with so many messages, whose id it returns.
	AddArchive func(ctx context.Context, f traffic.Organization, conversations, messages int) (string, error)
	Stop       func()
}

// Message is a message as it is stored.
type Message struct {
	Seq    int
	ID     string
	Author string
	Kind   string
	Text   string
}

// NewFixture makes a fixture with so many organizations, whose files are in dir.
type NewFixture func(ctx context.Context, dir string, organizations int) (*Fixture, error)

const secret = "a secret that all instances of this chaos share"

// Command runs "parley chaos".
func Command(ctx context.Context, args []string, out io.Writer, make NewFixture) error {
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
	instances     = 3
	organizations = 3
	visitorCount  = 24 // visitors
)

// play plays once, on one bus.
func play(ctx context.Context, bus string, kills int, lasts time.Duration, short bool, out io.Writer, make NewFixture) error {
	dir, err := os.MkdirTemp("/tmp", "parley-chaos-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	os.Chmod(dir, 0o755) // the private Postgres may run as another user
	fixture, err := make(ctx, dir, organizations)
	if err != nil {
		return err
	}
	defer fixture.Stop()
	env := []string{
		"SECRET_KEY=" + secret,
		"MIGRATE_DATABASE_URL=",
		"REDIS_URL=",
		"ADMIN_ADDR=",
		"PUBLIC_URL=",
		"DATA_DIR=" + dir + "/instances",
	}
	var redis *redisServer
	if bus == "redis" {
		if redis, err = startRedis(); err != nil {
			return err
		}
		defer redis.stop()
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	all, b, err := startInstances(ctx, env, fixture, redis)
	defer func() {
		for _, i := range all {
			i.end(syscall.SIGKILL, time.Second)
		}
	}()
	if err != nil {
		return err
	}

	wrong := &failures{}
	var talking atomic.Bool
	talking.Store(true)
	visitors, agents, err := startPlayers(ctx, fixture, b.url(), wrong, talking.Load)
	if err != nil {
		return err
	}
	t := &faultInjector{instances: all, balancer: b, fixture: fixture, redis: redis, failures: wrong, counts: map[string]int{}}
	fmt.Fprintf(out, "%s bus: %d instances, %d visitors, %d agents\n", bus, instances, visitorCount, organizations)
	begun := time.Now()
	if err := t.run(ctx, kills, lasts, short); err != nil {
		return err
	}
	talking.Store(false)
	if err := until(ctx, 30*time.Second, b.allReady); err != nil {
		return errors.New("the instances do not all come back")
	}
	until(ctx, stuck+30*time.Second, func() bool {
		for _, v := range visitors {
			if !v.isIdle() {
				return false
			}
		}
		for _, a := range agents {
			if !a.isIdle() {
				return false
			}
		}
		return true
	})
	fmt.Fprintf(out, "  in %v: %s\n", time.Since(begun).Round(time.Second), t.summary())
	return compare(ctx, fixture, visitors, agents, wrong, t.waitGoal(), out)
}

// startInstances starts the instances and a balancer in front of them, and waits until all are ready. It returns those that it has
// started also with an error.
func startInstances(ctx context.Context, env []string, fixture *Fixture, redis *redisServer) (all []*instance, b *balancer, err error) {
	var backends []string
	for range instances {
		i, err := newInstance(ctx, env, fixture, redis)
		if err != nil {
			return all, nil, err
		}
		all = append(all, i)
		backends = append(backends, i.address())
	}
	if b, err = newBalancer(ctx, backends); err != nil {
		return all, nil, err
	}
	if err := until(ctx, 30*time.Second, b.allReady); err != nil {
		return all, nil, fmt.Errorf("the instances do not get ready: %w", err)
	}
	return all, b, nil
}

// startPlayers starts an agent of each organization, with two workers, and the visitors. They begin new work while talking
// returns true.
func startPlayers(
	ctx context.Context, fixture *Fixture, server string, wrong *failures, talking func() bool,
) (visitors []*visitor, agents []*agent, err error) {
	for i, f := range fixture.Organizations {
		login, err := traffic.LogIn(ctx, server, f.AgentEmail, f.Password)
		if err != nil {
			return nil, nil, err
		}
		name := fmt.Sprintf("Agent %d", i)
		a := &agent{
			Agent:     login,
			name:      name,
			screen:    newScreen(name, wrong),
			shownUpTo: map[string]int{},
			open:      map[string]bool{},
			acked:     map[string]string{},
			sentAt:    map[string]time.Time{},
			notes:     map[string]bool{},
		}
		agents = append(agents, a)
		go a.runDesk(ctx)
		for range 2 { // two workers at once
			go a.work(ctx, talking)
		}
	}
	for i := range visitorCount {
		name := fmt.Sprintf("Visitor %d", i)
		v := &visitor{
			site:   fixture.Organizations[i%len(fixture.Organizations)].Site(server),
			name:   name,
			screen: newScreen(name, wrong),
			acked:  map[string]position{},
			sentAt: map[string]time.Time{},
		}
		visitors = append(visitors, v)
		go v.play(ctx, talking)
	}
	return visitors, agents, nil
}

// until waits until a condition is true; after limit it returns an error.
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
