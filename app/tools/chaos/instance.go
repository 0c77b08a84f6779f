package chaos

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"

	"parley/app/tools/traffic"
)

// instance is one server process, started again on the same port after each end.
type instance struct {
	port int
	env  []string
	ways []*relay // to Postgres and Redis

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

// newInstance starts an instance that reaches Postgres, and Redis if there is one, through relays of its own.
func newInstance(ctx context.Context, env []string, fixture *Fixture, redis *redisServer) (*instance, error) {
	port, err := traffic.FreePort()
	if err != nil {
		return nil, err
	}
	database, err := newRelay(ctx, fixture.Network, fixture.Address)
	if err != nil {
		return nil, err
	}
	i := &instance{port: port, ways: []*relay{database}}
	i.env = append(env[:len(env):len(env)], "PORT="+strconv.Itoa(port), "DATABASE_URL="+fixture.DatabaseURL(database.port()))
	if redis != nil {
		way, err := newRelay(ctx, "tcp", redis.address())
		if err != nil {
			return nil, err
		}
		i.ways = append(i.ways, way)
		i.env = append(i.env, fmt.Sprintf("REDIS_URL=redis://127.0.0.1:%d", way.port()))
	}
	return i, i.start()
}

func (i *instance) address() string { return "127.0.0.1:" + strconv.Itoa(i.port) }

// cutOff ends the instance as a machine that loses its network does: nobody hears that its connections are gone.
func (i *instance) cutOff(b *balancer) {
	for _, way := range i.ways {
		way.silence(func(*link) bool { return true })
	}
	b.silence(func(l *link) bool { return l.far.RemoteAddr().String() == i.address() })
	i.end(syscall.SIGKILL, time.Second)
}

// stall stops the instance for a time, as a machine without processor or memory does, and lets it go on.
func (i *instance) stall(ctx context.Context, d time.Duration) error {
	i.mu.Lock()
	process := i.cmd.Process
	i.mu.Unlock()
	process.Signal(syscall.SIGSTOP)
	defer process.Signal(syscall.SIGCONT)
	return pause(ctx, d)
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
