package bench

import (
	"context"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"sync"
	"time"

	"parley/app/tools/traffic"
)

// idle opens visitors who do nothing, in steps, from several addresses of this machine, and prints the server's memory for
// each and what it asks the database meanwhile. The longest step is held for 90 s, in which every socket is pinged.
func idle(ctx context.Context, dir string, quick bool, sockets int, out io.Writer) error {
	a, err := startProcess(ctx, filepath.Join(dir, "idle"), "together")
	if err != nil {
		return err
	}
	defer a.stop()
	if err := pause(ctx, 3*time.Second); err != nil {
		return err
	}
	empty := a.residentKB()
	printRow(out, "server's memory, idle", "%.0f MiB (goal: 30)", float64(empty)/1024)
	type step struct {
		sockets int
		hold    time.Duration
	}
	steps := []step{{1000, 35 * time.Second}, {10000, 90 * time.Second}, {19000, 35 * time.Second}}
	if quick {
		steps = steps[:1]
	}
	if sockets > 0 {
		steps = []step{{sockets, 90 * time.Second}}
	}
	visitors := &idleVisitors{a: a}
	defer visitors.close()
	for _, step := range steps {
		if err := visitors.open(ctx, step.sockets); err != nil {
			return err
		}
		open := len(visitors.sockets)
		time.Sleep(3 * time.Second) // what opening them asked for
		s0, err := a.metric("parley_database_statements_total")
		if err != nil {
			return err
		}
		c0, _ := a.cpu()
		if err := pause(ctx, step.hold); err != nil {
			return err
		}
		s1, err := a.metric("parley_database_statements_total")
		if err != nil {
			return err
		}
		c1, _ := a.cpu()
		rss := a.residentKB()
		printRow(out, fmt.Sprintf("%d idle visitors, held %v with pings", open, step.hold),
			"%.0f bytes each, server %.0f MiB in all%s; %.0f statements; %.2f "+
				"%% of a core", float64(rss-empty)*1024/float64(open), float64(rss)/1024,
			map[bool]string{true: " (goals: 5,000; 70)"}[step.sockets == 10000], s1-s0, 100*(c1-c0)/step.hold.Seconds())
		if lost := visitors.lostCount(); lost > 0 {
			printRow(out, "", "%d of them lost their connection", lost)
		}
	}
	return nil
}

// idleVisitors are visitors who do nothing but answer pings.
type idleVisitors struct {
	a *process

	mu      sync.Mutex
	sockets []*traffic.LightSocket
	lost    int // how many have lost their connection
	failed  error
}

// open opens more sockets, 64 at a time, until there are so many.
func (v *idleVisitors) open(ctx context.Context, sockets int) error {
	var wg sync.WaitGroup
	slots := make(chan struct{}, 64)
	for i := len(v.sockets); i < sockets; i++ {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			v.openOne(ctx, i)
		})
	}
	wg.Wait()
	if v.failed != nil {
		return fmt.Errorf("at %d sockets: %w", len(v.sockets), v.failed)
	}
	return nil
}

func (v *idleVisitors) openOne(ctx context.Context, i int) {
	f := v.a.Organizations[i%len(v.a.Organizations)]
	l, err := f.Site(v.a.URL).OpenLight(ctx, net.IPv4(127, 0, 1, byte(1+i/700)), "", 16)
	if err == nil {
		_, err = l.Next() // welcome
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if err != nil {
		v.failed = err
		return
	}
	v.sockets = append(v.sockets, l)
	go func() { // answers pings
		if _, err := l.Next(); err != nil {
			v.mu.Lock()
			v.lost++
			v.mu.Unlock()
		}
	}()
}

func (v *idleVisitors) lostCount() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.lost
}

func (v *idleVisitors) close() {
	for _, l := range v.sockets {
		l.Close()
	}
}
