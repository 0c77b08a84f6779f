package org_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/app/domain/org"
	"parley/app/domain/settings"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/clientnet"
	"parley/app/platform/fail"
	"parley/app/tools/testkit"
)

func randomKey() string { return strings.ToLower(rand.Text())[:16] }

// Unknown keys cost one query each at most, and from one network few whatever it asks for. Not in parallel: statements are counted.
func TestUnknownKeysAreCachedAndLimited(t *testing.T) {
	db := testkit.DB(t)
	o := testkit.NewOrg(t)
	b := bus.New(nil)
	r := org.New(db, b, settings.New(db, b, nil))
	ctx := clientnet.WithAddress(context.Background(), "192.0.2.1")
	statements := func(do func(i int)) int64 {
		before, _ := db.Counts()
		for i := range 1000 {
			do(i)
		}
		after, _ := db.Counts()
		return after - before
	}
	same := randomKey()
	n := statements(func(int) {
		if _, err := r.LookUpWebsite(ctx, same, "https://shop.example"); fail.KindOf(err) != fail.NotFound {
			t.Fatal(err)
		}
	})
	t.Logf("1,000 requests with one unknown key: %d statements", n)
	if n > 2 {
		t.Errorf("1,000 requests with one unknown key cost %d statements", n)
	}
	busy := 0
	n = statements(func(int) {
		_, err := r.LookUpWebsite(ctx, randomKey(), "https://shop.example")
		if fail.KindOf(err) == fail.Busy {
			busy++
		}
	})
	t.Logf("1,000 requests with different unknown keys: %d statements, %d refused", n, busy)
	if n > 300 || busy < 500 {
		t.Errorf("1,000 requests with different unknown keys cost %d statements, and %d were refused", n, busy)
	}
	if n := statements(func(int) { r.LookUpWebsite(ctx, "no key at all", "https://shop.example") }); n != 0 {
		t.Errorf("what is no key costs %d statements", n)
	}
	// Another network is served, and what is known is not counted.
	other := clientnet.WithAddress(context.Background(), "192.0.2.2")
	for range 1000 {
		if _, err := r.LookUpWebsite(other, o.Key, "https://shop.example"); err != nil {
			t.Fatal(err)
		}
	}

	// A website that is made just now works at once, though its key was asked for before: every process hears of it.
	second := org.New(db, b, settings.New(db, b, nil))
	early := randomKey()
	for _, service := range []*org.Service{r, second} {
		if _, err := service.LookUpWebsite(other, early, "https://new.example"); fail.KindOf(err) != fail.NotFound {
			t.Fatal(err)
		}
	}
	id := uuid.New()
	mine := db.As(access.System(o.ID, "test"))
	if _, err := mine.Exec(other, "insert into websites (org_id, id, customer_id, key, name) values ($1, $2, $3, $4, 'New')",
		o.ID, id, o.Customer, early); err != nil {
		t.Fatal(err)
	}
	if err := r.AddDomain(other, o.As(access.Owner), id, "new.example"); err != nil { // which tells everybody
		t.Fatal(err)
	}
	for _, service := range []*org.Service{r, second} {
		if _, err := service.LookUpWebsite(other, early, "https://new.example"); err != nil {
			t.Error("a website made just now:", err)
		}
	}
}

// largeSettings is settings near what a website may have; own makes them unlike any other's.
func largeSettings(own string) func(*settings.Widget) error {
	return func(s *settings.Widget) error {
		s.Texts = settings.Texts{}
		for _, l := range []string{"de", "fr", "es", "nl"} {
			s.Texts[l] = map[string]string{}
			for i := range 60 {
				s.Texts[l]["text_"+string(rune('a'+i%26))+string(rune('a'+i/26))] = fmt.Sprintf("%s %s text %d: %s", own, l, i, strings.Repeat("so many words ", 20))
			}
		}
		for i := range 50 {
			s.Greetings.List = append(s.Greetings.List, settings.Greeting{Text: own + strings.Repeat("Welcome! ", 60), Page: fmt.Sprint("/page/", i)})
		}
		return nil
	}
}

