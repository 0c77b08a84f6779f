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

	"parley/app/access"
	"parley/app/apptest"
	"parley/app/bus"
	"parley/app/faq"
)

// ask is Suggest for who waits until the engine is loaded.
func ask(t *testing.T, r *faq.Room, o apptest.Org, text string) string {
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

// fill gives an organization so many entries, each with a word of its own.
func fill(t *testing.T, r *faq.Room, o apptest.Org, n, words int) {
	t.Helper()
	var records []faq.Record
	for i := range n {
		records = append(records, faq.Record{Texts: []faq.Text{{Language: "en", Question: fmt.Sprintf("How do I return the gadget%d?", i),
			Answer: fmt.Sprintf("Send gadget%d back. ", i) + strings.Repeat(fmt.Sprintf("Detail%d matters. ", i), words)}}})
	}
	if _, err := r.Import(context.Background(), o.As(access.Manager), records, faq.Names{}, "en", !faq.OnlyLook); err != nil {
		t.Fatal(err)
	}
}

func add(t *testing.T, r *faq.Room, o apptest.Org, question string) {
	t.Helper()
	if _, _, err := r.Save(context.Background(), o.As(access.Manager), faq.Entry{State: faq.Live, Texts: []faq.Text{{Language: "en", Question: question, Answer: "Yes."}}}); err != nil {
		t.Fatal(err)
	}
}

func heap() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// After a lost listener nothing is loaded until it is used, and what is used next is right: what was changed meanwhile is seen. Not in
// parallel: memory and statements are measured.
func TestEnginesAfterALostListener(t *testing.T) {
	const organizations = 98
	db := apptest.DB(t)
	elsewhere := faq.New(db, bus.New(nil)) // another process, whose events are not heard here
	r := faq.New(db, bus.New(nil))
	orgs := make([]apptest.Org, organizations)
	before := heap()
	for i := range orgs {
		orgs[i] = apptest.NewOrg(t)
		add(t, elsewhere, orgs[i], "Can I pay by invoice?")
		add(t, elsewhere, orgs[i], "Which sizes are there?")
		if got := ask(t, r, orgs[i], "can I pay by invoice"); got != "Can I pay by invoice?" {
			t.Fatalf("suggested %q", got)
		}
	}
	loaded := heap()
	n, counted := r.Engines()
	s0, _ := db.Counts()
	peak := loaded
	r.Gap(uuid.Nil)
	for range 20 {
		time.Sleep(10 * time.Millisecond) // time in which something would be loaded
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak = max(peak, int(m.HeapAlloc))
	}
	s1, _ := db.Counts()
	t.Logf("%d engines: %d bytes each as counted, %d bytes of heap each; after a lost listener the heap is at most %+d kB, and %d statements were sent",
		n, counted/n, (loaded-before)/organizations, (peak-loaded)/1024, s1-s0)
	if n != organizations || s1 != s0 {
		t.Errorf("%d engines are loaded, and a lost listener cost %d statements", n, s1-s0)
	}

	// What nobody changed is not loaded again: one statement.
	s0, _ = db.Counts()
	ask(t, r, orgs[0], "can I pay by invoice")
	ask(t, r, orgs[0], "can I pay by invoice")
	s1, _ = db.Counts()
	if s1-s0 > 2 { // with the one that sets who asks
		t.Errorf("an engine that is right cost %d statements", s1-s0)
	}
	// What was changed while the listener was away is seen by whoever asks next: added, edited, removed, chosen.
	ask(t, r, orgs[1], "can I pay by invoice")
	add(t, elsewhere, orgs[1], "Do you repair broken zips?")
	r.Gap(uuid.Nil)
	if got := ask(t, r, orgs[1], "my zip is broken, do you repair it"); got != "Do you repair broken zips?" {
		t.Errorf("what was added while nobody listened: %q", got)
	}
	list, _, err := elsewhere.List(context.Background(), orgs[2].As(access.Manager), faq.Filter{Query: "invoice"})
	if err != nil || len(list) != 1 {
		t.Fatalf("%v %v", list, err)
	}
	if err := elsewhere.Remove(context.Background(), orgs[2].As(access.Manager), list[0].ID); err != nil {
		t.Fatal(err)
	}
	r.Gap(orgs[2].ID)
	if got := ask(t, r, orgs[2], "can I pay by invoice"); got == "Can I pay by invoice?" {
		t.Error("what was removed while nobody listened is suggested")
	}
	if n, _ := r.Engines(); n != organizations {
		t.Errorf("%d engines are loaded", n)
	}
}

// An engine counts against a budget: of an organization with more than fits, the entries that were changed last are suggested, and the
// others' engines go and come back.
func TestEnginesHaveABudget(t *testing.T) {
	db := apptest.DB(t)
	b := bus.New(nil)
	r := faq.New(db, b)
	r.SetBudget(faq.Budget{Organization: 2 << 20, All: 4 << 20})
	large, ctx := apptest.NewOrg(t), context.Background()
	fill(t, r, large, 400, 30)
	fit, err := r.Fit(ctx, large.As(access.Manager))
	if err != nil || fit.Fits() || fit.Needed <= 2<<20 {
		t.Errorf("400 long entries: %+v %v", fit, err)
	}
	add(t, r, large, "Do you repair broken zips?")
	if got := ask(t, r, large, "do you repair a broken zip"); got != "Do you repair broken zips?" {
		t.Errorf("what was changed last: %q", got)
	}
	if n, bytes := r.Engines(); n != 1 || bytes > 2<<20+1<<19 {
		t.Errorf("%d engines take %d bytes", n, bytes)
	}
	var small []apptest.Org
	for range 6 {
		o := apptest.NewOrg(t)
		add(t, r, o, "Can I pay by invoice?")
		small = append(small, o)
		if fit, err := r.Fit(ctx, o.As(access.Manager)); err != nil || !fit.Fits() {
			t.Errorf("one entry: %+v %v", fit, err)
		}
		if got := ask(t, r, o, "can I pay by invoice"); got != "Can I pay by invoice?" {
			t.Errorf("suggested %q", got)
		}
		if n, bytes := r.Engines(); bytes > 4<<20 {
			t.Errorf("%d engines take %d bytes", n, bytes)
		}
	}
	if got := ask(t, r, small[0], "can I pay by invoice"); got != "Can I pay by invoice?" {
		t.Errorf("of an engine that was dropped: %q", got)
	}
}
