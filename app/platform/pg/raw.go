package pg

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"parley/app/platform/pg/internal/doorsdb"
)

// RawTx is a transaction in which app/platform/jobs inserts a job. *Tenant is one inside of Tx, and *UnscopedTx always.
type RawTx interface {
	Raw(ctx context.Context) (pgx.Tx, error)
}

var errNoTx = errors.New("pg: a job is inserted outside of a transaction")

// Raw returns the transaction itself, for a library that brings its own statements. It is an error outside of Tx.
func (t *Tenant) Raw(ctx context.Context) (pgx.Tx, error) {
	if t.tx == nil {
		return nil, errNoTx
	}
	return t.tx, t.runFirstWrite(ctx, "insert")
}

// UnscopedTx is one transaction of what may be asked before a tenant is known.
type UnscopedTx struct {
	Unscoped
	tx pgx.Tx
}

// Raw returns the transaction itself, for a library that brings its own statements.
func (t *UnscopedTx) Raw(context.Context) (pgx.Tx, error) { return t.tx, nil }

// UnscopedTx runs fn in one transaction: all of it is committed, or nothing is.
func (db *DB) UnscopedTx(ctx context.Context, fn func(*UnscopedTx) error) error {
	return pgx.BeginFunc(ctx, db.unscoped, func(tx pgx.Tx) error {
		return fn(&UnscopedTx{Unscoped{doorsdb.New(tx)}, tx})
	})
}

// jobConnections is how many connections the statements of JobPools have.
const jobConnections = 1

// JobPools are the connections of app/platform/jobs: one pool for its statements, and one that leads to Postgres itself, of which one
// connection hears notifications. The caller closes both.
func (db *DB) JobPools(ctx context.Context) (statements, notifications *pgxpool.Pool, err error) {
	cfg := db.base.Copy()
	cfg.MinConns, cfg.MaxConns = 0, jobConnections
	cfg.ConnConfig.Tracer = statementTracer{db, &db.jobCounts}
	if statements, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return nil, nil, err
	}
	direct := cfg.Copy()
	direct.ConnConfig, direct.AfterConnect = db.direct.Copy(), nil
	if notifications, err = pgxpool.NewWithConfig(ctx, direct); err != nil {
		statements.Close()
		return nil, nil, err
	}
	return statements, notifications, nil
}

// JobCounts is Counts for what JobPools has sent.
func (db *DB) JobCounts() (statements, roundTrips int64) {
	return db.jobCounts.statements.Load(), db.jobCounts.roundTrips.Load()
}
