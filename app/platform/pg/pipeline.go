package pg

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"parley/app/platform/access"
)

// Pipeline gathers statements of several actors, each with its scope, and sends them in one network round trip as one
// implicit transaction: all of them are committed, or none is.
//
// Queue statements through handles from As, then Send, then read the results in the order of queueing, then Close. A
// handle of a pipeline takes batch statements only (sqlc's :batchmany and its like).
type Pipeline struct {
	db      *DB
	owner   *Tenant // whose statements alone are in it: it takes a connection of the organization's share; nil: one for commits
	release func()  // gives the share back
	batch   pgx.Batch
	results pgx.BatchResults
	failed  error

	// Patient says that nobody else's statements are in it: it may wait for a row for longer.
	LongLockWait bool
}

// Pipeline returns an empty one.
func (db *DB) Pipeline() *Pipeline { return &Pipeline{db: db} }

// As returns the handle that queues an actor's statements.
func (p *Pipeline) As(actor access.Actor) *Tenant {
	return &Tenant{db: p.db, actor: actor, pipeline: p}
}

// preferIndexPlans holds for the transaction of a pipeline. Its statements touch few rows, by key: joins that read whole tables are
// never right there, and yet the planner takes them while a table is young, and keeps the plan; and one plan serves them
// all, where the planner would make one each time because it looks a little cheaper to run (a millisecond to make). A row that
// somebody else holds is not waited for long: the others in the pipeline wait with it.
const preferIndexPlans = `select set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
	set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true),
	set_config('lock_timeout', $1, true)`

// Send sends everything queued.
func (p *Pipeline) Send(ctx context.Context) {
	var b pgx.Batch
	wait := "300ms"
	if p.owner != nil || p.LongLockWait {
		wait = "2s"
	}
	b.Queue(preferIndexPlans, wait)
	b.QueuedQueries = append(b.QueuedQueries, p.batch.QueuedQueries...)
	pool := p.db.commits
	if p.owner != nil {
		pool = p.owner.pool()
		if p.release, p.failed = p.owner.acquireSlot(ctx); p.failed != nil {
			p.results = noResults{p.failed}
			return
		}
	}
	p.results = pool.SendBatch(ctx, &b)
	if _, err := p.results.Exec(); err != nil {
		p.failed = err
	}
}

// Close ends the transaction. A nil error, together with no error from any result, means committed.
func (p *Pipeline) Close() error {
	err := p.results.Close()
	if p.release != nil {
		p.release()
	}
	return err
}

// SendBatch sends statements together with the scope in one round trip, or, in a pipeline, queues them.
func (t *Tenant) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	if !t.actor.Valid() {
		return &scopedBatch{err: errNoActor}
	}
	p := t.pipeline
	if p == nil {
		p = t.db.Pipeline()
		p.owner = t
	}
	p.batch.Queue(setScope, t.scopeArgs()...)
	for _, q := range b.QueuedQueries {
		p.batch.Queue(q.SQL, q.Arguments...)
	}
	if t.pipeline == nil {
		p.Send(ctx)
	}
	return &scopedBatch{p: p, ownPipeline: t.pipeline == nil}
}

// scopedBatch is the results of one actor's statements in a pipeline.
type scopedBatch struct {
	p           *Pipeline
	ownPipeline bool // the pipeline is this batch's own
	scoped      bool // the scope's result has been read
	err         error
}

var errNotSent = errors.New("pg: results of a pipeline read before it was sent, or a statement that a pipeline cannot take")

func (b *scopedBatch) ready() error {
	if b.err == nil && (b.p == nil || b.p.results == nil) {
		b.err = errNotSent
	}
	if b.err == nil && !b.scoped {
		b.scoped = true
		if b.err = b.p.failed; b.err == nil {
			_, b.err = b.p.results.Exec()
		}
	}
	return b.err
}

func (b *scopedBatch) Exec() (pgconn.CommandTag, error) {
	if err := b.ready(); err != nil {
		return pgconn.CommandTag{}, err
	}
	return b.p.results.Exec()
}

func (b *scopedBatch) Query() (pgx.Rows, error) {
	if err := b.ready(); err != nil {
		return noRows{err: err}, err
	}
	return b.p.results.Query()
}

func (b *scopedBatch) QueryRow() pgx.Row {
	if err := b.ready(); err != nil {
		return noRows{err: err}
	}
	return b.p.results.QueryRow()
}

// Close ends a batch that was sent alone. In a pipeline it does nothing: the pipeline is closed as a whole.
func (b *scopedBatch) Close() error {
	if b.ownPipeline && b.p.results != nil {
		return b.p.Close()
	}
	return nil
}

// noResults is the results of a batch that was not sent.
type noResults struct{ err error }

func (r noResults) Exec() (pgconn.CommandTag, error) { return pgconn.CommandTag{}, r.err }
func (r noResults) Query() (pgx.Rows, error)         { return noRows{err: r.err}, r.err }
func (r noResults) QueryRow() pgx.Row                { return noRows{err: r.err} }
func (r noResults) Close() error                     { return r.err }
func (r noResults) Tx() pgx.Tx                       { return nil }

// noRows is the rows of a statement that was not sent.
type noRows struct {
	pgx.Rows
	err error
}

func (r noRows) Close()            {}
func (r noRows) Err() error        { return r.err }
func (r noRows) Next() bool        { return false }
func (r noRows) Scan(...any) error { return r.err }

// Tx is never there: a batch here is an implicit transaction.
func (b *scopedBatch) Tx() pgx.Tx { return nil }
