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
	w := &chaos.World{Stop: cluster.Stop, RestartPostgres: func() error { return cluster.Restart(ctx) }, Migrate: func(ctx context.Context) error {
		_, err := pg.Migrate(ctx, cluster.OwnerURL, cluster.AppURL)
		return err
	}}
	if w.Network, w.Address, w.DatabaseURL, err = pg.Reach(cluster.AppURL); err != nil {
		cluster.Stop()
		return nil, err
	}
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
	w.Open = func(ctx context.Context, f traffic.Field) (map[string]bool, error) { return open(ctx, db, f) }
	w.Fill = func(ctx context.Context, f traffic.Field, conversations, messages int) (string, error) {
		return fillPast(ctx, db, f, conversations, messages)
	}
	return w, nil
}

// fillPast inserts closed conversations into an organization, and one with many messages.
func fillPast(ctx context.Context, db *pg.DB, f traffic.Field, conversations, messages int) (long string, err error) {
	org, err := uuid.Parse(f.Organization)
	if err != nil {
		return "", err
	}
	t, id, visitor := db.As(access.System(org, "a past to search in")), uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
	if _, err := t.Exec(ctx, "insert into visitors (org_id, id, website_id) select $1, $2, id from websites", org, visitor); err != nil {
		return "", err
	}
	const piece = 1000
	for n := 0; n < conversations; n += piece {
		if _, err := t.Exec(pg.Long(ctx), `insert into conversations (org_id, id, website_id, customer_id, visitor_id, state, agent_name, last_seq,
				last_text, last_at, created_at, closed_at, page_title)
			select $1, gen_random_uuid(), w.id, w.customer_id, $2, 'closed', 'Mia', 0, 'x', now(), now(), '2026-01-01'::timestamptz + n * interval '1 second',
				'parcel refund invoice number' || n || ' page' || n % 100
			from websites w, generate_series($3::int + 1, $3::int + $4::int) n`, org, visitor, n, min(piece, conversations-n)); err != nil {
			return "", err
		}
	}
	if _, err := t.Exec(pg.Long(ctx), `insert into conversations (org_id, id, website_id, customer_id, visitor_id, state, agent_name, last_seq, last_text,
			last_at, created_at, closed_at)
		select $1, $4, w.id, w.customer_id, $2, 'closed', 'Mia', $3::int, 'x', now(), now(), now() from websites w`, org, visitor, messages, id); err != nil {
		return "", err
	}
	for n := 0; n < messages; n += piece {
		if _, err := t.Exec(pg.Long(ctx), `insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, body, created_at)
			select $1, $5, n, gen_random_uuid(), $2, 'text', 'visitor', $2, 'Line ' || n || ' of a very long conversation about a parcel', now()
			from generate_series($3::int + 1, $3::int + $4::int) n`, org, visitor, n, min(piece, messages-n), id); err != nil {
			return "", err
		}
	}
	return id.String(), nil
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

// open reads which conversations somebody of the organization has.
func open(ctx context.Context, db *pg.DB, f traffic.Field) (map[string]bool, error) {
	id, err := uuid.Parse(f.Organization)
	if err != nil {
		return nil, err
	}
	rows, err := db.As(access.System(id, "compare what is open with what desks show")).Query(ctx, "select id::text from conversations where state = 'open'")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := map[string]bool{}
	for rows.Next() {
		var c string
		if err := rows.Scan(&c); err != nil {
			return nil, err
		}
		list[c] = true
	}
	return list, rows.Err()
}
