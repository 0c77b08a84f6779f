package serve

import (
	"log/slog"
	"os"
)

func SetUpLogging(cfg Config) {
	opts := &slog.HandlerOptions{}
	if cfg.Debug {
		opts.Level = slog.LevelDebug
	}
	if cfg.LogFormat == "json" {
		slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, opts)))
	} else {
		slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, opts)))
	}
}
