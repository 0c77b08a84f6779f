package main

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"
	"github.com/jackc/pgx/v5"

	"parley/app/access"
	"parley/app/apptest"
	"parley/app/bus"
	"parley/app/chat"
	"parley/app/identity"
	"parley/app/live"
	"parley/app/pg"
	"parley/app/queue"
	"parley/app/traffic"
)

// listing is what a desk lists, kept from the frames of its socket as the page does.
type listing struct {
	mu         sync.Mutex
	line, mine map[string]bool
	more       string
	ready      bool
}

var listParts = regexp.MustCompile(`hx-target="#(line|mine)" hx-swap="innerHTML"|hx-target="#(line|mine)-([0-9a-f-]{36})" hx-swap="delete"|<li id="(line|mine)-([0-9a-f-]{36})"|id="line-more" class="more" data-more="(\d+)"`)

func (l *listing) hear(frame string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lists := map[string]map[string]bool{"line": l.line, "mine": l.mine}
	for _, m := range listParts.FindAllStringSubmatch(frame, -1) {
		switch {
		case m[1] != "":
			clear(lists[m[1]])
			l.ready = true
		case m[2] != "":
			delete(lists[m[2]], m[3])
		case m[4] != "":
			lists[m[4]][m[5]] = true
		default:
			l.more = m[6]
		}
	}
}

func (l *listing) is(list string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Sorted(maps.Keys(map[string]map[string]bool{"line": l.line, "mine": l.mine}[list]))
}

func (l *listing) behind() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.more
}

// watchLists follows a desk's lists from a socket whose hello is said.
func watchLists(conn *websocket.Conn) *listing {
	l := &listing{line: map[string]bool{}, mine: map[string]bool{}}
	go func() {
		for {
			_, frame, err := conn.ReadMessage()
			if err != nil {
				return
			}
			l.hear(string(frame))
		}
	}()
	return l
}

// eventually waits until a condition holds.
func eventually(t testing.TB, what func() string, holds func() bool) {
	t.Helper()
	for begun := time.Now(); time.Since(begun) < 30*time.Second; time.Sleep(20 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatal(what())
}

// waitingIDs is the database's truth: who waits, in order.
func waitingIDs(t testing.TB, o apptest.Org) (ids []string) {
	t.Helper()
	rows, err := apptest.DB(t).As(access.System(o.ID, "test")).Query(context.Background(), "select id from conversations where state = 'waiting' order by line_since, id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id uuid.UUID
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id.String())
	}
	return ids
}

// atDesk waits until an agent's socket is known to the server.
func atDesk(t testing.TB, o apptest.Org, role access.Role) {
	t.Helper()
	eventually(t, func() string { return "the agent does not come online" }, func() bool {
		var n int
		row := apptest.DB(t).As(access.System(o.ID, "test")).QueryRow(context.Background(), "select count(*) from presence where user_id = $1", o.As(role).ID())
		return row.Scan(&n) == nil && n > 0
	})
}

