package bench

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

	"parley/app/domain/conversation"
	"parley/app/domain/group"
	"parley/app/domain/identity"
	"parley/app/domain/org"
	"parley/app/domain/routing"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/pg"
	"parley/app/serve"
	"parley/app/tools/simulate"
	"parley/app/tools/traffic"
)

// RouteCommand drives the rule of routing without a server: by events on standard input, or to be measured.
func RouteCommand(ctx context.Context, args []string, out io.Writer) error {
	switch {
	case slices.Equal(args, []string{"--stdio"}):
		return routing.Drive(os.Stdin, out)
	case slices.Equal(args, []string{"--compare"}):
		policies := maps.Clone(simulate.Baselines)
		policies["parley"] = func() simulate.Policy { return simulate.PipeFunc(routing.Drive) }
		return simulate.Compare(out, simulate.Operations, 3, []string{"parley", "roundrobin", "idle", "fewest"}, policies)
	case slices.Equal(args, []string{"--latency"}):
		return measureLatency(ctx, out)
	}
	return fmt.Errorf("route knows --stdio (events on standard input), --compare (a simulation against other ways of " +
		"routing) and --latency (with Postgres)")
}

const (
	latencyInstances = 3
	latencyAgents    = 30
	latencyGroups    = 6
	latencyChats     = 1500
	latencyRate      = 50 // a second
)

// measureLatency measures how long a conversation waits in the queue while an agent is free: the services of three
// processes on one private Postgres, with the bus between them.
func measureLatency(ctx context.Context, out io.Writer) error {
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
	services := make([]*serve.Services, latencyInstances)
	for i := range services {
		db, err := pg.Open(ctx, cluster.AppURL)
		if err != nil {
			return err
		}
		defer db.Close()
		h := serve.NewServices(db, bus.New(bus.Postgres(db)), false)
		services[i] = h
		parts.Go(func() error { return h.Bus.Run(running) })
		parts.Go(func() error { return h.Presence.Run(running) })
		parts.Go(func() error { return h.Routing.Run(running) })
		<-h.Bus.Connected()
	}
	defer parts.Wait()
	defer stop()
	id, err := services[0].Org.CreateOrganization(ctx, "Latency")
	if err != nil {
		return err
	}
	if err := runLatency(ctx, services, id); err != nil {
		return err
	}
	return printLatency(ctx, services[0], id, out)
}

func runLatency(ctx context.Context, services []*serve.Services, id uuid.UUID) error {
	h := services[0]
	who := access.System(id, "measure routing")
	customer, err := h.Org.AddCustomer(ctx, who, "Customer")
	if err != nil {
		return err
	}
	website, err := h.Org.AddWebsite(ctx, who, customer, org.WebsiteInput{Name: "Shop", Host: "shop.example"})
	if err != nil {
		return err
	}
	var groups []uuid.UUID
	for g := range latencyGroups {
		group, err := h.Groups.Create(ctx, who, fmt.Sprintf("Group %d", g))
		if err != nil {
			return err
		}
		groups = append(groups, group)
	}
	for a := range latencyAgents {
		user, err := h.Identity.CreateMember(ctx, id,
			identity.SignUp{Name: fmt.Sprintf("Agent %d", a), Email: fmt.Sprintf("a%d@field.example", a), Password: "a field's password"},
			access.Agent, nil)
		if err != nil {
			return err
		}
		for _, g := range []int{a % latencyGroups, (a + 1) % latencyGroups} {
			if err := h.Groups.SetMember(ctx, who, groups[g], group.Member{ID: user, IsMember: true, MaxChats: 8}); err != nil {
				return err
			}
		}
		at := services[a%latencyInstances]
		at.Bus.ScreenOpened(id)
		at.Presence.Connect(access.User(id, user, access.Agent, uuid.Nil))
	}
	time.Sleep(time.Second) // they come online
	var visits sync.WaitGroup
	tick := time.NewTicker(time.Second / latencyRate)
	defer tick.Stop()
	failed := make(chan error, 1)
	for n := range latencyChats {
		<-tick.C
		visits.Go(func() {
			if err := runLatencyChat(ctx, services, access.Visitor(id, website, uuid.Must(uuid.NewV7())), customer,
				groups[n%latencyGroups]); err != nil {
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

// runLatencyChat begins a conversation at one process; its agent answers and closes it at another.
func runLatencyChat(ctx context.Context, services []*serve.Services, who access.Actor, customer, group uuid.UUID) error {
	any := func() *serve.Services { return services[rand.IntN(len(services))] }
	r, err := any().Conversations.SendAsVisitor(ctx, who, conversation.VisitorMessage{
		ID:       uuid.New(),
		Body:     "Where is my parcel?",
		Customer: customer,
		Group:    group,
	})
	if err != nil {
		return err
	}
	system := access.System(who.Org(), "measure routing")
	for range 200 {
		time.Sleep(50 * time.Millisecond)
		c, err := any().Conversations.Get(ctx, system, r.Conversation)
		if err != nil {
			return err
		}
		if c.State != conversation.Open {
			continue
		}
		agent := access.User(who.Org(), c.Agent, access.Agent, uuid.Nil)
		time.Sleep(time.Duration(rand.ExpFloat64() * float64(time.Second)))
		h := any()
		if _, err := h.Conversations.SendAsAgent(ctx, agent, c.ID, uuid.New(), conversation.Text, "It left us today."); err != nil {
			return err
		}
		_, err = h.Conversations.Close(ctx, agent, c.ID)
		return err
	}
	return fmt.Errorf("a conversation was not given to anybody in ten seconds")
}

func printLatency(ctx context.Context, h *serve.Services, id uuid.UUID, out io.Writer) error {
	rows, err := h.DB.As(access.System(id, "measure routing")).Query(ctx,
		`select extract(epoch from a.assigned_at - c.created_at)::double precision
		from assignments a
		join conversations c on c.org_id = a.org_id and c.id = a.conversation_id
		where a.method = 'routing'`)
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
	fmt.Fprintf(out,
		"\nqueued to assigned, %d conversations at %d a second, %d agents in %d groups, %d processes, Postgres:\n  p50 "+
			"%v  p95 %v  p99 %v\n",
		len(waits), latencyRate, latencyAgents, latencyGroups, latencyInstances, traffic.Percentile(waits, .5),
		traffic.Percentile(waits, .95), traffic.Percentile(waits, .99))
	return rows.Err()
}
