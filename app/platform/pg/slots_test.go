package pg_test

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/tools/testkit"
)

// openDB is connections of one's own to the tests' database.
func openDB(t *testing.T) *pg.DB {
	t.Helper()
	url, _ := testkit.DatabaseURLs(t)
	db, err := pg.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func shortContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// One organization's transactions hold whatever they can get. Others, log-ins and commits of messages do not notice.
func TestConnectionsAreFairBetweenOrganizations(t *testing.T) {
	t.Parallel()
	db, ctx := openDB(t), shortContext(t)
	greedy, other := access.System(uuid.New(), "test"), access.System(uuid.New(), "test")
	var holding, refused atomic.Int32
	finish := make(chan struct{})
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			err := db.As(greedy).Tx(ctx, func(tx *pg.Tenant) error {
				holding.Add(1)
				<-finish
				return nil
			})
			if e := fail.As(err); e != nil && e.Kind == fail.Busy && e.RetryAfter > 0 {
				refused.Add(1)
			}
		})
	}
	waitUntil(t, func() bool { return holding.Load() >= 2 })
	for range 20 {
		if _, err := db.As(other).Exec(ctx, "select 1"); err != nil {
			t.Fatalf("another organization: %v", err)
		}
	}
	if _, err := db.Unscoped().ListLogIns(ctx, "nobody@shop.example"); err != nil {
		t.Errorf("log-in: %v", err)
	}
	p := db.Pipeline()
	var b pgx.Batch
	b.Queue("select 1")
	results := p.As(greedy).SendBatch(ctx, &b)
	p.Send(ctx)
	if _, err := results.Exec(); err != nil || p.Close() != nil {
		t.Errorf("a commit: %v", err)
	}
	waitUntil(t, func() bool { return refused.Load() > 0 }) // nobody waits for ever
	close(finish)
	wg.Wait()
	if _, err := db.As(greedy).Exec(ctx, "select 1"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	if n := holding.Load(); n > 6 {
		t.Errorf("%d transactions of one organization at once", n)
	}
}

// Whatever ends a statement, its share is given back.
func TestSlotsAreReleased(t *testing.T) {
	t.Parallel()
	db, ctx := openDB(t), shortContext(t)
	who := db.As(access.System(uuid.New(), "test"))
	var one int
	gone, cancel := context.WithCancel(ctx)
	cancel()
	for range 100 { // more than there are shares
		who.Exec(ctx, "select 1/0")
		who.Exec(gone, "select 1")
		who.QueryRow(ctx, "select 1 where false").Scan(&one)
		who.QueryRow(ctx, "nonsense").Scan(&one)
		who.QueryRow(pg.WithLongWork(ctx), "select 1").Scan(&one)
		if rows, err := who.Query(ctx, "select generate_series(1, 3)"); err == nil {
			rows.Next()
			rows.Close()
		}
		if rows, err := who.Query(ctx, "select generate_series(1, 3)"); err == nil {
			for rows.Next() {
			}
		}
		who.Query(ctx, "nonsense")
		who.Tx(ctx, func(*pg.Tenant) error { return errors.New("no") })
		var b pgx.Batch
		b.Queue("select 1")
		who.SendBatch(ctx, &b).Close()
		who.SendBatch(gone, &b).Close()
	}
	if err := who.QueryRow(ctx, "select 1").Scan(&one); err != nil {
		t.Error(err)
	}
}

// Of long work an organization does one thing at a time, and another organization does not wait for it.
func TestLongWorkIsSerializedPerOrganization(t *testing.T) {
	t.Parallel()
	db, ctx := openDB(t), shortContext(t)
	one, other := access.System(uuid.New(), "test"), access.System(uuid.New(), "test")
	var now, most atomic.Int32
	started := make(chan struct{}, 10)
	finish := make(chan struct{})
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			err := db.As(one).Tx(pg.WithLongWork(ctx), func(*pg.Tenant) error {
				most.Store(max(most.Load(), now.Add(1)))
				started <- struct{}{}
				<-finish
				now.Add(-1)
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	<-started
	if _, err := db.As(other).Exec(pg.WithLongWork(ctx), "select 1"); err != nil {
		t.Error(err)
	}
	if _, err := db.As(one).Exec(ctx, "select 1"); err != nil { // what is not long goes on
		t.Error(err)
	}
	close(finish)
	wg.Wait()
	if most.Load() != 1 {
		t.Errorf("%d at once", most.Load())
	}
}

// A process stops inside a transaction and never says another word, as a stalled or vanished one does: its locks are free before
// long, so the others go on.
func TestAbandonedTransactionFreesItsLocks(t *testing.T) {
	t.Parallel()
	stalled, healthy, ctx := openDB(t), openDB(t), shortContext(t)
	org := access.System(uuid.New(), "test")
	lock := "select pg_advisory_xact_lock(hashtextextended('routing' || $1, 0))"
	holds, end := make(chan struct{}), make(chan struct{})
	failed := make(chan error)
	go func() {
		failed <- stalled.As(org).Tx(context.Background(), func(tx *pg.Tenant) error {
			if _, err := tx.Exec(ctx, lock, org.Org().String()); err != nil {
				return err
			}
			close(holds)
			<-end
			return nil
		})
	}()
	<-holds
	for {
		_, err := healthy.As(org).Exec(ctx, lock, org.Org().String())
		if err == nil {
			break
		}
		if !pg.IsUnavailable(err) { // what is tried again
			t.Fatal(err)
		}
	}
	close(end)
	if err := <-failed; !pg.IsUnavailable(err) {
		t.Errorf("the stalled one hears %v", err)
	}
	if _, err := stalled.As(org).Exec(ctx, "select 1"); err != nil {
		t.Errorf("and goes on: %v", err)
	}
}

func waitUntil(t *testing.T, true func() bool) {
	t.Helper()
	for range 3000 {
		if true() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("waited in vain")
}

// A first change that is read row by row takes a connection of its organization's share, and gives it back however it ends.
func TestFirstWriteRowsUseSlots(t *testing.T) {
	t.Parallel()
	db, ctx := openDB(t), shortContext(t)
	who := access.System(uuid.New(), "test")
	const sql = "select pg_advisory_xact_lock(1), n from generate_series(1, 3) n"
	refuse := errors.New("refused")
	for range 40 { // more than there are connections
		for _, end := range []func(pgx.Rows){
			func(rows pgx.Rows) {
				for rows.Next() {
				}
			},
			func(rows pgx.Rows) { rows.Close() },
		} {
			rows, err := db.As(who).Query(
				pg.NewFirstWrite(who.Org(), func(context.Context) error { return nil }).With(ctx),
				strings.Replace(sql, "(1)", "("+strconv.Itoa(os.Getpid())+")", 1))
			if err != nil {
				t.Fatal(err)
			}
			if held, _ := db.Held(); held != 1 {
				t.Errorf("%d held", held)
			}
			end(rows)
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := db.As(who).Query(
			pg.NewFirstWrite(who.Org(), func(context.Context) error { return refuse }).With(ctx), sql); !errors.Is(err, refuse) {
			t.Fatal(err)
		}
	}
	if held, waiting := db.Held(); held != 0 || waiting != 0 {
		t.Errorf("%d held, %d wait", held, waiting)
	}
}
