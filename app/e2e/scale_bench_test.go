package e2e

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/front/live"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

// medianPage measures a page: the median time of several requests, and its size.
func medianPage(b *testing.B, a *traffic.Agent, address string) (took time.Duration, size int) {
	var times []time.Duration
	for range 15 {
		begun := time.Now()
		size = len(fetchPage(b, a, address))
		times = append(times, time.Since(begun))
	}
	slices.Sort(times)
	return times[len(times)/2], size
}

// medianOpening measures what a desk's socket sends until it is up to date: the median time of several, and the
// size.
func medianOpening(b *testing.B, a *traffic.Agent, hello any) (took time.Duration, size int) {
	var times []time.Duration
	for range 7 {
		begun := time.Now()
		conn, _, err := a.Socket(context.Background(), "/live/desk")
		if err != nil {
			b.Fatal(err)
		}
		if err := conn.WriteJSON(hello); err != nil {
			b.Fatal(err)
		}
		for size = 0; ; {
			_, frame, err := conn.ReadMessage()
			if err != nil {
				b.Fatal(err)
			}
			size += len(frame)
			if strings.Contains(string(frame), `hx-target="#mine"`) {
				break
			}
		}
		times = append(times, time.Since(begun))
		conn.Close()
	}
	slices.Sort(times)
	return times[len(times)/2], size
}

// BenchmarkDeskScale prints what the desk and the live monitor cost with 10,000 conversations in the queue, and the desk with 500 open ones
// of 60 messages each.
func BenchmarkDeskScale(b *testing.B) {
	ctx := context.Background()
	o := testkit.NewOrg(b)
	s := startServer(b, func(c *serve.Config) { c.CommitWindow, c.Limits = 0, live.Limits{} })
	group := addGroup(b, s, o, groupSettings("Orders"), 1000, o.Users[access.Agent])
	waiting := fillQueue(b, o, group, 10_000)
	analyze(b, "conversations")
	report := func(name string, took time.Duration, size int) {
		b.ReportMetric(float64(took.Microseconds())/1000, "ms-"+name)
		b.ReportMetric(float64(size)/1024, "kB-"+name)
	}
	for _, role := range []access.Role{access.Agent, access.Supervisor} {
		a := logInAgent(b, s, o, role)
		took, size := medianPage(b, a, s.URL+"/desk")
		report(string(role)+"-page-10000-waiting", took, size)
		took, size = medianOpening(b, a, map[string]any{"type": "hello", "threads": map[string]int{}})
		report(string(role)+"-socket-10000-waiting", took, size)
	}
	took, size := medianPage(b, logInAgent(b, s, o, access.Supervisor), s.URL+"/monitor")
	report("monitor-10000-waiting", took, size)
	agent := o.As(access.Agent)
	openDesk(b, logInAgent(b, s, o, access.Agent)) // else it is taken for gone
	var times []time.Duration
	var ids []uuid.UUID
	for i := range 500 {
		begun := time.Now()
		c, err := s.Routing.Take(ctx, agent, "Mia", uuid.Nil)
		if err != nil || c.ID != waiting[i] {
			b.Fatal(c.ID, waiting[i], err)
		}
		times = append(times, time.Since(begun))
		ids = append(ids, c.ID)
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "ms-take-next-10000-waiting")
	system := testkit.DB(b).As(access.System(o.ID, "test"))
	for _, sql := range []string{
		`insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, author_name, body, created_at)
		 select c.org_id, c.id, n, gen_random_uuid(), c.visitor_id, 'text', case n % 2 when 0 then 'agent' else 'visitor' end, case n % 2 when 0 then c.agent_id else c.visitor_id end, case n % 2 when 0 then 'Mia' else '' end,
		   'A message of a usual length for what people write in a chat, number ' || n, now()
		 from conversations c cross join generate_series(3, 60) n where c.id = any($1::uuid[])`,
		`update conversations set last_seq = 60 where id = any($1::uuid[])`,
	} {
		if _, err := system.Exec(ctx, sql, ids); err != nil {
			b.Fatal(err)
		}
	}
	analyze(b, "messages")
	a := logInAgent(b, s, o, access.Agent)
	took, size = medianPage(b, a, s.URL+"/desk")
	report("page-500-open", took, size)
	took, size = medianOpening(b, a, openingOf(fetchPage(b, a, s.URL+"/desk")))
	report("socket-500-open", took, size)
	desk := testkit.NewTab(b)
	desk.Size(1600, 900, false)
	desk.LogIn(s.URL, o.Users[access.Agent].Email, testkit.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready")`)
	var loads []float64
	for range 3 {
		desk.Reload()
		desk.Wait(`document.body.classList.contains("ready")`)
		loads = append(loads, testkit.Eval[float64](desk, `performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd`))
	}
	b.ReportMetric(min(loads[0], loads[1], loads[2]), "ms-interactive-500-open")
	b.ReportMetric(testkit.Eval[float64](desk, `document.querySelectorAll("*").length`), "elements-500-open")
}

var paneParts = regexp.MustCompile(`<section id="pane-([0-9a-f-]{36})" class="pane( light)?"`)

// openingOf is the hello of a page with conversations of 60 messages each.
func openingOf(page string) any {
	threads, light := map[string]int{}, map[string]int{}
	for _, m := range paneParts.FindAllStringSubmatch(page, -1) {
		if m[2] == "" {
			threads[m[1]] = 60
		} else {
			light[m[1]] = 60
		}
	}
	return map[string]any{"type": "hello", "threads": threads, "light": light}
}
