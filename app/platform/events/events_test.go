package events_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"parley/app/platform/access"
	"parley/app/platform/events"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/tools/testkit"
)

func tagged(name string) events.Event {
	return events.Event{
		Kind:    events.TagCreated,
		Subject: events.Subject{Type: events.Tag, ID: uuid.New(), Name: name},
		After:   events.TagState{Name: name},
	}
}

// record stores an event in a transaction of the actor.
func record(t *testing.T, actor access.Actor, e events.Event) {
	t.Helper()
	ctx := context.Background()
	err := testkit.DB(t).As(actor).Tx(ctx, func(tx *pg.Tenant) error { return events.Record(ctx, tx, actor, e) })
	if err != nil {
		t.Fatal(err)
	}
}

// newest returns the number of an organization's newest event.
func newest(t *testing.T, actor access.Actor) (number int64) {
	t.Helper()
	for {
		list, err := events.After(context.Background(), testkit.DB(t), actor, number)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			return number
		}
		number = list[len(list)-1].Number
	}
}

func TestRecordAndRead(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	agent, manager := o.As(access.Agent), o.As(access.Manager)
	start := newest(t, manager)
	ctx := events.WithOrigin(context.Background(), events.Origin{
		Via:       events.Browser,
		Address:   "192.0.2.1",
		UserAgent: strings.Repeat("x", 1000),
	})
	err := testkit.DB(t).As(agent).Tx(ctx, func(tx *pg.Tenant) error { return events.Record(ctx, tx, agent, tagged("Refund")) })
	if err != nil {
		t.Fatal(err)
	}
	list, err := events.After(ctx, testkit.DB(t), manager, start)
	if err != nil || len(list) != 1 {
		t.Fatalf("%v %v", list, err)
	}
	e := list[0]
	if e.Number != start+1 || e.ActorID != agent.ID() || e.ActorName == "" || e.ActorRole != "agent" ||
		e.Kind != events.TagCreated || e.Subject.Name != "Refund" ||
		e.Origin.Via != events.Browser || e.Origin.Address != "192.0.2.1" || len([]rune(e.Origin.UserAgent)) != 300 || e.At.IsZero() {
		t.Errorf("stored as %+v", e)
	}
	before, after, err := e.States()
	if err != nil || before != nil || after != (events.TagState{Name: "Refund"}) {
		t.Errorf("%v, %v, %v", before, after, err)
	}
	if list, err := events.After(ctx, testkit.DB(t), manager, start, events.GroupCreated); err != nil || len(list) != 0 {
		t.Errorf("of another kind: %v %v", list, err)
	}
}

func TestOnlyWhatDiffersIsStored(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	owner := o.As(access.Owner)
	start := newest(t, owner)
	website := events.Subject{Type: events.Website, ID: o.Website, Name: "Shop"}
	state := events.WebsiteState{Name: "Shop", Greeting: "Hello"}
	record(t, owner, events.Event{Kind: events.WebsiteChanged, Subject: website, Before: state, After: state})
	if got := newest(t, owner); got != start {
		t.Error("nothing has changed, and yet there is an event")
	}
	long := state
	long.Greeting = strings.Repeat("é", 5000)
	record(t, owner, events.Event{Kind: events.WebsiteChanged, Subject: website, Before: state, After: long})
	widget := events.WidgetState{Texts: []byte(`{"en":{"write":"` + strings.Repeat("x", 20000) + `"}}`)}
	record(t, owner, events.Event{Kind: events.WidgetChanged, Subject: website, Before: events.WidgetState{}, After: widget})
	list, err := events.After(context.Background(), testkit.DB(t), owner, start)
	if err != nil || len(list) != 2 {
		t.Fatalf("%d events, %v", len(list), err)
	}
	before, after, err := list[0].States()
	if err != nil || before != (events.WebsiteState{Greeting: "Hello"}) || len([]rune(after.(events.WebsiteState).Greeting)) != 1000 {
		t.Errorf("%+v, %v", before, err)
	}
	if cut := list[1].Payload.Cut; len(cut) != 1 || cut[0] != "texts" {
		t.Errorf("left out: %v", cut)
	}
}

func TestEventAndChangeAreOne(t *testing.T) {
	t.Parallel()
	ctx, o := context.Background(), testkit.NewOrg(t)
	owner := o.As(access.Owner)
	start := newest(t, owner)
	broken := errors.New("broken")
	err := testkit.DB(t).As(owner).Tx(ctx, func(tx *pg.Tenant) error {
		if err := events.Record(ctx, tx, owner, tagged("Lost")); err != nil {
			return err
		}
		return broken
	})
	if !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if err := events.Record(ctx, testkit.DB(t).As(owner), owner, tagged("Alone")); err == nil {
		t.Error("recorded outside of a transaction")
	}
	record(t, owner, tagged("Stored"))
	if got := newest(t, owner); got != start+1 {
		t.Errorf("number %d after %d: what was rolled back has left a gap, or an event", got, start)
	}
}

