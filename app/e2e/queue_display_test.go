package e2e

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/identity"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/pg"
	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

// TestNewAgentSeesQueue shows that whoever may see a queue sees it at once, on every server: who has just joined,
// and who was just added to a group.
func TestNewAgentSeesQueue(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	one, two := startServer(t, nil), startServer(t, nil)
	group := addGroup(t, one, o, groupSettings("Orders"), 1000, o.Users[access.Agent])
	ids := fillQueue(t, o, group, 3)
	main := fillQueue(t, o, uuid.Nil, 2)
	for _, s := range []*serve.Server{one, two} { // what they cache of the groups
		page := fetchPage(t, logInAgent(t, s, o, access.Agent), s.URL+"/desk")
		if strings.Count(page, `<li id="queue-`) != 5 {
			t.Fatalf("an agent of both groups does not see five: %d", strings.Count(page, `<li id="queue-`))
		}
	}
	email := "new@" + o.Name + ".example"
	secret, _, err := one.Identity.Invite(ctx, o.As(access.Owner), email, access.Agent, uuid.Nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	id, err := one.Identity.AcceptInvitation(ctx, secret, "New", testkit.Password, "203.0.113.9")
	if err != nil {
		t.Fatal(err)
	}
	var open []*deskLists
	for _, s := range []*serve.Server{one, two} {
		a, err := traffic.LogIn(ctx, s.URL, email, testkit.Password)
		if err != nil {
			t.Fatal(err)
		}
		page := fetchPage(t, a, s.URL+"/desk")
		for _, c := range main {
			if !strings.Contains(page, `<li id="queue-`+c.String()) {
				t.Error("the page of who has just joined lacks a conversation of the main group")
			}
		}
		if strings.Contains(page, `<li id="queue-`+ids[0].String()) {
			t.Error("the page shows another group's")
		}
		conn, err := a.OpenDesk(ctx)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		l := followLists(conn)
		eventually(t, func() string { return "the socket brings no queue" }, func() bool { return len(l.ids("queue")) == 2 })
		open = append(open, l)
	}
	if err := two.Groups.SetMember(ctx, o.As(access.Owner), group, memberOf(id)); err != nil {
		t.Fatal(err)
	}
	for _, l := range open {
		eventually(t, func() string { return "who was put into a group does not see its queue" }, func() bool {
			return len(l.ids("queue")) == 5
		})
	}
	// A pick from it works.
	if _, err := one.Conversations.Get(ctx, access.User(o.ID, id, access.Agent, uuid.Nil), ids[1]); err != nil {
		t.Error(err)
	}
	if _, err := one.Routing.Take(ctx, access.User(o.ID, id, access.Agent, uuid.Nil), "New", ids[1]); err != nil {
		t.Error(err)
	}
}

// TestQueueShownWithoutEvent shows that a change of members by another process counts with the next reading, even if
// this process has received no event of it.
func TestQueueShownWithoutEvent(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	owner := o.As(access.Owner)
	mia := o.AddMember(t, access.Agent, otherCustomerOf(t, s, o)) // one that has no conversations
	group := addGroup(t, s, o, groupSettings("Orders"), 1000)
	fillQueue(t, o, group, 3)
	listed := func() int {
		t.Helper()
		a, err := traffic.LogIn(ctx, s.URL, mia.Email, testkit.Password)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(fetchPage(t, a, s.URL+"/desk"), `<li id="queue-`)
	}
	if n := listed(); n != 0 {
		t.Fatalf("lists %d", n)
	}
	quiet := bus.New(nil) // nobody receives its events
	if err := newGroups(t, quiet).SetMember(ctx, owner, group, memberOf(mia.Actor.ID())); err != nil {
		t.Fatal(err)
	}
	elsewhere := identity.New(testkit.DB(t), quiet, identity.DefaultOptions())
	if err := elsewhere.SetCustomers(ctx, owner, mia.Actor.ID(), []uuid.UUID{o.Customer}, func(*pg.Tenant) error {
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if n := listed(); n != 3 {
		t.Errorf("lists %d of 3 in a group and of a customer that it has just been given", n)
	}
}

// TestLiveMonitorCatchesUp shows that a live monitor that is the only screen of its organization is brought up to
// date when events were lost.
func TestLiveMonitorCatchesUp(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	conn, _, err := logInAgent(t, s, o, access.Supervisor).Socket(ctx, "/live/monitor")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	until := func(text string) {
		t.Helper()
		conn.SetReadDeadline(time.Now().Add(testkit.Patience))
		for {
			_, frame, err := conn.ReadMessage()
			if err != nil {
				t.Fatalf("%q is not shown: %v", text, err)
			}
			if strings.Contains(string(frame), text) {
				return
			}
		}
	}
	until(`id="waiting"`)
	ids := fillQueue(t, o, uuid.Nil, 60) // without an event
	s.Live.Resync(uuid.Nil)
	until(ids[49].String())
	if page := fetchPage(t, logInAgent(t, s, o, access.Supervisor), s.URL+"/monitor"); strings.Contains(page, ids[50].String()) || !strings.Contains(page, "and 10 more") {
		t.Error("the monitor draws more than the head of the queue, or does not say how many more wait")
	}
}

// TestLongQueueShowsHead shows that a desk lists the head of a long queue and says how many more wait; both stay
// right while conversations arrive, are taken and are requeued.
func TestLongQueueShowsHead(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	const all = 3*conversation.DeskQueueLimit + 17
	fillQueue(t, o, uuid.Nil, all)
	mia := o.As(access.Agent)
	page := fetchPage(t, logInAgent(t, s, o, access.Agent), s.URL+"/desk")
	if n := strings.Count(page, `<li id="queue-`); n != conversation.DeskQueueLimit ||
		!strings.Contains(page, "and "+itoa(all-conversation.DeskQueueLimit)+" more") {
		t.Errorf("the page lists %d", n)
	}
	var lists []*deskLists
	for _, role := range []access.Role{access.Agent, access.Supervisor} {
		conn, err := logInAgent(t, s, o, role).OpenDesk(ctx)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		lists = append(lists, followLists(conn))
	}
	right := func() {
		t.Helper()
		truth := waitingIDs(t, o)
		head := slices.Clone(truth[:min(len(truth), conversation.DeskQueueLimit)])
		slices.Sort(head)
		more := itoa(len(truth) - len(head))
		for _, l := range lists {
			eventually(t, func() string {
				return "listed " + itoa(len(l.ids("queue"))) + ", and " + l.beyondHead() + " more; there are " + itoa(len(truth))
			}, func() bool {
				return slices.Equal(l.ids("queue"), head) && l.beyondHead() == more
			})
		}
	}
	right()
	arrives := newVisitor(t, s, o, "")
	arrives.send("I come last")
	right()
	for range 5 { // next
		if _, err := s.Routing.Take(ctx, mia, "Mia", uuid.Nil); err != nil {
			t.Fatal(err)
		}
	}
	right()
	truth := waitingIDs(t, o)
	for _, i := range []int{0, 20, 49, 60, len(truth) - 1} { // picked: in the list, and behind it
		if _, err := s.Routing.Take(ctx, mia, "Mia", uuid.MustParse(truth[i])); err != nil {
			t.Fatal(err)
		}
	}
	right()
	if err := s.Presence.SetStatus(ctx, mia, "offline", ""); err != nil { // all ten are requeued: at the front, and behind what is listed
		t.Fatal(err)
	}
	right()
	eventually(t, func() string { return "still their own: " + strings.Join(lists[0].ids("mine"), " ") }, func() bool {
		return len(lists[0].ids("mine")) == 0
	})
	if err := s.Presence.SetStatus(ctx, mia, "online", ""); err != nil {
		t.Fatal(err)
	}
	for range all - conversation.DeskQueueLimit/2 { // until all that wait are listed
		if _, err := s.Routing.Take(ctx, mia, "Mia", uuid.Nil); err != nil {
			t.Fatal(err)
		}
	}
	right()
	for range conversation.DeskQueueLimit / 2 {
		v := newVisitor(t, s, o, "")
		v.send("One more")
	}
	right()
}
