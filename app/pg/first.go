package pg

import (
	"context"
	"regexp"
	"strings"
	"sync"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// First is what has to be done in the transaction in which a request changes something first: before the change, and committed with
// it or not at all. It is done again in the next transaction if that one fails.
type First struct {
	org uuid.UUID
	do  func(ctx context.Context) error

	mu    sync.Mutex
	state firstState
}

type firstState int

const (
	firstWaits firstState = iota // for a statement that changes something
	firstRuns                    // its transaction is open
	firstDone                    // its transaction is committed
)

type (
	firstKey struct{}
	joinKey  struct{}
)

// NewFirst returns one for an organization. Statements that are sent with the context that do gets belong to the transaction, whoever
// sends them. An error of do ends the transaction.
func NewFirst(org uuid.UUID, do func(ctx context.Context) error) *First {
	return &First{org: org, do: do}
}

// With marks the requests whose first change it is for.
func (f *First) With(ctx context.Context) context.Context {
	return context.WithValue(ctx, firstKey{}, f)
}

// Without returns the context for what a request does beside its change, such as receiving a file.
func Without(ctx context.Context) context.Context {
	return context.WithValue(ctx, firstKey{}, (*First)(nil))
}

// Done reports whether it was committed.
func (f *First) Done() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state == firstDone
}

// claim returns what is to be done before a statement; nil: nothing.
func (t *Tenant) claim(ctx context.Context, sql string) *First {
	f, _ := ctx.Value(firstKey{}).(*First)
	if f == nil || f.org != t.actor.Org() || t.pipeline != nil || !changes(sql) {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.state != firstWaits {
		return nil
	}
	if t.tx != nil { // else a transaction is begun for it, which claims it again
		f.state = firstRuns
	}
	return f
}

// ended notes what has become of the transaction.
func (f *First) ended(committed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.state = firstWaits
	if committed {
		f.state = firstDone
	}
}

var (
	changing = regexp.MustCompile(`(?i)\b(insert|update|delete|for share|pg_advisory\w*)\b`)
	isChange sync.Map // by statement
)

// changes reports whether a statement changes or locks something.
func changes(sql string) bool {
	if is, known := isChange.Load(sql); known {
		return is.(bool)
	}
	var b strings.Builder
	for line := range strings.Lines(sql) {
		code, _, _ := strings.Cut(line, "--")
		b.WriteString(code + "\n")
	}
	is := changing.MatchString(b.String())
	isChange.Store(sql, is)
	return is
}

// first does what has to be done before a statement inside of a transaction.
func (t *Tenant) first(ctx context.Context, sql string) error {
	f := t.claim(ctx, sql)
	if f == nil {
		return nil
	}
	t.begun.first = f
	if err := f.do(context.WithValue(Without(ctx), joinKey{}, t.tx)); err != nil {
		return err
	}
	_, err := t.tx.Exec(ctx, scope, t.scopeArgs()...) // others may have sent statements meanwhile
	return err
}

// joined returns the transaction to which a context's statements belong; nil: each is its own.
func joined(ctx context.Context) pgx.Tx {
	tx, _ := ctx.Value(joinKey{}).(pgx.Tx)
	return tx
}

// failedRow is a row of a statement that was not sent.
type failedRow struct{ err error }

func (r failedRow) Scan(...any) error { return r.err }

// firstRow reads its row in a transaction of its own.
type firstRow struct {
	t    *Tenant
	ctx  context.Context
	sql  string
	args []any
}

func (r firstRow) Scan(dest ...any) error {
	return r.t.Tx(r.ctx, func(tx *Tenant) error { return tx.QueryRow(r.ctx, r.sql, r.args...).Scan(dest...) })
}

// firstRows sends a statement in a transaction of its own, which is committed when its rows are read.
func (t *Tenant) firstRows(ctx context.Context, sql string, args []any) (pgx.Rows, error) {
	release, err := t.acquire(ctx)
	if err != nil {
		return nil, err
	}
	tx, err := t.pool().Begin(ctx)
	if err != nil {
		release()
		return nil, err
	}
	inner := &Tenant{db: t.db, actor: t.actor, tx: tx, begun: &begun{}}
	fail := func(err error) (pgx.Rows, error) {
		tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // it has failed
		inner.begun.end(false)
		release()
		return nil, err
	}
	if _, err := tx.Exec(ctx, scope, t.scopeArgs()...); err != nil {
		return fail(err)
	}
	rows, err := inner.Query(ctx, sql, args...)
	if err != nil {
		return fail(err)
	}
	return &firstResult{Rows: rows, ctx: ctx, tx: tx, begun: inner.begun, release: release}, nil
}

// firstResult commits when its rows are read.
type firstResult struct {
	pgx.Rows
	ctx    context.Context
	tx     pgx.Tx
	begun  *begun
	err    error
	closed bool

	release func()
}

func (r *firstResult) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

func (r *firstResult) Close() {
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

func (r *firstResult) Err() error {
	if err := r.Rows.Err(); err != nil {
		return err
	}
	return r.err
}

// begun is what was begun in a transaction.
type begun struct{ first *First }

func (b *begun) end(committed bool) {
	if b.first != nil {
		b.first.ended(committed)
	}
}
