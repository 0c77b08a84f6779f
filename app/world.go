package main

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/bus"
	"parley/app/chaos"
	"parley/app/pg"
	"parley/app/traffic"
)

// makeWorld is what "parley chaos" plays on: a private Postgres with organizations in it.
func makeWorld(ctx context.Context, dir string, fields int) (*chaos.World, error) {
	cluster, err := pg.StartCluster(ctx, dir+"/data", pg.ClusterOptions{})
	if err != nil {
		return nil, err
	}
	w := &chaos.World{DatabaseURL: cluster.AppURL, Stop: cluster.Stop, RestartPostgres: func() error { return cluster.Restart(ctx) }}
	fail := func(err error) (*chaos.World, error) {
		cluster.Stop()
		return nil, err
	}
	if _, err := pg.Migrate(ctx, cluster.OwnerURL, cluster.AppURL); err != nil {
		return fail(err)
	}
	db, err := pg.Open(ctx, cluster.AppURL)
	if err != nil {
		return fail(err)
	}
	w.Stop = func() { db.Close(); cluster.Stop() }
	h := &house{}
	h.furnish(db, bus.New(nil), false)
	if w.Fields, err = makeFields(ctx, h, fields); err != nil {
		db.Close()
		return fail(err)
	}
	w.Kept = func(ctx context.Context, f traffic.Field) (map[string][]chaos.Message, error) {
		return kept(ctx, db, f)
	}
	return w, nil
}

// kept reads everything said in an organization.
func kept(ctx context.Context, db *pg.DB, f traffic.Field) (map[string][]chaos.Message, error) {
	id, err := uuid.Parse(f.Organization)
	if err != nil {
		return nil, err
	}
	rows, err := db.As(access.System(id, "compare what is kept with what was said")).Query(ctx,
		"select conversation_id::text, seq, id::text, author, kind, body from messages order by conversation_id, seq")
	if err != nil {
		return nil, fmt.Errorf("read what is kept: %w", err)
	}
	defer rows.Close()
	talks := map[string][]chaos.Message{}
	for rows.Next() {
		var c string
		var m chaos.Message
		if err := rows.Scan(&c, &m.Seq, &m.ID, &m.Author, &m.Kind, &m.Text); err != nil {
			return nil, err
		}
		talks[c] = append(talks[c], m)
	}
	return talks, rows.Err()
}
