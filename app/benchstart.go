package main

import (
	"context"

	"parley/app/bench"
)

// startBench brings up the server that "parley bench" measures.
func startBench(ctx context.Context, dir string) (bench.Target, func(), error) {
	s, err := start(ctx, config{DataDir: dir, Demo: true})
	if err != nil {
		return bench.Target{}, nil, err
	}
	return bench.Target{URL: s.url, Counts: s.db.Counts}, s.Stop, nil
}
