package faq_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/faq"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/tools/testkit"
)

// suggestOne is Suggest for who waits until the engine is loaded.
func suggestOne(t *testing.T, r *faq.Service, o testkit.Org, text string) string {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		found, err := r.Suggest(context.Background(), o.As(access.Agent), faq.Question{Text: text, Language: "en"})
		if errors.Is(err, error(faq.ErrLoading)) && time.Now().Before(end) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(found.List) == 0 {
			return ""
		}
		return found.List[0].Question
	}
}

// importEntries gives an organization so many entries, each with a word of its own.
func importEntries(t *testing.T, r *faq.Service, o testkit.Org, n, words int) {
	t.Helper()
	var records []faq.Record
	for i := range n {
		records = append(records, faq.Record{Texts: []faq.Text{{Language: "en", Question: fmt.Sprintf("How do I return the gadget%d?", i),
			Answer: fmt.Sprintf("Send gadget%d back. ", i) + strings.Repeat(fmt.Sprintf("Detail%d matters. ", i), words)}}})
	}
	if _, err := r.Import(context.Background(), o.As(access.Manager), records, faq.ScopeNames{}, "en", !faq.ImportPreview); err != nil {
		t.Fatal(err)
	}
}

func addEntry(t *testing.T, r *faq.Service, o testkit.Org, question string) {
	t.Helper()
	if _, _, err := r.SaveEntry(context.Background(), o.As(access.Manager), faq.Entry{
		State: faq.Published,
		Texts: []faq.Text{{Language: "en", Question: question, Answer: "Yes."}},
	}); err != nil {
		t.Fatal(err)
	}
}

func heapBytes() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// After a lost listener nothing is loaded until it is used, and what is used next is right: what was changed meanwhile is seen. Not in
// parallel: memory and statements are measured.
func TestEnginesVerifyAfterResync(t *testing.T) {
	const organizations = 98
	db := testkit.DB(t)
	elsewhere := faq.New(db, bus.New(nil), faq.Options{}) // another process, whose events are not heard here
	r := faq.New(db, bus.New(nil), faq.Options{})
	orgs := make([]testkit.Org, organizations)
	before := heapBytes()
	for i := range orgs {
		orgs[i] = testkit.NewOrg(t)
		addEntry(t, elsewhere, orgs[i], "Can I pay by invoice?")
		addEntry(t, elsewhere, orgs[i], "Which sizes are there?")
		if got := suggestOne(t, r, orgs[i], "can I pay by invoice"); got != "Can I pay by invoice?" {
			t.Fatalf("suggested %q", got)
		}
	}
	loaded := heapBytes()
	n, counted := r.EngineStats()
	s0, _ := db.Counts()
	peak := loaded
	r.Resync(uuid.Nil)
	for range 20 {
		time.Sleep(10 * time.Millisecond) // time in which something would be loaded
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak = max(peak, int(m.HeapAlloc))
	}
	s1, _ := db.Counts()
	t.Logf(
		"%d engines: %d bytes each as counted, %d bytes of heap each; after a lost listener the heap is at most %+d kB, "+
			"and %d statements were sent",
		n, counted/n, (loaded-before)/organizations, (peak-loaded)/1024, s1-s0)
	if n != organizations || s1 != s0 {
		t.Errorf("%d engines are loaded, and a lost listener cost %d statements", n, s1-s0)
	}

	// What nobody changed is not loaded again: one statement.
	s0, _ = db.Counts()
	suggestOne(t, r, orgs[0], "can I pay by invoice")
	suggestOne(t, r, orgs[0], "can I pay by invoice")
	s1, _ = db.Counts()
	if s1-s0 > 2 { // with the one that sets who asks
		t.Errorf("an engine that is right cost %d statements", s1-s0)
	}
	// What was changed while the listener was away is seen by whoever asks next: added, edited, removed, chosen.
	suggestOne(t, r, orgs[1], "can I pay by invoice")
	addEntry(t, elsewhere, orgs[1], "Do you repair broken zips?")
	r.Resync(uuid.Nil)
	if got := suggestOne(t, r, orgs[1], "my zip is broken, do you repair it"); got != "Do you repair broken zips?" {
		t.Errorf("what was added while nobody listened: %q", got)
	}
	list, _, err := elsewhere.ListEntries(context.Background(), orgs[2].As(access.Manager), faq.Filter{Query: "invoice"})
	if err != nil || len(list) != 1 {
		t.Fatalf("%v %v", list, err)
	}
	if err := elsewhere.RemoveEntry(context.Background(), orgs[2].As(access.Manager), list[0].ID); err != nil {
		t.Fatal(err)
	}
	r.Resync(orgs[2].ID)
	if got := suggestOne(t, r, orgs[2], "can I pay by invoice"); got == "Can I pay by invoice?" {
		t.Error("what was removed while nobody listened is suggested")
	}
	if n, _ := r.EngineStats(); n != organizations {
		t.Errorf("%d engines are loaded", n)
	}
}

// An engine counts against a budget: of an organization with more than fits, the entries that were changed last are suggested, and the
// others' engines go and come back.
func TestEngineMemoryIsBounded(t *testing.T) {
	db := testkit.DB(t)
	b := bus.New(nil)
	r := faq.New(db, b, faq.Options{Budget: faq.MemoryBudget{Organization: 2 << 20, Total: 4 << 20}})
	large, ctx := testkit.NewOrg(t), context.Background()
	importEntries(t, r, large, 400, 30)
	fit, err := r.GetMemoryFit(ctx, large.As(access.Manager))
	if err != nil || fit.Fits() || fit.Needed <= 2<<20 {
		t.Errorf("400 long entries: %+v %v", fit, err)
	}
	addEntry(t, r, large, "Do you repair broken zips?")
	if got := suggestOne(t, r, large, "do you repair a broken zip"); got != "Do you repair broken zips?" {
		t.Errorf("what was changed last: %q", got)
	}
	if n, bytes := r.EngineStats(); n != 1 || bytes > 2<<20+1<<19 {
		t.Errorf("%d engines take %d bytes", n, bytes)
	}
	var small []testkit.Org
	for range 6 {
		o := testkit.NewOrg(t)
		addEntry(t, r, o, "Can I pay by invoice?")
		small = append(small, o)
		if fit, err := r.GetMemoryFit(ctx, o.As(access.Manager)); err != nil || !fit.Fits() {
			t.Errorf("one entry: %+v %v", fit, err)
		}
		if got := suggestOne(t, r, o, "can I pay by invoice"); got != "Can I pay by invoice?" {
			t.Errorf("suggested %q", got)
		}
		if n, bytes := r.EngineStats(); bytes > 4<<20 {
			t.Errorf("%d engines take %d bytes", n, bytes)
		}
	}
	if got := suggestOne(t, r, small[0], "can I pay by invoice"); got != "Can I pay by invoice?" {
		t.Errorf("of an engine that was dropped: %q", got)
	}
}
