package pg

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"parley/app/platform/access"
)

// Tenant is a database handle for one actor. It satisfies sqlc's DBTX; every statement is sent together with the actor's
// scope as one batch, which is one round trip and one implicit transaction.
type Tenant struct {
	db    *DB
	actor access.Actor
	tx    pgx.Tx  // set inside Tx, where the scope is set once
	begun *openTx // with tx

	pipeline  *Pipeline // set in a pipeline's handles
	loggingIn bool      // takes connections for log-ins, not of the organization's share
}

var errNoActor = errors.New("pg: a statement without an actor")

const setScope = `select set_config('app.org_id', $1, true), set_config('app.role', $2, true),
	set_config('app.actor_id', $3, true), set_config('app.narrow_id', $4, true)`

// Actor is who this handle asks for.
func (t *Tenant) Actor() access.Actor { return t.actor }

// InTransaction reports whether the handle's statements belong to one transaction that is committed later: it is one that Tx has passed.
func (t *Tenant) InTransaction() bool { return t.tx != nil }

func (t *Tenant) pool() *pgxpool.Pool {
	if t.loggingIn {
		return t.db.unscoped
	}
	return t.db.pool
}

func (t *Tenant) scopeArgs() []any {
	text := func(id uuid.UUID) string {
		if id == uuid.Nil {
			return ""
		}
		return id.String()
	}
	a := t.actor
	return []any{a.Org().String(), string(a.Role()), text(a.ID()), text(a.ScopeID())}
}

// send starts the batch of scope and statement and reads the scope's result.
func (t *Tenant) send(ctx context.Context, sql string, args []any) (pgx.BatchResults, error) {
	if !t.actor.Valid() {
		return nil, errNoActor
	}
	if t.pipeline != nil {
		return nil, errNotSent
	}
	if tx := joinedTx(ctx); tx != nil {
		var b pgx.Batch
		b.Queue(setScope, t.scopeArgs()...)
		b.Queue(sql, args...)
		results := tx.SendBatch(ctx, &b)
		if err := skipResults(results, 1); err != nil {
			results.Close()
			return nil, err
		}
		return results, nil
	}
	release, err := t.acquireSlot(ctx)
	if err != nil {
		return nil, err
	}
	var b pgx.Batch
	b.Queue(setScope, t.scopeArgs()...)
	if isLongWork(ctx) {
		b.Queue(longTimeout)
	}
	b.Queue(sql, args...)
	for try := 0; ; try++ {
		results := t.pool().SendBatch(ctx, &b)
		if err = skipResults(results, b.Len()-1); err == nil {
			return &slotResults{results, release}, nil
		}
		results.Close()
		if try == maxStaleConnections || !pgconn.SafeToRetry(err) {
			release()
			return nil, err
		}
	}
}

// Exec runs a statement that returns no rows. A nil error means committed.
func (t *Tenant) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if t.tx != nil {
		if err := t.runFirstWrite(ctx, sql); err != nil {
			return pgconn.CommandTag{}, err
		}
		return t.tx.Exec(ctx, sql, args...)
	}
	if t.claimFirstWrite(ctx, sql) != nil {
		var tag pgconn.CommandTag
		err := t.Tx(ctx, func(tx *Tenant) (err error) {
			tag, err = tx.Exec(ctx, sql, args...)
			return err
		})
		return tag, err
	}
	results, err := t.send(ctx, sql, args)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	tag, err := results.Exec()
	return tag, errors.Join(err, closeResults(err, results))
}

// Query runs a statement that returns rows.
func (t *Tenant) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if t.tx != nil {
		if err := t.runFirstWrite(ctx, sql); err != nil {
			return nil, err
		}
		return t.tx.Query(ctx, sql, args...)
	}
	if t.claimFirstWrite(ctx, sql) != nil {
		return t.firstWriteRows(ctx, sql, args)
	}
	results, err := t.send(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	rows, err := results.Query()
	if err != nil {
		results.Close()
		return nil, err
	}
	return &scopedRows{Rows: rows, results: results}, nil
}

// QueryRow runs a statement that returns at most one row. Scan's nil error means committed.
func (t *Tenant) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	if t.tx != nil {
		if err := t.runFirstWrite(ctx, sql); err != nil {
			return failedRow{err}
		}
		return t.tx.QueryRow(ctx, sql, args...)
	}
	if t.claimFirstWrite(ctx, sql) != nil {
		return firstWriteRow{t, ctx, sql, args}
	}
	results, err := t.send(ctx, sql, args)
	return scopedRow{results: results, err: err}
}

// Tx runs fn in one transaction of this actor: all of it is committed, or nothing is.
func (t *Tenant) Tx(ctx context.Context, fn func(*Tenant) error) error {
	if t.tx != nil {
		return fn(t)
	}
	if !t.actor.Valid() {
		return errNoActor
	}
	if tx := joinedTx(ctx); tx != nil {
		if _, err := tx.Exec(ctx, setScope, t.scopeArgs()...); err != nil {
			return err
		}
		return fn(&Tenant{db: t.db, actor: t.actor, tx: tx, begun: &openTx{}})
	}
	release, err := t.acquireSlot(ctx)
	if err != nil {
		return err
	}
	defer release()
	for try := 0; ; try++ {
		begun := false
		err := t.transaction(ctx, func(t *Tenant) error { begun = true; return fn(t) })
		if begun || err == nil || try == maxStaleConnections || !pgconn.SafeToRetry(err) {
			return err
		}
	}
}

// maxStaleConnections is how many connections may turn out to be gone, one after another, before a statement fails: a restarted Postgres
// leaves behind as many as were idle.
const maxStaleConnections = 3

// skipResults reads so many results of a batch that have no rows of interest.
func skipResults(results pgx.BatchResults, n int) error {
	for range n {
		if _, err := results.Exec(); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tenant) transaction(ctx context.Context, fn func(*Tenant) error) error {
	b := &openTx{}
	err := pgx.BeginFunc(ctx, t.pool(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, setScope, t.scopeArgs()...); err != nil {
			return err
		}
		if isLongWork(ctx) {
			if _, err := tx.Exec(ctx, longTimeout); err != nil {
				return err
			}
		}
		return fn(&Tenant{db: t.db, actor: t.actor, tx: tx, begun: b})
	})
	b.end(err == nil)
	return err
}

// closeResults ends the batch. Its own error (the commit failed) matters only where the statement had none.
func closeResults(err error, results pgx.BatchResults) error {
	if closeErr := results.Close(); err == nil {
		return closeErr
	}
	return nil
}

type scopedRow struct {
	results pgx.BatchResults
	err     error
}

func (r scopedRow) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	err := r.results.QueryRow().Scan(dest...)
	if closeErr := closeResults(err, r.results); closeErr != nil {
		return closeErr
	}
	return err
}

type scopedRows struct {
	pgx.Rows
	results pgx.BatchResults
	err     error
	closed  bool
}

func (r *scopedRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

func (r *scopedRows) Close() {
	if r.closed {
		return
	}
	r.closed = true
	r.Rows.Close()
	r.err = closeResults(r.Rows.Err(), r.results)
}

func (r *scopedRows) Err() error {
	if err := r.Rows.Err(); err != nil {
		return err
	}
	return r.err
}
