package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"

	"parley/app/domain/conversation"
	"parley/app/domain/identity"
	"parley/app/front/live"
	"parley/app/serve"
	"parley/app/tools/fixture"
)

// StartInProcess brings up a server with demo data in this process, so that its statements can be counted.
func StartInProcess(ctx context.Context, dir string) (Target, func(), error) {
	s, err := serve.Start(ctx, serve.Config{
		DataDir:      dir,
		Demo:         true,
		Limits:       live.DefaultLimits(),
		Identity:     identity.DefaultLimits(),
		CommitWindow: conversation.DefaultCommitWindow,
	})
	if err != nil {
		return Target{}, nil, err
	}
	return Target{URL: s.URL, Counts: s.DB.Counts}, s.Stop, nil
}

// ServeCommand is "parley bench-serve": a server for "parley bench" in a process of its own, with organizations to play in,
// no limits, and the commit mode that the first argument names. It says where it is as one line of JSON.
func ServeCommand(ctx context.Context, cfg serve.Config, args []string, out io.Writer) error {
	modes := map[string]conversation.CommitMode{
		"together": conversation.CommitGrouped,
		"each":     conversation.CommitEach,
		"nothing":  conversation.CommitNone,
	}
	if len(args) != 1 {
		return errors.New("bench-serve is for parley bench")
	}
	var known bool
	if cfg.CommitMode, known = modes[args[0]]; !known {
		return fmt.Errorf("messages cannot be kept %q", args[0])
	}
	cfg.Limits, cfg.AdminAddr = live.Limits{}, "127.0.0.1:0"
	s, err := serve.Start(ctx, cfg)
	if err != nil {
		return err
	}
	defer s.Stop()
	fields, err := fixture.NewOrganizations(ctx, s.Services, 20)
	if err != nil {
		return err
	}
	debug.FreeOSMemory() // what hashing passwords took
	place := Server{URL: "http://" + s.Address, Admin: s.AdminAddress, Postgres: s.Cluster.Process(), Organizations: fields}
	if err := json.NewEncoder(out).Encode(place); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.Failed:
		slog.Error("stopped", "error", err)
		return err
	}
}
