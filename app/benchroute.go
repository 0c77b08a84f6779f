package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"parley/app/access"
	"parley/app/bus"
	"parley/app/chat"
	"parley/app/identity"
	"parley/app/org"
	"parley/app/pg"
	"parley/app/queue"
	"parley/app/queue/sim"
	"parley/app/traffic"
)

// route drives the rule of routing without a server: by events on standard input, or to be measured.
func route(ctx context.Context, args []string, out io.Writer) error {
	switch {
	case slices.Equal(args, []string{"--stdio"}):
		return queue.Drive(os.Stdin, out)
	case slices.Equal(args, []string{"--compare"}):
		policies := maps.Clone(sim.Baselines)
		policies["parley"] = func() sim.Policy { return sim.Behind(queue.Drive) }
		return sim.Compare(out, sim.Operations, 3, []string{"parley", "roundrobin", "idle", "fewest"}, policies)
	case slices.Equal(args, []string{"--latency"}):
		return routeLatency(ctx, out)
	}
	return fmt.Errorf("route knows --stdio (events on standard input), --compare (a simulation against other ways of routing) and --latency (with Postgres)")
}

const (
	latencyInstances = 3
	latencyAgents    = 30
	latencyGroups    = 6
	latencyTalks     = 1500
	latencyRate      = 50 // a second
)

// routeLatency measures how long a conversation is in line while somebody is free: three processes' rooms on one private Postgres,
// with the bus between them.
func routeLatency(ctx context.Context, out io.Writer) error {
	dir, err := os.MkdirTemp("/tmp", "parley-route-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	cluster, err := pg.StartCluster(ctx, dir+"/data", pg.ClusterOptions{})
	if err != nil {
		return err
	}
	defer cluster.Stop()
	if _, err := pg.Migrate(ctx, cluster.OwnerURL, cluster.AppURL); err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	var parts errgroup.Group
	houses := make([]*house, latencyInstances)
	for i := range houses {
		db, err := pg.Open(ctx, cluster.AppURL)
		if err != nil {
			return err
		}
		defer db.Close()
		h := &house{}
		h.furnish(db, bus.New(bus.Postgres(db)), false)
		houses[i] = h
		parts.Go(func() error { return h.bus.Run(running) })
		parts.Go(func() error { return h.queue.Run(running) })
		<-h.bus.Connected()
	}
	defer parts.Wait()
	defer stop()
	id, err := houses[0].org.Found(ctx, "Latency")
	if err != nil {
		return err
	}
	if err := playLatency(ctx, houses, id); err != nil {
		return err
	}
	return printLatency(ctx, houses[0], id, out)
}

func playLatency(ctx context.Context, houses []*house, id uuid.UUID) error {
	h := houses[0]
	who := access.System(id, "measure routing")
	customer, err := h.org.AddCustomer(ctx, who, "Customer")
	if err != nil {
		return err
	}
	website, err := h.org.AddWebsite(ctx, who, customer, org.NewWebsite{Name: "Shop", Host: "shop.example"})
	if err != nil {
		return err
	}
	var groups []uuid.UUID
	for g := range latencyGroups {
		group, err := h.queue.AddGroup(ctx, who, fmt.Sprintf("Group %d", g))
		if err != nil {
			return err
		}
		groups = append(groups, group)
	}
	for a := range latencyAgents {
		user, err := h.identity.Create(ctx, id, identity.SignUp{Name: fmt.Sprintf("Agent %d", a), Email: fmt.Sprintf("a%d@field.example", a), Password: "a field's password"}, access.Agent, nil)
		if err != nil {
			return err
		}
		for _, g := range []int{a % latencyGroups, (a + 1) % latencyGroups} {
			if err := h.queue.SetMember(ctx, who, groups[g], queue.Member{ID: user, In: true, Cap: 8}); err != nil {
				return err
			}
		}
		at := houses[a%latencyInstances]
		at.bus.Join(id)
		at.queue.Enter(access.User(id, user, access.Agent, uuid.Nil))
	}
	time.Sleep(time.Second) // they come online
	var visits sync.WaitGroup
	tick := time.NewTicker(time.Second / latencyRate)
	defer tick.Stop()
	failed := make(chan error, 1)
	for n := range latencyTalks {
		<-tick.C
		visits.Go(func() {
			if err := latencyVisit(ctx, houses, access.Visitor(id, website, uuid.Must(uuid.NewV7())), customer, groups[n%latencyGroups]); err != nil {
				select {
				case failed <- err:
				default:
				}
			}
		})
	}
	visits.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// latencyVisit begins a conversation at one process; its agent answers and closes it at another.
func latencyVisit(ctx context.Context, houses []*house, who access.Actor, customer, group uuid.UUID) error {
	any := func() *house { return houses[rand.IntN(len(houses))] }
	r, err := any().chat.SayAsVisitor(ctx, who, chat.FromVisitor{ID: uuid.New(), Body: "Where is my parcel?", Customer: customer, Group: group})
	if err != nil {
		return err
	}
	system := access.System(who.Org(), "measure routing")
	for range 200 {
		time.Sleep(50 * time.Millisecond)
		c, err := any().chat.Get(ctx, system, r.Conversation)
		if err != nil {
			return err
		}
		if c.State != chat.Open {
			continue
		}
		agent := access.User(who.Org(), c.Agent, access.Agent, uuid.Nil)
		time.Sleep(time.Duration(rand.ExpFloat64() * float64(time.Second)))
		h := any()
		if _, err := h.chat.SayAsAgent(ctx, agent, c.ID, uuid.New(), chat.Text, "It left us today."); err != nil {
			return err
		}
		_, err = h.chat.Close(ctx, agent, c.ID)
		return err
	}
	return fmt.Errorf("a conversation was not given to anybody in ten seconds")
}

func printLatency(ctx context.Context, h *house, id uuid.UUID, out io.Writer) error {
	rows, err := h.db.As(access.System(id, "measure routing")).Query(ctx,
		`select extract(epoch from a.at - c.created_at)::double precision from assignments a join conversations c on c.org_id = a.org_id and c.id = a.conversation_id where a.how = 'routing'`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var waits []time.Duration
	for rows.Next() {
		var s float64
		if err := rows.Scan(&s); err != nil {
			return err
		}
		waits = append(waits, time.Duration(s*float64(time.Second)).Round(100*time.Microsecond))
	}
	fmt.Fprintf(out, "\nqueued to assigned, %d conversations at %d a second, %d agents in %d groups, %d processes, Postgres:\n  p50 %v  p95 %v  p99 %v\n",
		len(waits), latencyRate, latencyAgents, latencyGroups, latencyInstances, traffic.Percentile(waits, .5), traffic.Percentile(waits, .95), traffic.Percentile(waits, .99))
	return rows.Err()
}