// What happens between the opening of a desk's socket and its first list stays on the screen: nothing of it is taken for somebody else's,
// and nothing that has gone meanwhile comes back.
func TestWhatHappensWhileADeskOpens(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	before := newVisitor(t, s, o, "")
	before.say("I was here first")
	conn, _, err := agentAt(t, s, o, access.Agent).Socket(ctx, "/live/desk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	atDesk(t, o, access.Agent)
	// The socket is open; the page has not said hello yet.
	arrives, taken, leaves := newVisitor(t, s, o, ""), newVisitor(t, s, o, ""), newVisitor(t, s, o, "")
	for _, v := range []*visitor{arrives, taken, leaves} {
		v.say("I come while the desk opens")
	}
	if _, err := s.queue.Take(ctx, o.As(access.Supervisor), "Sara", uuid.MustParse(leaves.conversation)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.queue.Take(ctx, o.As(access.Agent), "Mia", uuid.MustParse(taken.conversation)); err != nil {
		t.Fatal(err)
	}
	if err := conn.WriteJSON(map[string]any{"type": "hello", "threads": map[string]int{}}); err != nil {
		t.Fatal(err)
	}
	l := watchLists(conn)
	line, mine := []string{before.conversation, arrives.conversation}, []string{taken.conversation}
	slices.Sort(line)
	eventually(t, func() string {
		return "listed: " + strings.Join(l.is("line"), " ") + ", own: " + strings.Join(l.is("mine"), " ")
	}, func() bool {
		return slices.Equal(l.is("line"), line) && slices.Equal(l.is("mine"), mine)
	})
	last := newVisitor(t, s, o, "") // after which nothing of the opening is still on its way
	last.say("I come afterwards")
	line = append(line, last.conversation)
	slices.Sort(line)
	eventually(t, func() string { return "listed at last: " + strings.Join(l.is("line"), " ") }, func() bool { return slices.Equal(l.is("line"), line) })
}

// What happens while a desk's first list is being read is newer than the list: it is not taken for somebody else's, and not forgotten. (A
// lock holds the reading up. Not parallel: nobody else's desk should wait for it.)
func TestWhatHappensWhileTheListIsRead(t *testing.T) {
	ctx := context.Background()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	before, goes := newVisitor(t, s, o, ""), newVisitor(t, s, o, "")
	before.say("I was here first")
	goes.say("I was here, too")
	conn, _, err := agentAt(t, s, o, access.Agent).Socket(ctx, "/live/desk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	atDesk(t, o, access.Agent)
	_, owner := apptest.URLs(t)
	holder, err := pgx.Connect(ctx, owner)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close(ctx)
	if _, err := holder.Exec(ctx, "begin; lock table guests in access exclusive mode"); err != nil {
		t.Fatal(err)
	}
	if err := conn.WriteJSON(map[string]any{"type": "hello", "threads": map[string]int{}}); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() string { return "the list is not being read" }, func() bool {
		var n int
		err := holder.QueryRow(ctx, "select count(*) from pg_locks where relation = 'guests'::regclass and not granted").Scan(&n)
		return err == nil && n > 0
	})
	comes := newVisitor(t, s, o, "")
	comes.say("I come while the list is read")
	time.Sleep(300 * time.Millisecond) // the desk hears of it
	if _, err := holder.Exec(ctx, "commit"); err != nil {
		t.Fatal(err)
	}
	l := watchLists(conn)
	eventually(t, func() string { return "no list" }, func() bool { return len(l.is("line")) >= 2 })
	if _, err := s.queue.Take(ctx, o.As(access.Supervisor), "Sara", uuid.MustParse(goes.conversation)); err != nil {
		t.Fatal(err)
	}
	last := newVisitor(t, s, o, "") // after which nothing of the opening is still on its way
	last.say("I come afterwards")
	line := []string{before.conversation, comes.conversation, last.conversation}
	slices.Sort(line)
	eventually(t, func() string {
		return "listed: " + strings.Join(l.is("line"), " ") + "; there are " + strings.Join(line, " ")
	}, func() bool { return slices.Equal(l.is("line"), line) })
}

// Desks that come back again and again while conversations arrive, are taken, requeued and closed list in the end what the database has.
func TestDesksThatComeBackMissNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	again := func(c *config) { c.Limits.UserRequests = live.Rate{} } // no person comes back so often
	one, two := serveTest(t, again), serveTest(t, again)
	mia, sara := o.As(access.Agent), o.As(access.Supervisor)
	openDesk(t, agentAt(t, one, o, access.Agent)) // both stay online
	openDesk(t, agentAt(t, two, o, access.Supervisor))
	stop := make(chan struct{})
	var desks sync.WaitGroup
	lists := make([]*listing, 4)
	conns := make([]*websocket.Conn, 4)
	for i := range lists {
		s, role := []*server{one, two}[i%2], []access.Role{access.Agent, access.Supervisor}[i/2]
		a := agentAt(t, s, o, role)
		desks.Go(func() {
			for {
				conn, err := a.DeskAt(ctx, nil)
				if err != nil {
					t.Error(err)
					return
				}
				lists[i], conns[i] = watchLists(conn), conn
				select {
				case <-stop: // this one stays
					return
				case <-time.After(time.Duration(10+7*i) * time.Millisecond):
					conn.Close()
				}
			}
		})
	}
	var ids []uuid.UUID
	for i := range 60 {
		s := []*server{one, two}[i%2]
		v := newVisitor(t, s, o, "")
		v.say("Number " + itoa(i))
		ids = append(ids, uuid.MustParse(v.conversation))
		other := []*server{two, one}[i%2]
		switch { // every third stays; the others are taken, and some of them closed
		case i%3 == 1:
			if _, err := other.queue.Take(ctx, mia, "Mia", ids[i]); err != nil {
				t.Fatal(err)
			}
			if i%2 == 0 {
				if _, err := s.chat.Close(ctx, mia, ids[i]); err != nil {
					t.Fatal(err)
				}
			}
		case i%3 == 2:
			if _, err := s.queue.Take(ctx, sara, "Sara", ids[i]); err != nil {
				t.Fatal(err)
			}
			if _, err := other.queue.Hand(ctx, sara, ids[i], mia.ID()); err != nil {
				t.Fatal(err)
			}
		}
	}
	close(stop)
	desks.Wait()
	want := waitingIDs(t, o)
	slices.Sort(want)
	var own []string
	for i, id := range ids {
		if i%3 == 2 || i%3 == 1 && i%2 == 1 {
			own = append(own, id.String())
		}
	}
	slices.Sort(own)
	for i, l := range lists {
		mine := own
		if i/2 == 1 {
			mine = nil
		}
		eventually(t, func() string {
			return "desk " + itoa(i) + " lists " + strings.Join(l.is("line"), " ") + " and " + itoa(len(l.is("mine"))) + " own; there are " + strings.Join(want, " ") + " and " + itoa(len(mine))
		}, func() bool { return slices.Equal(l.is("line"), want) && slices.Equal(l.is("mine"), mine) })
		conns[i].Close()
	}
}

// Whoever may see a queue sees it at once, on every server: who has just joined, and who has just been put into a group.
func TestANewAgentSeesTheQueueAtOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	one, two := serveTest(t, nil), serveTest(t, nil)
	group := addGroup(t, one, o, groupSettings("Orders"), 1000, o.Users[access.Agent])
	ids := fillQueue(t, o, group, 3)
	main := fillQueue(t, o, uuid.Nil, 2)
	for _, s := range []*server{one, two} { // what they remember of the groups
		page := fetchPage(t, agentAt(t, s, o, access.Agent), s.url+"/desk")
		if strings.Count(page, `<li id="line-`) != 5 {
			t.Fatalf("an agent of both groups does not see five: %d", strings.Count(page, `<li id="line-`))
		}
	}
	email := "new@" + o.Name + ".example"
	secret, _, err := one.identity.Invite(ctx, o.As(access.Owner), email, access.Agent, uuid.Nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	id, err := one.identity.Join(ctx, secret, "New", apptest.Password, "203.0.113.9")
	if err != nil {
		t.Fatal(err)
	}
	var open []*listing
	for _, s := range []*server{one, two} {
		a, err := traffic.LogIn(ctx, s.url, email, apptest.Password)
		if err != nil {
			t.Fatal(err)
		}
		page := fetchPage(t, a, s.url+"/desk")
		for _, c := range main {
			if !strings.Contains(page, `<li id="line-`+c.String()) {
				t.Error("the page of who has just joined lacks a conversation of the main group")
			}
		}
		if strings.Contains(page, `<li id="line-`+ids[0].String()) {
			t.Error("the page shows another group's")
		}
		conn, err := a.Desk(ctx)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		l := watchLists(conn)
		eventually(t, func() string { return "the socket brings no queue" }, func() bool { return len(l.is("line")) == 2 })
		open = append(open, l)
	}
	if err := two.queue.SetMember(ctx, o.As(access.Owner), group, memberOf(id)); err != nil {
		t.Fatal(err)
	}
	for _, l := range open {
		eventually(t, func() string { return "who was put into a group does not see its queue" }, func() bool { return len(l.is("line")) == 5 })
	}
	// A pick from it works.
	if _, err := one.chat.Get(ctx, access.User(o.ID, id, access.Agent, uuid.Nil), ids[1]); err != nil {
		t.Error(err)
	}
	if _, err := one.queue.Take(ctx, access.User(o.ID, id, access.Agent, uuid.Nil), "New", ids[1]); err != nil {
		t.Error(err)
	}
}

// Nor does it need a notification: what another process has changed counts with the next look, though this one has not heard of it.
func TestAQueueIsSeenWithoutANotification(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	owner := o.As(access.Owner)
	mia := o.Member(t, access.Agent, otherCustomerOf(t, s, o)) // one that has no conversations
	group := addGroup(t, s, o, groupSettings("Orders"), 1000)
	fillQueue(t, o, group, 3)
	listed := func() int {
		t.Helper()
		a, err := traffic.LogIn(ctx, s.url, mia.Email, apptest.Password)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(fetchPage(t, a, s.url+"/desk"), `<li id="line-`)
	}
	if n := listed(); n != 0 {
		t.Fatalf("lists %d", n)
	}
	quiet := bus.New(nil) // nobody hears it
	if err := queue.New(apptest.DB(t), quiet, chatRoom(t)).SetMember(ctx, owner, group, memberOf(mia.Actor.ID())); err != nil {
		t.Fatal(err)
	}
	elsewhere := identity.New(apptest.DB(t), quiet, false)
	if err := elsewhere.SetCustomers(ctx, owner, mia.Actor.ID(), []uuid.UUID{o.Customer}, func(*pg.Tenant) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if n := listed(); n != 3 {
		t.Errorf("lists %d of 3 in a group and of a customer that it has just been given", n)
	}
}

// A live monitor that is the only screen of its organization is brought up to date when events were lost.
func TestALiveMonitorCatchesUp(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	conn, _, err := agentAt(t, s, o, access.Supervisor).Socket(ctx, "/live/board")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	until := func(text string) {
		t.Helper()
		conn.SetReadDeadline(time.Now().Add(30 * time.Second))
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
	until(`id="board"`)
	ids := fillQueue(t, o, uuid.Nil, 60) // nobody is told
	s.live.Gap(uuid.Nil)
	until(ids[49].String())
	if page := fetchPage(t, agentAt(t, s, o, access.Supervisor), s.url+"/board"); strings.Contains(page, ids[50].String()) || !strings.Contains(page, "and 10 more") {
		t.Error("the monitor draws more than the head of the queue, or does not say how many more wait")
	}
}

// Of a long queue a desk lists the head and says how many more wait; both stay right while conversations arrive, are taken and come back.
func TestALongQueueShowsItsHead(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	const all = 3*chat.LineShown + 17
	fillQueue(t, o, uuid.Nil, all)
	mia := o.As(access.Agent)
	page := fetchPage(t, agentAt(t, s, o, access.Agent), s.url+"/desk")
	if n := strings.Count(page, `<li id="line-`); n != chat.LineShown || !strings.Contains(page, "and "+itoa(all-chat.LineShown)+" more") {
		t.Errorf("the page lists %d", n)
	}
	var lists []*listing
	for _, role := range []access.Role{access.Agent, access.Supervisor} {
		conn, err := agentAt(t, s, o, role).Desk(ctx)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		lists = append(lists, watchLists(conn))
	}
	right := func() {
		t.Helper()
		truth := waitingIDs(t, o)
		head := slices.Clone(truth[:min(len(truth), chat.LineShown)])
		slices.Sort(head)
		more := itoa(len(truth) - len(head))
		for _, l := range lists {
			eventually(t, func() string {
				return "listed " + itoa(len(l.is("line"))) + ", and " + l.behind() + " more; there are " + itoa(len(truth))
			}, func() bool {
				return slices.Equal(l.is("line"), head) && l.behind() == more
			})
		}
	}
	right()
	arrives := newVisitor(t, s, o, "")
	arrives.say("I come last")
	right()
	for range 5 { // next
		if _, err := s.queue.Take(ctx, mia, "Mia", uuid.Nil); err != nil {
			t.Fatal(err)
		}
	}
	right()
	truth := waitingIDs(t, o)
	for _, i := range []int{0, 20, 49, 60, len(truth) - 1} { // picked: in the list, and behind it
		if _, err := s.queue.Take(ctx, mia, "Mia", uuid.MustParse(truth[i])); err != nil {
			t.Fatal(err)
		}
	}
	right()
	if err := s.queue.SetStatus(ctx, mia, "offline", ""); err != nil { // all ten come back: to the front, and behind what is listed
		t.Fatal(err)
	}
	right()
	eventually(t, func() string { return "still their own: " + strings.Join(lists[0].is("mine"), " ") }, func() bool { return len(lists[0].is("mine")) == 0 })
	if err := s.queue.SetStatus(ctx, mia, "online", ""); err != nil {
		t.Fatal(err)
	}
	for range all - chat.LineShown/2 { // until all that wait are listed
		if _, err := s.queue.Take(ctx, mia, "Mia", uuid.Nil); err != nil {
			t.Fatal(err)
		}
	}
	right()
	for range chat.LineShown / 2 {
		v := newVisitor(t, s, o, "")
		v.say("One more")
	}
	right()
}