// createWebsites makes websites with large settings and returns their keys.
func createWebsites(t *testing.T, n int, own func(i int) string) (keys []string) {
	t.Helper()
	o := testkit.NewOrg(t)
	st := settings.New(testkit.DB(t), bus.New(nil), nil)
	r := org.New(testkit.DB(t), bus.New(nil), st)
	ctx := context.Background()
	who := access.System(o.ID, "test")
	for i := range n {
		id, err := r.AddWebsite(ctx, who, o.Customer, org.WebsiteInput{Name: fmt.Sprint("Website ", i), Host: "shop.example"})
		if err != nil {
			t.Fatal(err)
		}
		if err := st.Update(ctx, who, settings.ForWebsite(id), settings.Change{Set: largeSettings(own(i))}); err != nil {
			t.Fatal(err)
		}
		w, err := r.GetWebsite(ctx, who, id)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, w.Key)
	}
	return keys
}

func heapBytes() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// Websites whose settings are equal share them. Not in parallel: memory is measured.
func TestEqualSettingsShareMemory(t *testing.T) {
	const n = 200
	keys := createWebsites(t, n, func(int) string { return "everybody's" })
	r := org.New(testkit.DB(t), bus.New(nil), settings.New(testkit.DB(t), bus.New(nil), nil))
	before := heapBytes()
	for _, k := range keys {
		if _, err := r.LookUpWebsite(context.Background(), k, "https://shop.example"); err != nil {
			t.Fatal(err)
		}
	}
	really := (heapBytes() - before) / n
	count, bytes := r.CacheSize()
	t.Logf("a website with the settings of others: %d bytes counted, %d bytes of heap", bytes/n, really)
	if count != n || bytes/n > 4<<10 || really > 8<<10 {
		t.Errorf("%d websites take %d bytes each as counted, %d bytes of heap", count, bytes/n, really)
	}
	a, _ := r.LookUpWebsite(context.Background(), keys[0], "https://shop.example")
	b, _ := r.LookUpWebsite(context.Background(), keys[n-1], "https://shop.example")
	if a.Settings.Texts["de"]["text_aa"] == "" || len(b.Settings.Greetings.List) != 50 || a.Name == b.Name {
		t.Errorf("settings are not what they were: %+v", b.Settings)
	}
	r.Resync(uuid.Nil)
	if count, bytes := r.CacheSize(); count != 0 || bytes != 0 {
		t.Errorf("%d websites and %d bytes after everything was dropped", count, bytes)
	}
}

// What is remembered of websites has a bound in bytes; those that are used stay. Not in parallel: memory is measured.
func TestWebsiteCacheIsBounded(t *testing.T) {
	const n, bound = 120, 4 << 20
	keys := createWebsites(t, n, func(i int) string { return fmt.Sprint("website ", i) })
	db := testkit.DB(t)
	r := org.New(db, bus.New(nil), settings.New(db, bus.New(nil), nil))
	r.SetCacheLimit(bound)
	before := heapBytes()
	for _, k := range keys {
		for _, k := range []string{keys[0], k} {
			if _, err := r.LookUpWebsite(context.Background(), k, "https://shop.example"); err != nil {
				t.Fatal(err)
			}
		}
		if _, bytes := r.CacheSize(); bytes > bound {
			t.Fatalf("%d bytes are remembered", bytes)
		}
	}
	really := heapBytes() - before
	count, bytes := r.CacheSize()
	t.Logf("%d websites with settings of their own: %d remembered in %d bytes as counted, %d bytes of heap; %d bytes each", n, count, bytes, really, bytes/count)
	if count < 5 || really > 2*bound {
		t.Errorf("%d websites remembered, %d bytes as counted, %d bytes of heap", count, bytes, really)
	}
	s0, _ := db.Counts()
	r.LookUpWebsite(context.Background(), keys[0], "https://shop.example")
	if s1, _ := db.Counts(); s1 != s0 {
		t.Error("the website that is used most was dropped")
	}
}
