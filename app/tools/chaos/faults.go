package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"time"
)

// faultInjector injects faults into the instances of one run.
type faultInjector struct {
	instances []*instance
	balancer  *balancer
	fixture   *Fixture
	redis     *redisServer // nil: none
	failures  *failures
	counts    map[string]int // what was done to them, and how often
}

// fault is one kind of fault.
type fault struct {
	name   string
	short  bool // is played in the short run, too
	slow   bool // somebody may have to notice silence first
	inject func(t *faultInjector, ctx context.Context, i *instance) error
}

var faultKinds = []fault{
	{"killed", true, false, func(t *faultInjector, ctx context.Context, i *instance) error {
		i.end(syscall.SIGKILL, time.Second)
		return errors.Join(t.pause(ctx, 100, 1500), i.start())
	}},
	{"drained", true, false, func(t *faultInjector, ctx context.Context, i *instance) error {
		if err := i.end(syscall.SIGTERM, 10*time.Second); err != nil {
			t.failures.add("%v", err)
		}
		return i.start()
	}},
	{"all sockets cut", true, false, func(t *faultInjector, _ context.Context, _ *instance) error { t.balancer.cut(); return nil }},
	{
		"Postgres restarted",
		true,
		false,
		func(t *faultInjector, _ context.Context, _ *instance) error { return t.fixture.RestartPostgres() },
	},
	{"Redis restarted", true, false, func(t *faultInjector, ctx context.Context, _ *instance) error {
		t.redis.stop()
		return errors.Join(t.pause(ctx, 200, 800), t.redis.start())
	}},
	{"stalled", true, false, func(t *faultInjector, ctx context.Context, i *instance) error {
		return i.stall(ctx, time.Duration(1000+rand.IntN(2000))*time.Millisecond)
	}},
	{"stalled for long", false, true, func(t *faultInjector, ctx context.Context, i *instance) error {
		return i.stall(ctx, time.Duration(5+rand.IntN(15))*time.Second)
	}},
	{"vanished", false, true, func(t *faultInjector, ctx context.Context, i *instance) error {
		i.cutOff(t.balancer)
		return errors.Join(t.pause(ctx, 100, 5000), i.start())
	}},
	{"half of the sockets fell silent", false, true, func(t *faultInjector, _ context.Context, _ *instance) error {
		t.balancer.silence(func(*link) bool { return rand.IntN(2) == 0 })
		return nil
	}},
	{"slow network", true, false, func(t *faultInjector, ctx context.Context, i *instance) error {
		wires := []*carrier{t.balancer.carrier}
		for _, other := range t.instances {
			for _, way := range other.ways {
				wires = append(wires, way.carrier)
			}
		}
		for _, w := range wires {
			w.delay.Store(int64(time.Duration(5+rand.IntN(60)) * time.Millisecond))
		}
		err := t.pause(ctx, 2000, 4000)
		for _, w := range wires {
			w.delay.Store(0)
		}
		return err
	}},
	{"migrated", true, false, func(t *faultInjector, ctx context.Context, _ *instance) error { return t.fixture.Migrate(ctx) }},
}

func (t *faultInjector) pause(ctx context.Context, least, most int) error {
	return pause(ctx, time.Duration(least+rand.IntN(most-least))*time.Millisecond)
}

// run injects faults until so many instances were killed (and every kind that is in the run was injected) or, if lasts is
// not 0, until that time is over.
func (t *faultInjector) run(ctx context.Context, kills int, lasts time.Duration, short bool) error {
	var list []fault
	for _, x := range faultKinds {
		if (x.short || !short) && (t.redis != nil || x.name != "Redis restarted") {
			list = append(list, x)
		}
	}
	if err := t.pause(ctx, 2000, 2500); err != nil {
		return err
	}
	begun := time.Now()
	over := func() bool {
		if lasts > 0 {
			return time.Since(begun) > lasts
		}
		return t.counts["killed"] >= kills
	}
	for n := 0; !over(); n++ {
		next := faultKinds[0] // every second one is a kill; between them each of the others in turn
		if n%2 == 1 {
			next = list[1+n/2%(len(list)-1)]
		}
		if err := next.inject(t, ctx, t.instances[rand.IntN(len(t.instances))]); err != nil {
			return fmt.Errorf("%s: %w", next.name, err)
		}
		t.counts[next.name]++
		if err := until(ctx, 40*time.Second, t.balancer.allReady); err != nil {
			return errors.New("the instances do not all come back")
		}
		if err := t.pause(ctx, 500, 2000); err != nil {
			return err
		}
	}
	return nil
}

// summary lists what was done, and how often.
func (t *faultInjector) summary() string {
	var what []string
	for _, x := range faultKinds {
		if n := t.counts[x.name]; n > 0 {
			what = append(what, fmt.Sprintf("%s %d×", x.name, n))
		}
	}
	return strings.Join(what, ", ")
}

// waitGoal is the longest that a visitor should wait for an acknowledgement, or for an answer to be shown: if nobody has to notice
// that a connection is silent, five seconds; else the half minute in which that is noticed, the same once more for a request
// on another silent connection, and a moment.
func (t *faultInjector) waitGoal() time.Duration {
	for _, x := range faultKinds {
		if x.slow && t.counts[x.name] > 0 {
			return stuck
		}
	}
	return 5 * time.Second
}
