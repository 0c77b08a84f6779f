package suggest_test

import (
	"cmp"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"testing"

	"parley/app/domain/faq/suggest"
)

// choices are many messages about the shop's entries.
func choices(n int) (all []suggest.Choice) {
	words := []string{"parcel", "late", "money", "card", "street", "door", "login", "sunday", "twice", "lost", "small", "blue"}
	for i := range n {
		x := shopEntries()[i%len(shopEntries())]
		all = append(all, suggest.Choice{Entry: x.ID, Language: "en", Kind: suggest.Kind(i % 5),
			Query: fmt.Sprintf("%s %s %s %d", words[i%len(words)], x.Texts[0].Question, words[i*7%len(words)], i)})
	}
	return all
}

func TestRebuildFromChoicesIsEqual(t *testing.T) {
	t.Parallel()
	build := func() *suggest.Engine {
		e := suggest.New(shopEntries())
		e.LearnAll(choices(600))
		return e
	}
	a, b := build(), build()
	one := suggest.New(shopEntries())
	for _, c := range choices(600) {
		one.Learn(c)
	}
	one.Retrain()
	for _, message := range []string{"where is my parcel", "money back", "sunday", "nothing of all this"} {
		if x, y := ask(a, message), ask(b, message); !reflect.DeepEqual(x, y) {
			t.Errorf("%q: %v and %v", message, x, y)
		}
		if x, y := ask(a, message), ask(one, message); !reflect.DeepEqual(x, y) {
			t.Errorf("%q: %v at once and %v one by one", message, x, y)
		}
	}
	if a.Threshold() != b.Threshold() {
		t.Errorf("thresholds %v and %v", a.Threshold(), b.Threshold())
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	e := suggest.New(shopEntries())
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 100 {
				for _, s := range e.Suggest(suggest.Query{Text: "where is my parcel", K: 3}) {
					if s.Entry == "" {
						t.Error("a suggestion without an entry")
					}
				}
				e.Threshold()
				e.DetectLanguage("where")
			}
		})
	}
	all.Go(func() { e.LearnAll(choices(200)) })
	all.Go(func() {
		for range 10 {
			e.Retrain()
			e.Learn(suggest.Choice{Entry: "hours", Query: "zebras at noon", Language: "en"})
		}
	})
	all.Go(func() {
		for _, c := range choices(100) {
			e.Learn(c)
		}
	})
	all.Go(func() {
		for i := range 20 {
			id := fmt.Sprint("more", i%3)
			e.Put(entry(id, "en", "Where is the other parcel?", "Here."))
			e.Learn(suggest.Choice{Entry: id, Query: "the other parcel", Language: "en"})
			e.Remove(id)
		}
	})
	all.Wait()
	for range 2 {
		for message, want := range map[string]string{"where is my parcel": "parcel", "zebras": "hours"} {
			if got := first(t, e, message); got != want {
				t.Errorf("%q: %s, want %s", message, got, want)
			}
		}
		e.Retrain()
	}
}

func TestMemoryIsBounded(t *testing.T) {
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	e := suggest.New(shopEntries())
	randomWord := func(n int) (s string) {
		for ; n > 0; n /= 26 {
			s += string(rune('a' + n%26))
		}
		return s
	}
	before := heap()
	for i := range 20_000 {
		e.Learn(suggest.Choice{
			Entry:    "parcel",
			Language: "en",
			Query:    fmt.Sprintf("%s %s %s", randomWord(i*7919), randomWord(i*104729), randomWord(i*1299709)),
		})
	}
	if grown := int64(heap()-before) >> 20; grown > 8 {
		t.Errorf("20,000 choices of one entry take %d MB", grown)
	}
	runtime.KeepAlive(e)
}

// suggestionsFor is what an engine answers to some messages.
func suggestionsFor(e *suggest.Engine) (all [][]suggest.Suggestion) {
	for _, message := range []string{"where is my parcel", "money back", "sunday", "login twice on the card", "nothing of all this"} {
		all = append(all, ask(e, message))
	}
	return all
}

func TestOrderOfChoicesDoesNotMatter(t *testing.T) {
	t.Parallel()
	in := choices(600)
	grouped := slices.Clone(in)
	slices.SortStableFunc(grouped, func(a, b suggest.Choice) int { return cmp.Compare(a.Entry, b.Entry) })
	backwards := slices.Clone(in)
	slices.Reverse(backwards)
	var want [][]suggest.Suggestion
	for _, order := range [][]suggest.Choice{in, grouped, backwards} {
		e := suggest.New(shopEntries())
		for i, c := range order {
			e.Learn(c)
			if i == 250 {
				e.Retrain() // that some of them are settled already does not matter either
			}
		}
		e.Retrain()
		got := suggestionsFor(e)
		if want == nil {
			want = got
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		e.Retrain()
		if again := suggestionsFor(e); !reflect.DeepEqual(got, again) {
			t.Errorf("settled once more: %v, was %v", again, got)
		}
		e = suggest.New(shopEntries())
		e.LearnAll(order)
		if got := suggestionsFor(e); !reflect.DeepEqual(got, want) {
			t.Errorf("at once: %v, want %v", got, want)
		}
	}
}

// TestRetrainIsBounded has more entries and messages than are learned anew.
func TestRetrainIsBounded(t *testing.T) {
	t.Parallel()
	var entries []suggest.Entry
	var taught []suggest.Choice
	for i := range 300 {
		id := fmt.Sprintf("subject%d", i)
		entries = append(entries, entry(id, "en", "What about "+id+" and its cousins?", "It is so."))
		for j := range 28 {
			taught = append(taught, suggest.Choice{
				Entry:    id,
				Language: "en",
				Query:    fmt.Sprintf("tell me of the %d friends of no%dr", j, i),
			})
		}
	}
	e := suggest.New(entries)
	e.LearnAll(taught)
	right := 0
	for i := range 100 {
		if first(t, e, fmt.Sprintf("friends of no%dr", i*3)) == fmt.Sprintf("subject%d", i*3) {
			right++
		}
	}
	if right < 90 {
		t.Errorf("%d of 100 are known", right)
	}
}
