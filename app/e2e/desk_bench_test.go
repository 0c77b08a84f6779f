package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/front/live"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// BenchmarkDesk prints how the desk bears a long day: 60 open conversations and 200 in the queue on a processor four
// times slower, the cost of a message, and 10,000 messages.
func BenchmarkDesk(b *testing.B) {
	ctx := context.Background()
	o := testkit.NewOrg(b)
	s := startServer(b, func(c *serve.Config) { c.CommitWindow, c.Limits = 0, live.Limits{} })
	agent := o.As(access.Agent)
	mine := startLongDay(ctx, b, s, o, agent)
	desk := testkit.NewTab(b)
	desk.Size(1600, 900, false)
	desk.LogIn(s.URL, o.Users[access.Agent].Email, testkit.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready")`)
	desk.ThrottleCPU(4)
	var loads []float64
	for range 3 {
		desk.Reload()
		desk.Wait(`document.body.classList.contains("ready")`)
		loads = append(loads, testkit.Eval[float64](desk, `performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd`))
	}
	b.ReportMetric(min(loads[0], loads[1], loads[2]), "ms-to-interactive-at-4x")
	b.ReportMetric(testkit.Eval[float64](desk, `performance.getEntriesByType("navigation")[0].transferSize / 1024`), "kB-page")

	reportMessageCost(b, desk, mine[0])
	desk.ThrottleCPU(1)

	// A long shift. Their panels are closed: nobody reads there.
	for _, v := range mine {
		v.Close()
	}

	spoken := 0
	some := func(n int) { // and waits until they are shown, as people do
		for i := spoken; i < spoken+n/2; i++ {
			v := mine[i%20]
			_, err := s.Conversations.SendAsVisitor(ctx, access.Visitor(o.ID, o.Website, visitorID(b, v.token, o)), conversation.VisitorMessage{ID: uuid.New(), Conversation: uuid.MustParse(v.conversation),
				Body: "Another message of the visitor's, as they come all day long, number " + itoa(i)})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := s.Conversations.SendAsAgent(ctx, agent, uuid.MustParse(v.conversation), uuid.New(),
				conversation.Text, "And another answer to it, number "+itoa(i)); err != nil {
				b.Fatal(err)
			}
		}
		spoken += n / 2
		for range 600 { // the list shows it also where the pane has no thread yet
			if testkit.Eval[bool](desk, `document.querySelector("#mine").textContent.includes("answer to it, number `+itoa(spoken-1)+`")`) {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		b.Fatal("the desk does not keep up")
	}

	talk := func(n int) {
		for range n / 200 {
			some(200)
		}
	}
	talk(2000) // full threads
	before, nodes := desk.HeapSize(), testkit.Eval[float64](desk, `document.querySelectorAll("*").length`)
	begun := time.Now()
	talk(10_000)
	b.ReportMetric((desk.HeapSize()-before)/(1<<20), "MB-more-after-10000-messages")
	b.ReportMetric(before/(1<<20), "MB-before")
	b.ReportMetric(testkit.Eval[float64](desk, `document.querySelectorAll("*").length`)-nodes, "elements-more")
	b.ReportMetric(nodes, "elements-before")
	b.ReportMetric(10_000/time.Since(begun).Seconds(), "messages/s")
}

// startLongDay fills the FAQ, and has 260 visitors write; the first 60 are the agent's, with ten answers each, and are returned.
func startLongDay(ctx context.Context, b *testing.B, s *serve.Server, o testkit.Org, agent access.Actor) (mine []*visitorClient) {
	b.Helper()
	for i := range 30 {
		addFAQEntry(b, s, o, fmt.Sprintf("How does the thing number %d of our shop work?", i),
			strings.Repeat("It works by itself, as soon as it is switched on. ", 6))
	}
	for i := range 260 {
		v := newVisitor(b, s, o, "")
		v.send(fmt.Sprintf("How does the thing number %d work, please?", i%30))
		if i >= 60 {
			continue
		}
		mine = append(mine, v)
		id := uuid.MustParse(v.conversation)
		if _, err := s.Routing.Take(ctx, agent, "Mia", id); err != nil {
			b.Fatal(err)
		}
		for n := range 10 {
			if _, err := s.Conversations.SendAsAgent(ctx, agent, id, uuid.New(), conversation.Text,
				fmt.Sprintf("Answer %d, which is of a usual length for what agents write in a chat.", n)); err != nil {
				b.Fatal(err)
			}
		}
	}
	return mine
}

// reportMessageCost reports what comes over the desk's socket for one message with suggestions, and what moves on the screen.
func reportMessageCost(b *testing.B, desk *testkit.Tab, first *visitorClient) {
	b.Helper()
	desk.Run(`window.came = 0; window.shift = 0; document.addEventListener("htmx:ws:before:message:incoming", (e) => { came += e.detail.message.data.length; });
		new PerformanceObserver((list) => { for (const e of list.getEntries()) shift += e.value; }).observe({ type: "layout-shift" });`)
	desk.Run(`document.querySelector("#mine-` + first.conversation + ` button").click()`)
	first.send("Hello?")
	time.Sleep(11 * time.Second) // a desk that has just opened asks more
	desk.Run(`came = 0; shift = 0;`)
	first.send("And how does the thing number 7 of the shop work, if I may ask?")
	desk.Wait(`$("#suggest-` + first.conversation + ` li")`)
	time.Sleep(500 * time.Millisecond)
	b.ReportMetric(testkit.Eval[float64](desk, "came"), "bytes-per-message-with-suggestions")
	b.ReportMetric(testkit.Eval[float64](desk, "shift"), "layout-shift")
}
