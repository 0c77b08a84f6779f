package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/platform/access"
	"parley/app/platform/fair"
	"parley/app/platform/jobs"
	"parley/app/platform/pg"
	"parley/app/tools/testkit"
)

type noteArgs struct {
	Org    uuid.UUID `json:"org"`
	Number int       `json:"number"`
}

func (noteArgs) Kind() string              { return "test_note" }
func (noteArgs) Queue() jobs.Queue         { return jobs.Mail }
func (a noteArgs) Organization() uuid.UUID { return a.Org }

type resetArgs struct {
	ID uuid.UUID `json:"id"`
}

func (resetArgs) Kind() string      { return "test_reset" }
func (resetArgs) Queue() jobs.Queue { return jobs.Account }

type textArgs struct {
	Text string `json:"text"`
}

func (textArgs) Kind() string      { return "test_text" }
func (textArgs) Queue() jobs.Queue { return jobs.Default }

// bench is a lane of its own, with jobs of an organization.
type lane struct {
	t    *testing.T
	db   *pg.DB
	org  testkit.Org
	in   *jobs.Inserter
	opts jobs.Options
}

func newLane(t *testing.T) *lane {
	t.Helper()
	name := uuid.NewString()[:8]
	in, err := jobs.NewInserter(name)
	if err != nil {
		t.Fatal(err)
	}
	return &lane{
		t,
		testkit.DB(t),
		testkit.NewOrg(t),
		in,
		jobs.Options{Lane: name, Poll: 100 * time.Millisecond, Retries: []time.Duration{10 * time.Millisecond}},
	}
}

// run runs an instance with workers until stop is called.
func (l *lane) run(workers ...jobs.Worker) (stop func()) {
	l.t.Helper()
	r, err := jobs.NewRunner(l.t.Context(), l.db, l.opts, workers...)
	if err != nil {
		l.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			l.t.Error(err)
		}
	}
	l.t.Cleanup(stop)
	return stop
}

