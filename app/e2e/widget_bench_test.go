package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"parley/app/tools/testkit"
)

// BenchmarkWidget prints what the widget costs a page on a processor four times slower: the main thread's time until
// the launcher is there, layout shifts, and how long it takes from a click to a composer that can be written in.
func BenchmarkWidget(b *testing.B) {
	o := testkit.NewOrg(b)
	s := startServer(b, nil)
	// what any page has: words, and a script of its own
	const shop = "<h1>A shop</h1><p>With some words on it.</p><script>document.body.dataset.js = new Date().getFullYear();</script>"
	with := newPage(b, s, o.Key, `lang="en"`, "", shop)
	without := servePage(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `<!DOCTYPE html><html lang="en"><head><title>A page</title></head><body>`+shop+`</body></html>`)
	}))
	page := func(tab *testkit.Tab, address, until string) float64 {
		tab.Go("about:blank")
		before := tab.TaskTime()
		tab.Go(address)
		time.Sleep(600 * time.Millisecond) // looking often would be counted
		tab.Wait(until)
		return (tab.TaskTime() - before) * 1000
	}
	var plain, loading, opening, shifts []float64
	for range 15 {
		tab := testkit.NewTab(b)
		tab.TaskTime() // counting begins
		tab.ThrottleCPU(4)
		page(tab, without, `document.querySelector("h1")`) // warm
		plain = append(plain, page(tab, without, `document.querySelector("h1")`))
		loading = append(loading, page(tab, with, `$("chat .launcher").getClientRects().length`))
		shifts = append(shifts,
			testkit.Eval[float64](tab,
				`new Promise((done) => { let sum = 0; new PerformanceObserver((l) => { for (const e of l.getEntries()) sum += e.value; }).observe({ type: "layout-shift", buffered: true }); setTimeout(() => done(sum), 200); })`))
		opening = append(opening, testkit.Eval[float64](tab, `new Promise((done) => { const root = document.getElementById("parley").shadowRoot, from = performance.now();
			root.querySelector(".launcher").click(); const look = () => root.activeElement?.tagName === "TEXTAREA" ? requestAnimationFrame(() => done(performance.now() - from)) : setTimeout(look, 1); look(); })`))
		tab.ThrottleCPU(1)
		tab.Go("about:blank") // it costs the next one nothing
	}
	median := func(list []float64) float64 { slices.Sort(list); return list[len(list)/2] }
	b.ReportMetric(median(loading)-median(plain), "ms-of-main-thread-until-launcher-at-4x")
	b.ReportMetric(median(opening), "ms-click-to-composer-at-4x")
	b.ReportMetric(slices.Max(shifts), "layout-shift")
}
