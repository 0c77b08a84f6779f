package pg_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"parley/app/platform/access"
	"parley/app/platform/pg"
)

// Servers of this release go on working while a later one's migrations are applied: no statement of theirs fails, nothing that they
// acknowledged is lost, and the migrations get through.
func TestMigrateUnderTraffic(t *testing.T) {
	ctx, c := context.Background(), emptyCluster(t)
	if _, err := pg.Migrate(ctx, c.OwnerURL, c.AppURL); err != nil {
		t.Fatal(err)
	}
	super, err := pgx.Connect(ctx, strings.Replace(c.SuperURL, "/postgres?", "/parley?", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer super.Close(ctx)
	r := newRelease(t, c.AppURL, super)
	r.start()
	r.until(t, func() bool { return r.rounds.Load() > 20 })
	r.slowest.Store(0)
	began := time.Now()
	n, err := pg.MigrateWithin(ctx, laterMigrations(t), c.OwnerURL, "", 5*time.Minute)
	took := time.Since(began)
	after := r.rounds.Load()
	r.until(t, func() bool { return r.rounds.Load() > after+20 })
	r.end()
	if n != 3 || err != nil {
		t.Error(n, err)
	}
	t.Logf("%d migrations in %v; the slowest statement of %d rounds took %v", n, took, r.rounds.Load(), time.Duration(r.slowest.Load()))
	for _, failure := range r.failures {
		t.Error(failure)
	}
	var gaps, stored int64
	err = super.QueryRow(ctx, `select count(*) filter (where m.n is distinct from c.last_seq or m.last is distinct from c.last_seq), sum(m.texts)
		from conversations c
		left join lateral (select count(*) as n, max(seq) as last, count(*) filter (where kind = 'text') as texts
			from messages m where m.org_id = c.org_id and m.conversation_id = c.id) m on true`).Scan(&gaps, &stored)
	if err != nil || gaps != 0 || stored != r.acknowledged.Load() {
		t.Errorf("%d conversations with gaps; %d texts stored, %d acknowledged (%v)", gaps, stored, r.acknowledged.Load(), err)
	}
}

// emptyDatabase makes a database of its own on a cluster.
func emptyDatabase(t *testing.T, c *pg.Cluster, name string) (ownerURL, appURL string, super *pgx.Conn) {
	t.Helper()
	ctx := context.Background()
	admin, err := pgx.Connect(ctx, c.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(ctx)
	if _, err := admin.Exec(ctx, "create database "+name+" owner parley_owner"); err != nil {
		t.Fatal(err)
	}
	at := func(url, database string) string { return strings.Replace(url, "/"+database+"?", "/"+name+"?", 1) }
	if super, err = pgx.Connect(ctx, at(c.SuperURL, "postgres")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { super.Close(ctx) })
	return at(c.OwnerURL, "parley"), at(c.AppURL, "parley"), super
}

// release is the servers of a release at work: agents and visitors who write, screens that are drawn, rounds of routing, log-ins.
type release struct {
	db         *pg.DB
	statements map[string]string
	org        uuid.UUID
	group      uuid.UUID
	agents     []uuid.UUID

	ctx          context.Context
	cancel       context.CancelFunc
	workers      sync.WaitGroup
	rounds       atomic.Int64
	acknowledged atomic.Int64 // texts that were acknowledged
	slowest      atomic.Int64
	mu           sync.Mutex
	failures     []string
}

var (
	statementName = regexp.MustCompile(`(?m)^-- name: (\w+) :\w+\n`)
	optional      = regexp.MustCompile(`sqlc\.n?arg\((\w+)\)`)
	embedded      = regexp.MustCompile(`sqlc\.embed\((\w+)\)`)
)

func newRelease(t *testing.T, appURL string, super *pgx.Conn) *release {
	t.Helper()
	ctx := context.Background()
	r := &release{statements: map[string]string{}, org: uuid.New()}
	for _, file := range []string{"conversation", "group", "presence", "routing", "identity", "archive"} {
		text, err := os.ReadFile("../../../db/queries/" + file + ".sql")
		if err != nil {
			t.Fatal(err)
		}
		names := statementName.FindAllSubmatchIndex(text, -1)
		for i, at := range names {
			end := len(text)
			if i+1 < len(names) {
				end = names[i+1][0]
			}
			statement := embedded.ReplaceAllString(string(text[at[1]:end]), "$1.*")
			r.statements[string(text[at[2]:at[3]])] = optional.ReplaceAllString(statement, "@$1")
		}
	}
	for range 3 {
		r.agents = append(r.agents, uuid.New())
	}
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := super.Exec(ctx, sql, args...); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	exec(
		"select set_config('app.org_id', $1, false), set_config('app.role', 'system', false), set_config('app.actor_id', '', false)",
		r.org.String())
	exec("insert into organizations (id, name) values ($1, 'A')", r.org)
	exec("insert into customers (org_id, id, name) values ($1, $1, 'A')", r.org)
	exec("insert into websites (org_id, id, customer_id, key, name) values ($1, $1, $1, 'abcdefghijklmnop', 'W')", r.org)
	for i, agent := range r.agents {
		exec("insert into users (org_id, id, email, name, role) values ($1, $2, $3, 'Mia', 'agent')", r.org, agent,
			fmt.Sprintf("a%d@b.example", i))
	}
	exec("update agents set max_chats = 1000")
	exec("grant parley_app to parley")
	if err := super.QueryRow(ctx, "select id from groups").Scan(&r.group); err != nil {
		t.Fatal(err)
	}
	db, err := pg.Open(ctx, appURL)
	if err != nil {
		t.Fatal(err)
	}
	r.db = db
	t.Cleanup(r.db.Close)
	return r
}

func (r *release) start() {
	r.ctx, r.cancel = context.WithCancel(context.Background())
	for i := range r.agents {
		r.worker(func() { r.runConversation(r.agents[i]) })
		r.worker(func() { r.runDesk(r.agents[i]) })
	}
	r.worker(r.runRouting)
	r.worker(r.runLogIn)
}

func (r *release) worker(round func()) {
	r.workers.Go(func() {
		for r.ctx.Err() == nil {
			round()
			r.rounds.Add(1)
			time.Sleep(10 * time.Millisecond) // busy, not saturated
		}
	})
}

func (r *release) end() {
	r.cancel()
	r.workers.Wait()
}

func (r *release) until(t *testing.T, enough func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !enough(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the load makes no progress")
		}
	}
}

// fail notes what went wrong with a statement.
func (r *release) fail(name string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.failures) < 5 {
		r.failures = append(r.failures, name+": "+err.Error())
	}
}

// run sends a statement with the values it names, and reports whether it gave rows.
func (r *release) run(on *pg.Tenant, name string, values pgx.NamedArgs) bool {
	sql, there := r.statements[name]
	if !there {
		r.fail(name, errors.New("there is no such statement in db/queries"))
		return false
	}
	began := time.Now()
	rows, err := on.Query(context.Background(), sql, values)
	n := 0
	if err == nil {
		for rows.Next() {
			n++
		}
		rows.Close()
		err = rows.Err()
	}
	took := int64(time.Since(began))
	for was := r.slowest.Load(); took > was && !r.slowest.CompareAndSwap(was, took); was = r.slowest.Load() {
	}
	if err != nil {
		r.fail(name, err)
	}
	return n > 0
}

func (r *release) system() *pg.Tenant { return r.db.As(access.System(r.org, "test")) }

// runConversation is one conversation: begun, taken, answered, put back, taken again, closed.
func (r *release) runConversation(agent uuid.UUID) {
	visitor, conversation, message := uuid.New(), uuid.New(), uuid.New()
	ids := func(id uuid.UUID) []uuid.UUID { return []uuid.UUID{id} }
	none := []string{""}
	if r.run(r.system(), "StartConversations", pgx.NamedArgs{
		"message_ids":      ids(message),
		"conversation_ids": ids(conversation),
		"visitor_ids":      ids(visitor),
		"website_ids":      ids(r.org),
		"customer_ids":     ids(r.org),
		"group_ids":        ids(uuid.Nil),
		"kinds":            []string{"text"},
		"bodies":           []string{"Hello"},
		"page_urls":        none,
		"page_titles":      none,
		"referrers":        none,
		"user_agents":      none,
		"languages":        none,
		"ip_addresses":     none,
	}) {
		r.acknowledged.Add(1)
	}
	r.run(r.system(), "CountArrivals", pgx.NamedArgs{"conversation_ids": ids(conversation)})
	say := func(author string, id uuid.UUID, kind string) {
		message = uuid.New()
		if r.run(r.system(), "SendMessages", pgx.NamedArgs{
			"message_ids":      ids(message),
			"conversation_ids": ids(conversation),
			"authors":          []string{author},
			"author_ids":       ids(id),
			"kinds":            []string{kind},
			"bodies":           []string{"Words"},
		}) && kind == "text" {
			r.acknowledged.Add(1)
		}
		if author == "agent" {
			r.run(r.system(), "LearnReplyTimes", pgx.NamedArgs{"message_ids": ids(message), "conversation_ids": ids(conversation)})
		}
	}
	who := r.db.As(access.User(r.org, agent, access.Agent, uuid.Nil))
	take := func() {
		r.run(who, "TakeConversation", pgx.NamedArgs{
			"agent_id":        agent,
			"agent_name":      "Mia",
			"conversation_id": conversation,
			"anywhere":        true,
			"groups":          ids(r.group),
			"message_id":      uuid.New(),
		})
	}
	take()
	say("agent", agent, "text")
	say("visitor", visitor, "text")
	say("agent", agent, "note")
	r.run(r.system(), "RequeueConversations", pgx.NamedArgs{
		"all_of_agent":     false,
		"conversation_ids": ids(conversation),
		"unanswered":       false,
		"state_reason":     "lost",
		"agent_lost":       true,
		"note":             "",
		"offer_seconds":    0,
		"offer_note":       "",
	})
	take()
	say("agent", agent, "text")
	r.run(who, "ListMessagesAfter", pgx.NamedArgs{"conversation_id": conversation, "after": 0, "most": 100})
	r.run(who, "CloseConversation", pgx.NamedArgs{"conversation_id": conversation, "agent_id": agent, "message_id": uuid.New()})
}

// runDesk is what an agent's screens read, and its availability.
func (r *release) runDesk(agent uuid.UUID) {
	who := r.db.As(access.User(r.org, agent, access.Agent, uuid.Nil))
	for _, status := range []string{"online", "away"} {
		r.run(who, "SetAgentStatus", pgx.NamedArgs{"user_id": agent, "status": status, "chosen": false, "reason": ""})
		r.run(who, "ListDeskConversations", pgx.NamedArgs{"agent_id": agent, "anywhere": true, "groups": []uuid.UUID{r.group}, "most": 50})
		r.run(r.system(), "ListUsers", pgx.NamedArgs{"everybody": true})
		r.run(r.system(), "ListMonitorQueues", nil)
		r.run(r.system(), "ListArchived", pgx.NamedArgs{"most": 20, "before_id": uuid.Nil})
	}
}

// runRouting is a round of routing: one transaction that reads nearly all that there is.
func (r *release) runRouting() {
	err := r.system().Tx(context.Background(), func(tx *pg.Tenant) error {
		for _, name := range []string{
			"LockRouting", "GetRoutingState", "ListRoutingGroups", "ListRoutingAgents", "ListRoutingMemberships",
			"ListRoutingConversations", "ListRoutingQueue", "ListRoutingCustomers", "RecordRound",
		} {
			r.run(tx, name, pgx.NamedArgs{"most": 20, "deciding": []uuid.UUID{r.group}, "requeued": false})
		}
		return nil
	})
	if err != nil {
		r.fail("a round of routing", err)
	}
}

// runLogIn is what a log-in writes and reads.
func (r *release) runLogIn() {
	ctx, token := context.Background(), uuid.NewString()
	if _, err := r.system().Exec(ctx, "select app.door_save_session($1, 'x', now() + interval '1 hour')", token); err != nil {
		r.fail("a log-in", err)
	}
	if _, err := r.system().Exec(ctx, "select app.door_find_session($1)", token); err != nil {
		r.fail("a session", err)
	}
}
