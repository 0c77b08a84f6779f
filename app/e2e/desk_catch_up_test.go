package e2e

import (
	"context"
	"errors"
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

	"parley/app/front/live"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

// deskLists is what a desk lists, built from the frames of its socket as the page does.
type deskLists struct {
	mu          sync.Mutex
	queue, mine map[string]bool
	more        string
	ready       bool
	opened      chan struct{} // closed when the first lists have come, or the socket has ended
}

var listParts = regexp.MustCompile(`hx-target="#(queue|mine)" hx-swap="innerHTML"|hx-target="#(queue|mine)-([0-9a-f-]{36})" hx-swap="delete"|<li id="(queue|mine)-([0-9a-f-]{36})"|id="queue-more" class="more" data-more="(\d+)"`)

func (l *deskLists) apply(frame string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lists := map[string]map[string]bool{"queue": l.queue, "mine": l.mine}
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

func (l *deskLists) ids(list string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Sorted(maps.Keys(map[string]map[string]bool{"queue": l.queue, "mine": l.mine}[list]))
}

func (l *deskLists) beyondHead() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.more
}

// followLists follows a desk's lists on a socket that has said hello.
func followLists(conn *websocket.Conn) *deskLists {
	l := &deskLists{queue: map[string]bool{}, mine: map[string]bool{}, opened: make(chan struct{})}
	go func() {
		opened := sync.OnceFunc(func() { close(l.opened) })
		defer opened()
		for {
			_, frame, err := conn.ReadMessage()
			if err != nil {
				return
			}
			l.apply(string(frame))
			if l.ready {
				opened()
			}
		}
	}()
	return l
}

// eventually waits until a condition holds.
func eventually(t testing.TB, what func() string, holds func() bool) {
	t.Helper()
	for begun := time.Now(); time.Since(begun) < testkit.Patience; time.Sleep(20 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatal(what())
}

// waitingIDs returns the ids of the waiting conversations in the database, in order.
func waitingIDs(t testing.TB, o testkit.Org) (ids []string) {
	t.Helper()
	rows, err := testkit.DB(t).As(access.System(o.ID, "test")).Query(context.Background(), "select id from conversations where state = 'waiting' order by queued_at, id")
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

// awaitOnline waits until an agent's socket is known to the server.
func awaitOnline(t testing.TB, o testkit.Org, role access.Role) {
	t.Helper()
	eventually(t, func() string { return "the agent does not come online" }, func() bool {
		var n int
		row := testkit.DB(t).As(access.System(o.ID, "test")).QueryRow(context.Background(), "select count(*) from presence where user_id = $1", o.As(role).ID())
		return row.Scan(&n) == nil && n > 0
	})
}

// TestEventsWhileDeskOpens shows that what happens between the opening of a desk's socket and its first list stays
// on the screen: nothing of it is taken for somebody else's, and nothing that has gone meanwhile comes back.
func TestEventsWhileDeskOpens(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	before := newVisitor(t, s, o, "")
	before.send("I was here first")
	conn, _, err := logInAgent(t, s, o, access.Agent).Socket(ctx, "/live/desk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	awaitOnline(t, o, access.Agent)
	// The socket is open; the page has not said hello yet.
	arrives, taken, leaves := newVisitor(t, s, o, ""), newVisitor(t, s, o, ""), newVisitor(t, s, o, "")
	for _, v := range []*visitorClient{arrives, taken, leaves} {
		v.send("I come while the desk opens")
	}
	if _, err := s.Routing.Take(ctx, o.As(access.Supervisor), "Sara", uuid.MustParse(leaves.conversation)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Routing.Take(ctx, o.As(access.Agent), "Mia", uuid.MustParse(taken.conversation)); err != nil {
		t.Fatal(err)
	}
	if err := conn.WriteJSON(map[string]any{"type": "hello", "threads": map[string]int{}}); err != nil {
		t.Fatal(err)
	}
	l := followLists(conn)
	line, mine := []string{before.conversation, arrives.conversation}, []string{taken.conversation}
	slices.Sort(line)
	eventually(t, func() string {
		return "listed: " + strings.Join(l.ids("queue"), " ") + ", own: " + strings.Join(l.ids("mine"), " ")
	}, func() bool {
		return slices.Equal(l.ids("queue"), line) && slices.Equal(l.ids("mine"), mine)
	})
	last := newVisitor(t, s, o, "") // after which nothing of the opening is still on its way
	last.send("I come afterwards")
	line = append(line, last.conversation)
	slices.Sort(line)
	eventually(t, func() string { return "listed at last: " + strings.Join(l.ids("queue"), " ") }, func() bool { return slices.Equal(l.ids("queue"), line) })
}

// TestEventsWhileListLoads shows that what happens while a desk's first list is being read is newer than the list:
// it is neither taken for somebody else's nor lost. A lock delays the reading; it is not parallel, so that no other
// desk waits for it.
func TestEventsWhileListLoads(t *testing.T) {
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	before, goes := newVisitor(t, s, o, ""), newVisitor(t, s, o, "")
	before.send("I was here first")
	goes.send("I was here, too")
	conn, _, err := logInAgent(t, s, o, access.Agent).Socket(ctx, "/live/desk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	awaitOnline(t, o, access.Agent)
	_, owner := testkit.DatabaseURLs(t)
	holder, err := pgx.Connect(ctx, owner)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close(ctx)
	if _, err := holder.Exec(ctx, "begin; lock table participants in access exclusive mode"); err != nil {
		t.Fatal(err)
	}
	if err := conn.WriteJSON(map[string]any{"type": "hello", "threads": map[string]int{}}); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() string { return "the list is not being read" }, func() bool {
		var n int
		err := holder.QueryRow(ctx, "select count(*) from pg_locks where relation = 'participants'::regclass and not granted").Scan(&n)
		return err == nil && n > 0
	})
	comes := newVisitor(t, s, o, "")
	comes.send("I come while the list is read")
	time.Sleep(300 * time.Millisecond) // the desk's server receives the event
	if _, err := holder.Exec(ctx, "commit"); err != nil {
		t.Fatal(err)
	}
	l := followLists(conn)
	eventually(t, func() string { return "no list" }, func() bool { return len(l.ids("queue")) >= 2 })
	if _, err := s.Routing.Take(ctx, o.As(access.Supervisor), "Sara", uuid.MustParse(goes.conversation)); err != nil {
		t.Fatal(err)
	}
	last := newVisitor(t, s, o, "") // after which nothing of the opening is still on its way
	last.send("I come afterwards")
	line := []string{before.conversation, comes.conversation, last.conversation}
	slices.Sort(line)
	eventually(t, func() string {
		return "listed: " + strings.Join(l.ids("queue"), " ") + "; there are " + strings.Join(line, " ")
	}, func() bool { return slices.Equal(l.ids("queue"), line) })
}

// openDeskWhenFree opens a desk as a page does: where the organization is doing a lot at once, it tries again later.
func openDeskWhenFree(ctx context.Context, a *traffic.Agent) (conn *websocket.Conn, err error) {
	for range 100 {
		if conn, err = a.OpenDeskAt(ctx, nil); !errors.Is(err, websocket.ErrBadHandshake) {
			return conn, err
		}
		time.Sleep(300 * time.Millisecond)
	}
	return nil, err
}

// TestDeskCatchesUpAfterReconnect shows that desks that reconnect again and again, while conversations arrive, are
// taken, requeued and closed, list in the end what the database has.
func TestDeskCatchesUpAfterReconnect(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	again := func(c *serve.Config) { c.Limits.UserRequests = live.Rate{} } // no person comes back so often
	one, two := startServer(t, again), startServer(t, again)
	openDesk(t, logInAgent(t, one, o, access.Agent)) // both stay online
	openDesk(t, logInAgent(t, two, o, access.Supervisor))
	stop := make(chan struct{})
	var desks sync.WaitGroup
	lists := make([]*deskLists, 4)
	conns := make([]*websocket.Conn, 4)
	for i := range lists {
		s, role := []*serve.Server{one, two}[i%2], []access.Role{access.Agent, access.Supervisor}[i/2]
		a := logInAgent(t, s, o, role)
		desks.Go(func() {
			for round := 0; ; round++ {
				conn, err := openDeskWhenFree(ctx, a)
				if err != nil {
					t.Error(err)
					return
				}
				lists[i], conns[i] = followLists(conn), conn
				if round%2 == 1 { // the others may be closed before they are brought up to date, which must not pile up
					select {
					case <-stop:
						return
					case <-lists[i].opened:
					}
				}
				select {
				case <-stop: // this one stays
					return
				case <-time.After(time.Duration(10+7*i) * time.Millisecond):
					conn.Close()
				}
			}
		})
	}
	ids := moveConversations(t, one, two, o)
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
			return "desk " + itoa(i) + " lists " + strings.Join(l.ids("queue"), " ") + " and " + itoa(len(l.ids("mine"))) + " own; there are " + strings.Join(want, " ") + " and " + itoa(len(mine))
		}, func() bool { return slices.Equal(l.ids("queue"), want) && slices.Equal(l.ids("mine"), mine) })
		conns[i].Close()
	}
}

// moveConversations starts 60 conversations on two servers, and takes, assigns and closes two thirds of them.
func moveConversations(t *testing.T, one, two *serve.Server, o testkit.Org) []uuid.UUID {
	t.Helper()
	ctx, mia, sara := context.Background(), o.As(access.Agent), o.As(access.Supervisor)
	var ids []uuid.UUID
	for i := range 60 {
		s := []*serve.Server{one, two}[i%2]
		v := newVisitor(t, s, o, "")
		v.send("Number " + itoa(i))
		ids = append(ids, uuid.MustParse(v.conversation))
		other := []*serve.Server{two, one}[i%2]
		switch { // every third stays; the others are taken, and some of them closed
		case i%3 == 1:
			if _, err := other.Routing.Take(ctx, mia, "Mia", ids[i]); err != nil {
				t.Fatal(err)
			}
			if i%2 == 0 {
				if _, err := s.Conversations.Close(ctx, mia, ids[i]); err != nil {
					t.Fatal(err)
				}
			}
		case i%3 == 2:
			if _, err := s.Routing.Take(ctx, sara, "Sara", ids[i]); err != nil {
				t.Fatal(err)
			}
			if _, err := other.Routing.Assign(ctx, sara, ids[i], mia.ID()); err != nil {
				t.Fatal(err)
			}
		}
	}
	return ids
}