// A reader that polls while many transactions commit in whatever order gets every number once, in order, without a gap.
func TestReaderMissesNothing(t *testing.T) {
	t.Parallel()
	ctx, o, db := context.Background(), testkit.NewOrg(t), testkit.DB(t)
	owner := o.As(access.Owner)
	start := newest(t, owner)
	const writers, each = 6, 30
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				err := db.As(owner).Tx(ctx, func(tx *pg.Tenant) error {
					if err := events.Record(ctx, tx, owner, tagged("one")); err != nil {
						return err
					}
					if _, err := tx.Exec(ctx, "select pg_sleep(random() / 200)"); err != nil { // others commit meanwhile
						return err
					}
					if (w+i)%5 == 0 {
						return errors.New("given up")
					}
					return events.Record(ctx, tx, owner, tagged("two"))
				})
				if err != nil && err.Error() != "given up" {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	last, ended := start, false
	for {
		list, err := events.After(ctx, db, owner, last)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			if e.Number != last+1 {
				t.Fatalf("number %d after %d", e.Number, last)
			}
			last = e.Number
		}
		if ended && len(list) == 0 {
			break
		}
		select {
		case <-done:
			ended = true
		default:
		}
	}
	if want := int64(writers * each * 4 / 5 * 2); last-start != want {
		t.Errorf("%d events of %d", last-start, want)
	}
}

// What is refused by rights in the database, whoever asks.
func TestEventsAreOnlyAdded(t *testing.T) {
	t.Parallel()
	ctx, o, db := context.Background(), testkit.NewOrg(t), testkit.DB(t)
	record(t, o.As(access.Owner), tagged("Refund"))
	for _, sql := range []string{
		"update events set kind = 'tag.deleted'", "delete from events", "update events set number = 1",
		"truncate events",
		"insert into events (org_id, id, number, actor_role, kind, subject_type, via) values (app.org_id(), gen_random_uuid(), 1, 'owner', 'tag.created', 'tag', 'api')",
		"update event_numbers set last = 0", "delete from event_numbers",
	} {
		if _, err := db.As(access.System(o.ID, "test")).Exec(ctx, sql); !pg.IsDenied(err) {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestWhoReadsEvents(t *testing.T) {
	t.Parallel()
	ctx, o, other, db := context.Background(), testkit.NewOrg(t), testkit.NewOrg(t), testkit.DB(t)
	theirs := tagged("Of the customer")
	theirs.Customer = o.Customer
	record(t, o.As(access.Owner), theirs)
	record(t, o.As(access.Owner), tagged("Of all"))
	limited := o.AddMember(t, access.Manager, o.Customer).Actor
	count := func(actor access.Actor) (all, foreign int) {
		t.Helper()
		err := db.As(actor).QueryRow(ctx,
			"select count(*), count(*) filter (where customer_id is distinct from $1) from events where org_id = $2",
			o.Customer, o.ID).Scan(&all, &foreign)
		if err != nil {
			t.Fatal(err)
		}
		return all, foreign
	}
	for _, role := range []access.Role{access.Owner, access.Manager} {
		if all, foreign := count(o.As(role)); all == 0 || foreign == 0 {
			t.Errorf("%s: sees %d, %d of them of no customer", role, all, foreign)
		}
	}
	if all, foreign := count(limited); all == 0 || foreign != 0 {
		t.Errorf("limited manager: sees %d, %d of them not its customer's", all, foreign)
	}
	for _, actor := range []access.Actor{
		o.As(access.Supervisor),
		o.As(access.Agent),
		o.As(access.Reviewer),
		o.Visitor(),
		other.As(access.Owner),
		access.System(other.ID, "test"),
	} {
		if all, _ := count(actor); all != 0 {
			t.Errorf("%s: sees %d events", actor.Role(), all)
		}
	}
	for _, role := range []access.Role{access.Supervisor, access.Agent, access.Reviewer} {
		if _, err := events.After(ctx, db, o.As(role), 0); fail.KindOf(err) != fail.Forbidden {
			t.Errorf("%s reads events: %v", role, err)
		}
	}
	// Nobody writes in another one's name.
	if err := db.As(o.As(access.Agent)).Tx(ctx, func(tx *pg.Tenant) error {
		return events.Record(ctx, tx, o.As(access.Owner), tagged("Forged"))
	}); !pg.IsDenied(err) {
		t.Errorf("an agent in the owner's name: %v", err)
	}
	if err := db.As(access.System(o.ID, "test")).Tx(ctx, func(tx *pg.Tenant) error {
		return events.Record(ctx, tx, o.Visitor(), tagged("Visitor's"))
	}); err == nil {
		t.Error("recorded for a visitor")
	}
}

func TestWrongEventsAreRefused(t *testing.T) {
	t.Parallel()
	ctx, o := context.Background(), testkit.NewOrg(t)
	owner := o.As(access.Owner)
	for name, change := range map[string]func(*events.Event){
		"unknown kind":     func(e *events.Event) { e.Kind = "tag.painted" },
		"no subject":       func(e *events.Event) { e.Subject = events.Subject{} },
		"another's fields": func(e *events.Event) { e.After = events.CustomerState{Name: "x"} },
	} {
		e := tagged("Refund")
		change(&e)
		err := testkit.DB(t).As(owner).Tx(ctx, func(tx *pg.Tenant) error { return events.Record(ctx, tx, owner, e) })
		if err == nil {
			t.Errorf("%s: stored", name)
		}
	}
}

func TestEveryKindIsDescribed(t *testing.T) {
	t.Parallel()
	seen := map[events.Kind]bool{}
	for _, k := range events.Kinds {
		if seen[k.Kind] {
			t.Errorf("%s stands there twice", k.Kind)
		}
		seen[k.Kind] = true
		if k.Area == "" || k.Description == "" || k.Payload == nil {
			t.Errorf("%s is not described", k.Kind)
		}
	}
}
