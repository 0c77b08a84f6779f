package serve

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
)

func Run(ctx context.Context, cfg Config, out io.Writer) error {
	for _, w := range findMisspellings(os.Environ()) {
		slog.Warn("setting not used", "name", w.name, "problem", w.problem)
	}
	s, err := Start(ctx, cfg)
	if err != nil {
		return err
	}
	if s.Demo != nil {
		fmt.Fprint(out, s.Demo.Banner(s.URL))
	} else {
		fmt.Fprintf(out, "Parley is running at %s\n", s.URL)
	}
	fmt.Fprint(out, s.summary)
	select {
	case <-ctx.Done():
		slog.Info("stopping")
	case err = <-s.Failed:
	}
	s.Stop()
	return err
}
