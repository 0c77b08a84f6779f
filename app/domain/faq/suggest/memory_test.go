package suggest

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
)

// randomCatalog makes entries of random words; with long, answers as long as they may be.
func randomCatalog(n int, long bool) (list []Entry, bytes int) {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	words := func(n int) string {
		var b strings.Builder
		for range n {
			fmt.Fprintf(&b, "%s%d ", []string{"order", "parcel", "refund", "account", "password", "invoice"}[r.IntN(6)], r.IntN(3000))
		}
		return b.String()
	}
	for i := range n {
		x := Entry{ID: fmt.Sprintf("%036d", i), Texts: []Text{{Language: "en", Question: words(8), Answer: words(30)}}}
		if long {
			x.Texts[0].Answer = words(400)
		}
		bytes += len(x.Texts[0].Question) + len(x.Texts[0].Answer)
		list = append(list, x)
	}
	return list, bytes
}

// What an engine says it takes is near what it takes. Not in parallel: memory is measured.
func TestMemoryEstimate(t *testing.T) {
	heap := func() int {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	New(nil).Suggest(Query{Text: "what is loaded once", K: 1})
	for _, n := range []int{0, 50, 500, 5000} {
		for _, long := range []bool{false, true} {
			before := heap()
			list, texts := randomCatalog(n, long)
			e := New(list)
			list = nil
			_ = list
			really := heap() - before
			said := e.Bytes()
			t.Logf("%5d entries of %8d bytes: says %9d, takes %9d", n, texts, said, really)
			if said < really*6/10-300_000 || said > really*15/10+300_000 {
				t.Errorf("an engine of %d entries says it takes %d bytes, and takes %d", n, said, really)
			}
			runtime.KeepAlive(e)
		}
	}
}
