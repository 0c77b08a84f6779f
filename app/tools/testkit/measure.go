package testkit

import (
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
)

// ThrottleCPU makes the page's processor slower by a factor; 1 is as it is.
func (b *Tab) ThrottleCPU(factor float64) {
	b.T.Helper()
	ctx, cancel := b.withTimeout(Patience)
	defer cancel()
	if _, err := chromedp.Call(ctx, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: factor}); err != nil {
		b.fatal(err)
	}
}

// HeapSize returns the bytes that the page's scripts hold, after collecting what nobody holds.
func (b *Tab) HeapSize() float64 {
	b.T.Helper()
	ctx, cancel := b.withTimeout(Patience)
	defer cancel()
	for range 2 {
		if _, err := chromedp.Call(ctx, heapprofiler.CollectGarbage, cdp.Empty{}); err != nil {
			b.fatal(err)
		}
	}
	return Eval[float64](b, "performance.memory.usedJSHeapSize")
}

// TaskTime returns for how many seconds the page's main thread has worked.
func (b *Tab) TaskTime() float64 {
	b.T.Helper()
	ctx, cancel := b.withTimeout(Patience)
	defer cancel()
	if _, err := chromedp.Call(ctx, performance.Enable, performance.EnableParams{TimeDomain: "threadTicks"}); err != nil {
		b.fatal(err)
	}
	m, err := chromedp.Call(ctx, performance.GetMetrics, cdp.Empty{})
	if err != nil {
		b.fatal(err)
	}
	for _, x := range m.Metrics {
		if x.Name == "TaskDuration" {
			return x.Value
		}
	}
	b.T.Fatal("the browser does not say how long it has worked")
	return 0
}
