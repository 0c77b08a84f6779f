package main

import (
	"context"
	"fmt"
	"net/url"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

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
	app, err := pgx.ParseConfig(cluster.AppURL)
	if err != nil {
		cluster.Stop()
		return nil, err
	}
	w.Network, w.Address = pgconn.NetworkAddress(app.Host, app.Port)
	w.DatabaseURL = func(port int) string {
		u := url.URL{Scheme: "postgres", User: url.UserPassword(app.User, app.Password), Host: fmt.Sprintf("127.0.0.1:%d", port), Path: app.Database, RawQuery: "sslmode=disable"}
		return u.String()
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
	id := uuid.Must(uuid.NewV7())
	err = db.As(access.System(org, "a past to search in")).Tx(ctx, func(tx *pg.Tenant) error {
		visitor := uuid.Must(uuid.NewV7())
		for _, x := range []struct {
			sql  string
			args []any
		}{
			{"insert into visitors (org_id, id, website_id) select $1, $2, id from websites", []any{org, visitor}},
			{`insert into conversations (org_id, id, website_id, customer_id, visitor_id, state, agent_name, last_seq, last_text, last_at, created_at, closed_at, page_title)
				select $1, gen_random_uuid(), w.id, w.customer_id, $2, 'closed', 'Mia', 0, 'x', now(), now(), '2026-01-01'::timestamptz + n * interval '1 second',
					'parcel refund invoice number' || n || ' page' || n % 100
				from websites w, generate_series(1, $3::int) n`, []any{org, visitor, conversations}},
			{`insert into conversations (org_id, id, website_id, customer_id, visitor_id, state, agent_name, last_seq, last_text, last_at, created_at, closed_at)
				select $1, $4, w.id, w.customer_id, $2, 'closed', 'Mia', $3::int, 'x', now(), now(), now() from websites w`, []any{org, visitor, messages, id}},
			{`insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, body, created_at)
				select $1, $4, n, gen_random_uuid(), $2, 'text', 'visitor', $2, 'Line ' || n || ' of a very long conversation about a parcel', now()
				from generate_series(1, $3::int) n`, []any{org, visitor, messages, id}},
		} {
			if _, err := tx.Exec(ctx, x.sql, x.args...); err != nil {
				return fmt.Errorf("%.60s: %w", x.sql, err)
			}
		}
		return nil
	})
	return id.String(), err
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
