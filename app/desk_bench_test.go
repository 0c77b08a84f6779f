package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/apptest"
	"parley/app/chat"
	"parley/app/live"
)

// BenchmarkDesk prints how the desk bears a long day: 60 open conversations and 200 in the line on a processor four times slower,
// what a message costs, and 10,000 messages.
func BenchmarkDesk(b *testing.B) {
	ctx := context.Background()
	o := apptest.NewOrg(b)
	s := serveTest(b, func(c *config) { c.CommitWindow, c.Limits = 0, live.Limits{} })
	agent := o.As(access.Agent)
	for i := range 30 {
		addEntry(b, s, o, fmt.Sprintf("How does the thing number %d of our shop work?", i), strings.Repeat("It works by itself, as soon as it is switched on. ", 6))
	}
	var mine []*visitor
	for i := range 260 {
		v := newVisitor(b, s, o, "")
		v.say(fmt.Sprintf("How does the thing number %d work, please?", i%30))
		if i >= 60 {
			continue
		}
		mine = append(mine, v)
		id := uuid.MustParse(v.conversation)
		if _, err := s.queue.Take(ctx, agent, "Mia", id); err != nil {
			b.Fatal(err)
		}
		for n := range 10 {
			if _, err := s.chat.SayAsAgent(ctx, agent, id, uuid.New(), chat.Text, fmt.Sprintf("Answer %d, which is of a usual length for what agents write in a chat.", n)); err != nil {
				b.Fatal(err)
			}
		}
	}
	desk := apptest.NewTab(b)
	desk.Size(1600, 900, false)
	desk.LogIn(s.url, o.Users[access.Agent].Email, apptest.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready")`)
	desk.Slow(4)
	var loads []float64
	for range 3 {
		desk.Reload()
		desk.Wait(`document.body.classList.contains("ready")`)
		loads = append(loads, apptest.Eval[float64](desk, `performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd`))
	}
	b.ReportMetric(min(loads[0], loads[1], loads[2]), "ms-to-interactive-at-4x")
	b.ReportMetric(apptest.Eval[float64](desk, `performance.getEntriesByType("navigation")[0].transferSize / 1024`), "kB-page")

	// One message: what comes over the socket, and what moves.
	desk.Run(`window.came = 0; window.shift = 0; document.addEventListener("htmx:ws:before:message:incoming", (e) => { came += e.detail.message.data.length; });
		new PerformanceObserver((list) => { for (const e of list.getEntries()) shift += e.value; }).observe({ type: "layout-shift" });`)
	first := mine[0]
	desk.Run(`document.querySelector("#mine-` + first.conversation + ` button").click()`)
	time.Sleep(time.Second)
	desk.Run(`came = 0; shift = 0; window.errs = []; for (const n of ['htmx:ws:close','htmx:ws:after:connection','htmx:ws:error','htmx:error']) document.addEventListener(n, (e) => errs.push(n + ' ' + performance.now().toFixed() + ' ' + (e.detail && (e.detail.code || e.detail.error || '')) + ' ' + came)); addEventListener('unhandledrejection', (e) => errs.push(String(e.reason && e.reason.stack || e.reason)))`)
	first.say("And how does the thing number 7 of the shop work, if I may ask?")
	desk.Wait(`$("#suggest-` + first.conversation + ` li")`)
	time.Sleep(500 * time.Millisecond)
	b.ReportMetric(apptest.Eval[float64](desk, "came"), "bytes-per-message-with-suggestions")
	b.ReportMetric(apptest.Eval[float64](desk, "shift"), "layout-shift")
	desk.Slow(1)

	// A long shift.

	talk := func(n int) {
		for i := range n / 2 {
			v := mine[i%20]
			v.say("Another message of the visitor's, as they come all day long, number " + itoa(i))
			if _, err := s.chat.SayAsAgent(ctx, agent, uuid.MustParse(v.conversation), uuid.New(), chat.Text, "And another answer to it, number "+itoa(i)); err != nil {
				b.Fatal(err)
			}
		}
		last := mine[(n/2-1)%20].conversation
		for range 30 { // however long it takes
			if apptest.Eval[bool](desk, `document.querySelector("#thread-`+last+`").textContent.includes("answer to it, number `+itoa(n/2-1)+`")`) {
				return
			}
			time.Sleep(2 * time.Second)
		}
		was := apptest.Eval[float64](desk, "came")
		mine[0].say("Is anybody there?")
		time.Sleep(3 * time.Second)
		b.Log("came before and after another message", was, apptest.Eval[float64](desk, "came"), apptest.Eval[string](desk, "JSON.stringify(window.errs||[])"))
		b.Fatal("the desk does not keep up", apptest.Eval[string](desk, `document.querySelector("#connection").textContent + " / " + document.querySelector("#thread-`+last+`").lastElementChild.textContent + " / " + document.querySelector("#thread-`+last+`").childElementCount + " / " + [...document.querySelectorAll(".thread")].map((t) => t.lastElementChild.dataset.seq).join()`), desk.Console())
	}

	talk(3600) // full threads
	before, nodes := desk.Heap(), apptest.Eval[float64](desk, `document.querySelectorAll("*").length`)
	begun := time.Now()
	talk(10_000)
	b.ReportMetric((desk.Heap()-before)/(1<<20), "MB-more-after-10000-messages")
	b.ReportMetric(before/(1<<20), "MB-before")
	b.ReportMetric(apptest.Eval[float64](desk, `document.querySelectorAll("*").length`)-nodes, "elements-more")
	b.ReportMetric(nodes, "elements-before")
	b.ReportMetric(10_000/time.Since(begun).Seconds(), "messages/s")
	for b.Loop() {
		break
	}
}
