package pg

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const diskFullCode = "53100"

// ErrDiskFull is the error of a Postgres whose disk is full.
var ErrDiskFull = errors.New("the disk of Postgres is full: nothing can be stored. Free space on it or make it larger; " +
	"Parley goes on by itself then")

// Ready returns nil if statements can be expected to succeed: the database answers, has every migration of this binary
// (else the error is a *SchemaBehind), and, if a statement has failed for a full disk since (else ErrDiskFull), can
// write to its disk again. It sends one statement.
func (db *DB) Ready(ctx context.Context) error {
	if !db.diskFull.Load() {
		return db.CheckSchema(ctx)
	}
	// Reading works on a full disk, and so does writing where files that exist have free pages: a result too large for little memory
	// goes to a new file, which is removed with the statement.
	var b pgx.Batch
	b.Queue("select set_config('work_mem', '64kB', true)")
	b.Queue("select " + schemaStateColumns + `,
		(select count(*) from generate_series(1, 200000)) -- some 5 MB
		from goose_db_version`)
	results := db.unscoped.SendBatch(ctx, &b)
	_, err := results.Exec()
	var state schemaState
	if err == nil {
		err = results.QueryRow().Scan(&state.applied, &state.preRelease, new(int64))
	}
	if closeErr := results.Close(); err == nil {
		err = closeErr
	}
	if hasCode(err, diskFullCode) {
		return ErrDiskFull
	}
	if err == nil && db.diskFull.CompareAndSwap(true, false) {
		slog.Info("the disk of Postgres has room again")
	}
	return checkSchema(migrations(), state, err)
}

// noteError learns from the error of a statement what concerns more than this statement.
func (db *DB) noteError(err error) {
	if err == nil {
		return
	}
	db.noteDiskFull(err)
	if hasCode(err, "57P01") || hasCode(err, "57P02") || pgconn.SafeToRetry(err) { // the other connections are likely gone, too
		db.dropIdle()
	}
}

// dropIdle closes connections that nobody uses, once a second at most.
func (db *DB) dropIdle() {
	now, last := time.Now().UnixMilli(), db.dropped.Load()
	if now-last < 1000 || !db.dropped.CompareAndSwap(last, now) {
		return
	}
	for _, pool := range []*pgxpool.Pool{db.pool, db.commits, db.unscoped} {
		go pool.Reset()
	}
}

// noteDiskFull remembers that a statement failed because the disk is full.
func (db *DB) noteDiskFull(err error) {
	if err != nil && hasCode(err, diskFullCode) && db.diskFull.CompareAndSwap(false, true) {
		slog.Error("the disk of Postgres is full", "error", err)
	}
}

// statementTracer counts what the connections send, and notes what their errors say.
type statementTracer struct {
	db     *DB
	counts *counter
}

func (w statementTracer) TraceQueryStart(ctx context.Context, c *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	return w.counts.TraceQueryStart(ctx, c, d)
}

func (w statementTracer) TraceQueryEnd(_ context.Context, _ *pgx.Conn, d pgx.TraceQueryEndData) {
	w.db.noteError(d.Err)
}

func (w statementTracer) TraceBatchStart(ctx context.Context, c *pgx.Conn, d pgx.TraceBatchStartData) context.Context {
	return w.counts.TraceBatchStart(ctx, c, d)
}

func (w statementTracer) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	w.db.noteError(d.Err)
}

func (w statementTracer) TraceBatchEnd(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchEndData) {
	w.db.noteError(d.Err)
}
