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
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"parley/app/traffic"
)

// World is what the instances stand on.
type World struct {
	DatabaseURL     string
	Fields          []traffic.Field
	RestartPostgres func() error
	// Kept returns everything said in a field's organization, by conversation, in order.
	Kept func(ctx context.Context, f traffic.Field) (map[string][]Message, error)
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
	buses := f.String("bus", "both", "postgres, redis or both, one after the other")
	kills := f.Int("kills", 20, "how many instances are killed (kill -9) on each bus; other faults come between")
	short := f.Bool("short", false, "about half a minute on each bus: for checks after every change")
	if err := f.Parse(args); err != nil {
		if err == flag.ErrHelp {
			return nil
		}
		return err
	}
	if *short {
		*kills = 5
	}
	list := map[string][]string{"postgres": {"postgres"}, "redis": {"redis"}, "both": {"postgres", "redis"}}[*buses]
	if list == nil {
		return fmt.Errorf("-bus is postgres, redis or both, not %q", *buses)
	}
	var failed error
	for _, bus := range list {
		if err := play(ctx, bus, *kills, out, make); err != nil {
			failed = errors.Join(failed, fmt.Errorf("on the %s bus: %w", bus, err))
		}
	}
	return failed
}

// instance is one server process, started again on the same port after each end.
type instance struct {
	port int
	env  []string
	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{}
}

func (i *instance) start() error {
	binary, err := os.Executable()
	if err != nil {
		return err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.cmd = exec.Command(binary, "serve")
	i.cmd.Env = append(os.Environ(), i.env...)
	i.cmd.Stderr = os.Stderr
	if os.Getenv("CHAOS_LOG") == "" {
		i.cmd.Stderr = nil
	}
	done := make(chan struct{})
	i.done = done
	cmd := i.cmd
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { cmd.Wait(); close(done) }()
	return nil
}

// end sends a signal and waits; what takes longer than limit is a fault.
func (i *instance) end(s syscall.Signal, limit time.Duration) error {
	i.mu.Lock()
	cmd, done := i.cmd, i.done
	i.mu.Unlock()
	cmd.Process.Signal(s)
	select {
	case <-done:
		return nil
	case <-time.After(limit):
		cmd.Process.Kill()
		<-done
		return fmt.Errorf("an instance did not end within %v of %v", limit, s)
	}
}

const (
	instances = 3
	fields    = 3
	crowd     = 24 // visitors
)

// play plays once, on one bus.
func play(ctx context.Context, bus string, kills int, out io.Writer, make Make) error {
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
	env := []string{"DATABASE_URL=" + world.DatabaseURL, "SECRET_KEY=" + secret, "MIGRATE_DATABASE_URL=", "REDIS_URL=", "ADMIN_ADDR=", "PUBLIC_URL=", "DATA_DIR=" + dir + "/instances"}
	var redis *redisServer
	if bus == "redis" {
		if redis, err = startRedis(); err != nil {
			return err
		}
		defer redis.stop()
		env = append(env, "REDIS_URL="+redis.url())
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var all []*instance
	var backends []string
	for range instances {
		port, err := traffic.FreePort()
		if err != nil {
			return err
		}
		i := &instance{port: port, env: append(env[:len(env):len(env)], "PORT="+strconv.Itoa(port))}
		if err := i.start(); err != nil {
			return err
		}
		defer i.end(syscall.SIGKILL, time.Second)
		all = append(all, i)
		backends = append(backends, "127.0.0.1:"+strconv.Itoa(port))
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
	done := map[string]int{}
	fmt.Fprintf(out, "%s bus: %d instances, %d visitors, %d agents\n", bus, instances, crowd, fields)
	begun := time.Now()
	if err := torment(ctx, all, b, world, redis, kills, wrong, done); err != nil {
		return err
	}
	talks.Store(false)
	if err := until(ctx, 30*time.Second, b.allReady); err != nil {
		return errors.New("the instances do not all come back")
	}
	until(ctx, 30*time.Second, func() bool {
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
	var what []string
	for _, k := range []string{"killed", "drained", "all sockets cut", "Postgres restarted", "Redis restarted"} {
		if done[k] > 0 {
			what = append(what, fmt.Sprintf("%s %d×", k, done[k]))
		}
	}
	fmt.Fprintf(out, "  in %v: %s\n", time.Since(begun).Round(time.Second), strings.Join(what, ", "))
	return compare(ctx, world, visitors, agents, wrong, out)
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

// torment does what goes wrong, one thing after another, until so many instances have been killed.
func torment(ctx context.Context, all []*instance, b *balancer, world *World, redis *redisServer, kills int, wrong *faults, done map[string]int) error {
	calm := func(least, most int) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(least+rand.IntN(most-least)) * time.Millisecond):
			return nil
		}
	}
	if err := calm(2000, 2500); err != nil {
		return err
	}
	for n := 0; done["killed"] < kills; n++ {
		i := all[rand.IntN(len(all))]
		var err error
		switch {
		case n%6 == 2:
			if err = i.end(syscall.SIGTERM, 10*time.Second); err != nil {
				wrong.add("%v", err)
			}
			done["drained"]++
			err = i.start()
		case n%8 == 3:
			b.cut()
			done["all sockets cut"]++
		case n%10 == 4:
			err = world.RestartPostgres()
			done["Postgres restarted"]++
		case n%10 == 5 && redis != nil:
			redis.stop()
			if err = calm(200, 800); err == nil {
				err = redis.start()
			}
			done["Redis restarted"]++
		default:
			i.end(syscall.SIGKILL, time.Second)
			done["killed"]++
			if err = calm(100, 1500); err == nil {
				err = i.start()
			}
		}
		if err != nil {
			return err
		}
		if err := until(ctx, 20*time.Second, b.allReady); err != nil {
			return errors.New("the instances do not all come back")
		}
		if err := calm(500, 2000); err != nil {
			return err
		}
	}
	return nil
}

// redisServer is a real Redis on a port of its own.
type redisServer struct {
	port int
	cmd  *exec.Cmd
}

func startRedis() (*redisServer, error) {
	port, err := traffic.FreePort()
	if err != nil {
		return nil, err
	}
	r := &redisServer{port: port}
	return r, r.start()
}

func (r *redisServer) url() string { return fmt.Sprintf("redis://127.0.0.1:%d", r.port) }

func (r *redisServer) start() error {
	r.cmd = exec.Command("redis-server", "--port", strconv.Itoa(r.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
	if err := r.cmd.Start(); err != nil {
		return fmt.Errorf("redis-server (make deps-test installs it): %w", err)
	}
	for range 200 {
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", r.port)); err == nil {
			return c.Close()
		}
		time.Sleep(20 * time.Millisecond)
	}
	return errors.New("no answer from Redis")
}

func (r *redisServer) stop() {
	r.cmd.Process.Kill()
	r.cmd.Wait()
}
