package bus_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/platform/bus"
	"parley/app/tools/testkit"
)

// recorder is a handler that passes on what it hears.
type recorder struct {
	events  chan bus.Event
	resyncs chan uuid.UUID
}

func newRecorder(b *bus.Bus) *recorder {
	e := &recorder{make(chan bus.Event, 10000), make(chan uuid.UUID, 100)}
	b.Subscribe(e)
	return e
}

func (e *recorder) HandleEvents(events []bus.Event) {
	for _, event := range events {
		e.events <- event
	}
}
func (e *recorder) Resync(org uuid.UUID) { e.resyncs <- org }

func receive[V any](t *testing.T, from <-chan V) (v V) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(20 * time.Second):
		t.Fatal("waited in vain")
	}
	return v
}

// startProcess is a bus with an ear, running until the test ends.
func startProcess(t *testing.T, driver bus.Driver) (*bus.Bus, *recorder) {
	t.Helper()
	b := bus.New(driver)
	e := newRecorder(b)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); b.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	receive(t, b.Connected())
	if driver == nil {
		return b, e
	}
	<-e.resyncs // what was said before it was connected may have been missed
	return b, e
}

// What every driver must do.
func testDriver(t *testing.T, driver func() bus.Driver) {
	a, earA := startProcess(t, driver())
	b, earB := startProcess(t, driver())
	org, other := uuid.New(), uuid.New()

	// Of an organization that has no screen there, nothing is told there; of everyone's users, always. A screen opens: from
	// when the gap says so, all is heard.
	a.Publish(bus.Event{Kind: bus.Conversation, Org: org, Seq: -1}, bus.Event{Kind: bus.User, Org: org})
	<-earA.events
	<-earA.events
	if e := receive(t, earB.events); e.Kind != bus.User {
		t.Errorf("without a screen it hears %+v", e)
	}
	b.ScreenOpened(org)
	b.ScreenOpened(org)
	if gap := receive(t, earB.resyncs); gap != org {
		t.Errorf("a screen has opened, and the gap is of %v", gap)
	}
	b.ScreenClosed(org) // one is still open
	a.Publish(bus.Event{Kind: bus.Conversation, Org: other, Seq: -1})
	<-earA.events

	// What was published before is on its way when Flush returns.
	flushed := make(chan struct{})
	go func() { defer close(flushed); a.Flush(context.Background()) }()
	receive(t, flushed)

	// Here at once and with what was just written; elsewhere soon, as ids only; in order; once.
	a.Publish(bus.Event{Kind: bus.Conversation, Org: org, Conversation: uuid.New(), Seq: 1, Local: "what was written"})
	select {
	case e := <-earA.events:
		if e.Local != "what was written" {
			t.Errorf("heard here: %+v", e)
		}
	default:
		t.Fatal("not heard here before Publish returned")
	}
	if e := receive(t, earB.events); e.Org != org || e.Seq != 1 || e.Kind != bus.Conversation || e.Local != nil {
		t.Errorf("heard elsewhere: %+v", e)
	}
	const many = 2000
	for i := range many {
		a.Publish(bus.Event{Kind: bus.Conversation, Org: org, Conversation: org, Seq: i + 2})
	}
	for i := range many {
		if e := receive(t, earB.events); e.Seq != i+2 {
			t.Fatalf("event %d came as number %d", i+2, e.Seq)
		}
		<-earA.events
	}
	// As large as an event may be, in any script; one that no payload can carry becomes a gap, and what follows still comes.
	a.Publish(bus.Event{Kind: bus.Typing, Org: org, Text: strings.Repeat("語", 500)})
	if e := receive(t, earB.events); len([]rune(e.Text)) != 500 {
		t.Errorf("a long text came as %d characters", len([]rune(e.Text)))
	}
	a.Publish(bus.Event{Kind: bus.Typing, Org: org, Text: strings.Repeat("x", 100000)})
	receive(t, earB.resyncs)
	a.Publish(bus.Event{Kind: bus.User, Org: org, User: org})
	if e := receive(t, earB.events); e.Kind != bus.User {
		t.Errorf("after the gap: %+v", e)
	}
	if len(earA.resyncs) != 0 {
		t.Error("the sender was told of its own gap")
	}
}

func TestPostgres(t *testing.T) { // not in parallel: all listeners of the database share a channel
	db := testkit.DB(t)
	testDriver(t, func() bus.Driver { return bus.Postgres(db) })
}

func TestRedis(t *testing.T) {
	t.Parallel()
	url, stop, start := testkit.Redis(t)
	driver := func() bus.Driver {
		d, err := bus.Redis(url)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	testDriver(t, driver)
	// Redis goes and comes back: whoever listens is told that something may have been missed, and hears again.
	a, _ := startProcess(t, driver())
	_, b := startProcess(t, driver())
	stop()
	a.Publish(bus.Event{Kind: bus.User, Text: "sent while Redis was away"})
	start()
	receive(t, b.resyncs)
	a.Publish(bus.Event{Kind: bus.User, Text: "sent afterwards"})
	for {
		if e := receive(t, b.events); e.Text == "sent afterwards" {
			break
		}
	}
}

// A single process needs no driver.
func TestInProcess(t *testing.T) {
	t.Parallel()
	b, e := startProcess(t, nil)
	b.ScreenOpened(uuid.New())
	b.Flush(context.Background())
	b.Publish(bus.Event{Kind: bus.Website, Local: 7})
	if got := receive(t, e.events); got.Local != 7 {
		t.Errorf("heard %+v", got)
	}
}

// Postgres ends the listening connection: the listener comes back and is told of the gap.
func TestPostgresListenerReconnects(t *testing.T) {
	db := testkit.DB(t)
	a, _ := startProcess(t, bus.Postgres(db))
	_, e := startProcess(t, bus.Postgres(db))
	terminateListeners(t)
	receive(t, e.resyncs)
	a.Publish(bus.Event{Kind: bus.User, Text: "after the gap"})
	for {
		if got := receive(t, e.events); got.Text == "after the gap" {
			break
		}
	}
}

func terminateListeners(t *testing.T) {
	t.Helper()
	testkit.ExecAsSuperuser(t, "select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen %'")
}

// A Redis that takes connections and never answers: whoever opens or closes a screen does not wait for it.
func TestUnresponsiveRedis(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			if _, err := l.Accept(); err != nil {
				return
			}
		}
	}()
	d, err := bus.Redis("redis://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b := bus.New(d)
	ctx, cancel := context.WithCancel(context.Background())
	go b.Run(ctx)
	defer cancel()
	done := make(chan struct{})
	go func() {
		for range 50 {
			org := uuid.New()
			b.ScreenOpened(org)
			d.Listen("some " + org.String())
			d.Unlisten("some " + org.String())
			b.ScreenClosed(org)
			b.Flush(context.Background())
		}
		close(done)
	}()
	receive(t, done)
}