func (l *lane) insert(numbers ...int) {
	l.t.Helper()
	err := l.db.As(access.System(l.org.ID, "test")).Tx(l.t.Context(), func(tx *pg.Tenant) error {
		for _, n := range numbers {
			if err := l.in.Insert(l.t.Context(), tx, noteArgs{l.org.ID, n}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		l.t.Fatal(err)
	}
}

func receive[V any](t *testing.T, from <-chan V) (v V) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(30 * time.Second):
		t.Fatal("not within half a minute")
	}
	return v
}

// A job is done if its transaction is committed, by the system of its organization, under row-level security; at once, without a look at
// the queue.
func TestJobsAreInsertedWithTheChange(t *testing.T) {
	t.Parallel()
	l := newLane(t)
	l.opts.Poll = time.Hour
	done := make(chan string, 10)
	l.run(jobs.ForOrganization("test", nil, func(ctx context.Context, actor access.Actor, job jobs.Job[noteArgs]) error {
		var name string
		err := l.db.As(actor).QueryRow(ctx, "select name from organizations").Scan(&name)
		done <- fmt.Sprint(name, " ", job.Args.Number, " ", actor.Role(), " ", job.Number)
		return err
	}))
	err := l.db.As(access.System(l.org.ID, "test")).Tx(t.Context(), func(tx *pg.Tenant) error {
		if err := l.in.Insert(t.Context(), tx, noteArgs{l.org.ID, 1}); err != nil {
			t.Error(err)
		}
		return errors.New("taken back")
	})
	if err == nil || err.Error() != "taken back" {
		t.Fatal(err)
	}
	l.insert(2)
	if got := receive(t, done); got != l.org.Name+" 2 system 1" {
		t.Error(got)
	}
	if err := l.in.Insert(t.Context(), l.db.As(access.System(l.org.ID, "test")), noteArgs{}); err == nil {
		t.Error("a job outside of a transaction")
	}
}

// What fails or panics is tried again, until it works or there is no point; the table keeps nothing of the reason.
func TestFailedJobsAreTriedAgain(t *testing.T) {
	t.Parallel()
	l := newLane(t)
	done := make(chan int, 100)
	var attempts atomic.Int64
	l.run(jobs.ForOrganization("test", nil, func(_ context.Context, _ access.Actor, job jobs.Job[noteArgs]) error {
		done <- job.Args.Number*10 + job.Number
		if job.Args.Number == 2 {
			return jobs.GiveUp(errors.New("no such person as anna@home.example"))
		}
		switch attempts.Add(1) {
		case 1:
			return errors.New("the server of anna@home.example is busy")
		case 2:
			panic("of anna@home.example")
		case 3:
			return jobs.Wait(time.Millisecond)
		}
		return nil
	}))
	l.insert(1)
	for i, want := range []int{11, 12, 13, 13} {
		if got := receive(t, done); got != want {
			t.Errorf("%d: attempt %d, not %d", i, got, want)
		}
	}
	l.insert(2)
	if got := receive(t, done); got != 21 {
		t.Error(got)
	}
	var rows int
	system := l.db.As(access.System(l.org.ID, "test"))
	for try := 0; rows < 2 && try < 200; try++ {
		time.Sleep(20 * time.Millisecond)
		if err := system.QueryRow(t.Context(),
			"select count(*) from jobs.river_job where queue = $1 and state in ('completed', 'cancelled')",
			"mail_"+l.opts.Lane).Scan(&rows); err != nil {
			t.Fatal(err)
		}
	}
	var kept int
	if err := system.QueryRow(t.Context(),
		"select count(*) from jobs.river_job j where queue = $1 and j::text "+
			"like '%anna%'", "mail_"+l.opts.Lane).Scan(&kept); err != nil || rows != 2 || kept != 0 {
		t.Errorf("%d are done, %d rows say why one failed (%v)", rows, kept, err)
	}
}

// Two instances do each job once, and what an instance leaves behind that stops, the other does.
func TestTwoInstances(t *testing.T) {
	t.Parallel()
	l := newLane(t)
	var times [200]atomic.Int64
	done, held := make(chan int, 1000), make(chan struct{}, 1)
	worker := jobs.ForOrganization("test", nil, func(ctx context.Context, _ access.Actor, job jobs.Job[noteArgs]) error {
		if job.Args.Number == 0 && times[0].Load() == 0 {
			times[0].Store(-1)
			held <- struct{}{}
			<-ctx.Done()
			return ctx.Err()
		}
		times[job.Args.Number].Add(1)
		done <- job.Args.Number
		return nil
	})
	stop := l.run(worker)
	l.insert(0)
	receive(t, held)
	l.run(worker)
	stop() // in the middle of the first
	if n := receive(t, done); n != 0 {
		t.Fatal(n)
	}
	l.run(worker)
	for i := 1; i < len(times); i += 20 {
		var numbers []int
		for n := i; n < min(i+20, len(times)); n++ {
			numbers = append(numbers, n)
		}
		l.insert(numbers...)
	}
	for range len(times) - 1 {
		receive(t, done)
	}
	for i := range times {
		if n := times[i].Load(); n != 1 && i > 0 {
			t.Errorf("job %d was done %d times", i, n)
		}
	}
}

// Organizations are served in turns, and those who prove who they are wait for none of them.
func TestTurns(t *testing.T) {
	t.Parallel()
	l := newLane(t)
	other := testkit.NewOrg(t)
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	done := make(chan string, 1000)
	var held, most atomic.Int64
	turns := fair.New(fair.Limits{Total: 4, PerOrganization: 2, MaxWaiting: 8, MaxWait: 10 * time.Second})
	l.run(jobs.ForOrganization("test", turns, func(ctx context.Context, _ access.Actor, job jobs.Job[noteArgs]) error {
		if job.Args.Org == other.ID {
			done <- "other"
			return nil
		}
		most.Store(max(most.Load(), held.Add(1)))
		defer held.Add(-1)
		select {
		case <-hang:
		case <-ctx.Done():
		}
		return nil
	}), jobs.ForInstallation(func(context.Context, jobs.Job[resetArgs]) error { done <- "reset"; return nil }))
	var many []int
	for i := range 300 {
		many = append(many, i)
	}
	l.insert(many...)
	err := l.db.As(access.System(other.ID, "test")).Tx(t.Context(), func(tx *pg.Tenant) error {
		return l.in.Insert(t.Context(), tx, noteArgs{other.ID, 1})
	})
	if err == nil {
		err = l.db.UnscopedTx(t.Context(), func(tx *pg.UnscopedTx) error { return l.in.Insert(t.Context(), tx, resetArgs{uuid.New()}) })
	}
	if err != nil {
		t.Fatal(err)
	}
	if a, b := receive(t, done), receive(t, done); a == b {
		t.Error(a, b)
	}
	if n := most.Load(); n > 2 {
		t.Errorf("%d of one organization at once", n)
	}
}

// A job that is due at the same time is one job, whoever inserts it.
func TestInsertOnce(t *testing.T) {
	t.Parallel()
	l := newLane(t)
	done := make(chan int, 10)
	at := time.Now().Add(time.Second)
	for range 3 {
		err := l.db.As(access.System(l.org.ID, "test")).Tx(t.Context(), func(tx *pg.Tenant) error {
			return l.in.InsertOnce(t.Context(), tx, noteArgs{l.org.ID, 7}, at)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	l.run(jobs.ForOrganization("test", nil, func(_ context.Context, _ access.Actor, job jobs.Job[noteArgs]) error {
		done <- job.Args.Number
		return nil
	}))
	receive(t, done)
	if time.Now().Before(at) {
		t.Error("too early")
	}
	l.insert(8)
	if n := receive(t, done); n != 8 {
		t.Errorf("%d was done again", n)
	}
}

// Arguments hold no text.
func TestArgumentsAreReferences(t *testing.T) {
	t.Parallel()
	_, err := jobs.NewRunner(t.Context(), testkit.DB(t), jobs.Options{},
		jobs.ForInstallation(func(context.Context, jobs.Job[textArgs]) error { return nil }))
	if err == nil {
		t.Error("a kind of job whose arguments hold a text")
	}
}

// Where no notifications are heard, the queues are looked at.
func TestPollOnly(t *testing.T) {
	t.Parallel()
	l := newLane(t)
	l.opts.PollOnly = true
	done := make(chan int, 10)
	l.run(jobs.ForOrganization("test", nil, func(_ context.Context, _ access.Actor, job jobs.Job[noteArgs]) error {
		done <- job.Args.Number
		return nil
	}))
	l.insert(1)
	receive(t, done)
}
