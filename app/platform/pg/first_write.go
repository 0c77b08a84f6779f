package pg

import (
	"context"
	"regexp"
	"strings"
	"sync"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// FirstWrite is what has to be done in the transaction in which a request changes something first: before the change, and committed with
// it or not at all. It is done again in the next transaction if that one fails.
type FirstWrite struct {
	org uuid.UUID
	do  func(ctx context.Context) error

	mu    sync.Mutex
	state firstWriteState
}

type firstWriteState int

const (
	firstWritePending firstWriteState = iota // for a statement that changes something
	firstWriteRunning                        // its transaction is open
	firstWriteDone                           // its transaction is committed
)

type (
	firstWriteKey struct{}
	joinedTxKey   struct{}
)

// NewFirstWrite returns one for an organization. Statements that are sent with the context that do gets belong to the transaction, whoever
// sends them. An error of do ends the transaction.
func NewFirstWrite(org uuid.UUID, do func(ctx context.Context) error) *FirstWrite {
	return &FirstWrite{org: org, do: do}
}

// With marks the requests whose first change it is for.
func (f *FirstWrite) With(ctx context.Context) context.Context {
	return context.WithValue(ctx, firstWriteKey{}, f)
}

// WithoutFirstWrite returns the context for what a request does beside its change, such as receiving a file.
func WithoutFirstWrite(ctx context.Context) context.Context {
	return context.WithValue(ctx, firstWriteKey{}, (*FirstWrite)(nil))
}

// Done reports whether it was committed.
func (f *FirstWrite) Done() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state == firstWriteDone
}

// claimFirstWrite returns what is to be done before a statement; nil: nothing.
func (t *Tenant) claimFirstWrite(ctx context.Context, sql string) *FirstWrite {
	f, _ := ctx.Value(firstWriteKey{}).(*FirstWrite)
	if f == nil || f.org != t.actor.Org() || t.pipeline != nil || !changes(sql) {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.state != firstWritePending {
		return nil
	}
	if t.tx != nil { // else a transaction is begun for it, which claims it again
		f.state = firstWriteRunning
	}
	return f
}

// ended notes what has become of the transaction.
func (f *FirstWrite) ended(committed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.state = firstWritePending
	if committed {
		f.state = firstWriteDone
	}
}

var (
	changingStatement = regexp.MustCompile(`(?i)\b(insert|update|delete|for share|pg_advisory\w*)\b`)
	changesCache      sync.Map // by statement
)

// changes reports whether a statement changes or locks something.
func changes(sql string) bool {
	if is, known := changesCache.Load(sql); known {
		return is.(bool)
	}
	var b strings.Builder
	for line := range strings.Lines(sql) {
		code, _, _ := strings.Cut(line, "--")
		b.WriteString(code + "\n")
	}
	is := changingStatement.MatchString(b.String())
	changesCache.Store(sql, is)
	return is
}

// runFirstWrite does what has to be done before a statement inside of a transaction.
func (t *Tenant) runFirstWrite(ctx context.Context, sql string) error {
	f := t.claimFirstWrite(ctx, sql)
	if f == nil {
		return nil
	}
	t.begun.first = f
	if err := f.do(context.WithValue(WithoutFirstWrite(ctx), joinedTxKey{}, t.tx)); err != nil {
		return err
	}
	_, err := t.tx.Exec(ctx, setScope, t.scopeArgs()...) // others may have sent statements meanwhile
	return err
}

// joinedTx returns the transaction to which a context's statements belong; nil: each is its own.
func joinedTx(ctx context.Context) pgx.Tx {
	tx, _ := ctx.Value(joinedTxKey{}).(pgx.Tx)
	return tx
}

// failedRow is a row of a statement that was not sent.
type failedRow struct{ err error }

func (r failedRow) Scan(...any) error { return r.err }

// firstWriteRow reads its row in a transaction of its own.
type firstWriteRow struct {
	t    *Tenant
	ctx  context.Context
	sql  string
	args []any
}

func (r firstWriteRow) Scan(dest ...any) error {
	return r.t.Tx(r.ctx, func(tx *Tenant) error { return tx.QueryRow(r.ctx, r.sql, r.args...).Scan(dest...) })
}

// firstWriteRows sends a statement in a transaction of its own, which is committed when its rows are read.
func (t *Tenant) firstWriteRows(ctx context.Context, sql string, args []any) (pgx.Rows, error) {
	release, err := t.acquireSlot(ctx)
	if err != nil {
		return nil, err
	}
	tx, err := t.pool().Begin(ctx)
	if err != nil {
		release()
		return nil, err
	}
	inner := &Tenant{db: t.db, actor: t.actor, tx: tx, begun: &openTx{}}
	fail := func(err error) (pgx.Rows, error) {
		tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // it has failed
		inner.begun.end(false)
		release()
		return nil, err
	}
	if _, err := tx.Exec(ctx, setScope, t.scopeArgs()...); err != nil {
		return fail(err)
	}
	rows, err := inner.Query(ctx, sql, args...)
	if err != nil {
		return fail(err)
	}
	return &firstWriteResult{Rows: rows, ctx: ctx, tx: tx, begun: inner.begun, release: release}, nil
}

// firstWriteResult commits when its rows are read.
type firstWriteResult struct {
	pgx.Rows
	ctx    context.Context
	tx     pgx.Tx
	begun  *openTx
	err    error
	closed bool

	release func()
}

func (r *firstWriteResult) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

func (r *firstWriteResult) Close() {
	if r.closed {
		return
	}
	r.closed = true
	r.Rows.Close()
	if r.err = r.Rows.Err(); r.err == nil {
		r.err = r.tx.Commit(r.ctx)
	} else {
		r.tx.Rollback(context.WithoutCancel(r.ctx)) //nolint:errcheck // it has failed
	}
	r.begun.end(r.err == nil)
	r.release()
}

func (r *firstWriteResult) Err() error {
	if err := r.Rows.Err(); err != nil {
		return err
	}
	return r.err
}

// openTx is what was begun in a transaction.
type openTx struct{ first *FirstWrite }

func (b *openTx) end(committed bool) {
	if b.first != nil {
		b.first.ended(committed)
	}
}
