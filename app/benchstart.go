package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"

	"golang.org/x/sync/errgroup"

	"parley/app/access"
	"parley/app/bench"
	"parley/app/chat"
	"parley/app/identity"
	"parley/app/live"
	"parley/app/org"
	"parley/app/queue"
	"parley/app/traffic"
)

// startBench brings up a server with demo data in this process, so that its statements can be counted.
func startBench(ctx context.Context, dir string) (bench.Target, func(), error) {
	s, err := start(ctx, config{DataDir: dir, Demo: true, Limits: live.DefaultLimits(), Identity: identity.DefaultLimits(), CommitWindow: chat.DefaultWindow})
	if err != nil {
		return bench.Target{}, nil, err
	}
	return bench.Target{URL: s.url, Counts: s.db.Counts}, s.Stop, nil
}

// benchServe is "parley bench-serve": a server for "parley bench" in a process of its own, with organizations to play in,
// no limits, and messages kept as the first argument says. It says where it is as one line of JSON.
func benchServe(ctx context.Context, cfg config, args []string, out io.Writer) error {
	keeping := map[string]chat.Keeping{"together": chat.KeepTogether, "each": chat.KeepEach, "nothing": chat.KeepNothing}
	if len(args) != 1 {
		return errors.New("bench-serve is for parley bench")
	}
	var known bool
	if cfg.Keeping, known = keeping[args[0]]; !known {
		return fmt.Errorf("messages cannot be kept %q", args[0])
	}
	cfg.Limits, cfg.AdminAddr = live.Limits{}, "127.0.0.1:0"
	s, err := start(ctx, cfg)
	if err != nil {
		return err
	}
	defer s.Stop()
	fields, err := makeFields(ctx, s.house, 20)
	if err != nil {
		return err
	}
	debug.FreeOSMemory() // what hashing passwords took
	place := bench.Server{URL: "http://" + s.listening, Admin: s.adminAt, Postgres: s.cluster.Process(), Fields: fields}
	if err := json.NewEncoder(out).Encode(place); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.failed:
		slog.Error("stopped", "error", err)
		return err
	}
}

// makeFields adds organizations to play in.
func makeFields(ctx context.Context, h *house, n int) ([]traffic.Field, error) {
	fields := make([]traffic.Field, n)
	var g errgroup.Group
	g.SetLimit(4)
	for i := range fields {
		g.Go(func() (err error) {
			fields[i], err = makeField(ctx, h, i)
			return err
		})
	}
	return fields, g.Wait()
}

func makeField(ctx context.Context, h *house, i int) (f traffic.Field, err error) {
	f = traffic.Field{Host: fmt.Sprintf("shop%d.example", i), Email: fmt.Sprintf("agent%d@field.example", i), Manager: fmt.Sprintf("manager%d@field.example", i), Password: "a field's password"}
	id, err := h.org.Found(ctx, fmt.Sprintf("Field %d", i))
	if err != nil {
		return f, err
	}
	f.Organization = id.String()
	who := access.System(id, "a field to play in")
	customer, err := h.org.AddCustomer(ctx, who, "Customer")
	if err != nil {
		return f, err
	}
	website, err := h.org.AddWebsite(ctx, who, customer, org.NewWebsite{Name: "Shop", Host: f.Host})
	if err != nil {
		return f, err
	}
	w, err := h.org.Website(ctx, who, website)
	if err != nil {
		return f, err
	}
	f.Key = w.Key
	agent, err := h.identity.Create(ctx, id, identity.SignUp{Name: fmt.Sprintf("Agent %d", i), Email: f.Email, Password: f.Password}, access.Agent, nil)
	if err != nil {
		return f, err
	}
	if _, err := h.identity.Create(ctx, id, identity.SignUp{Name: fmt.Sprintf("Manager %d", i), Email: f.Manager, Password: f.Password}, access.Manager, nil); err != nil {
		return f, err
	}
	if err := furnish(ctx, h, who, customer); err != nil {
		return f, err
	}
	// One agent plays with everybody, and takes by hand.
	groups, err := h.queue.Groups(ctx, who)
	if err != nil {
		return f, err
	}
	settings := groups[0].Settings
	settings.Automatic = false
	if err := h.queue.UpdateGroup(ctx, who, groups[0].ID, settings); err != nil {
		return f, err
	}
	return f, h.queue.SetMember(ctx, who, groups[0].ID, queue.Member{ID: agent, In: true, Cap: queue.CapMost})
}
