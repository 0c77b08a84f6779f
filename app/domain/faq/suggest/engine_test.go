package suggest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/app/domain/faq/suggest"
)

func entry(id, language, question, answer string) suggest.Entry {
	return suggest.Entry{ID: id, Texts: []suggest.Text{{Language: language, Question: question, Answer: answer}}}
}

// shopEntries is the FAQ of a made-up shop.
func shopEntries() []suggest.Entry {
	return []suggest.Entry{
		entry("parcel", "en", "Where is my parcel?", "Follow the link in our mail."),
		entry("return", "en", "How do I return an article?", "With the label in the box, within 30 days."),
		entry("pay", "en", "Which ways to pay are there?", "Card, bank transfer, invoice."),
		entry("address", "en", "Can I change the delivery address?", "As long as it is here."),
		entry("password", "en", "I forgot my password", "Ask for a new one under Log in."),
		entry("hours", "en", "When is the shop open?", "Monday to Saturday."),
		entry("cancel", "en", "Can I cancel my order?", "Until it has left us."),
	}
}

func ask(e *suggest.Engine, text string) []suggest.Suggestion {
	return e.Suggest(suggest.Query{Text: text, Language: "en", K: 10})
}

func first(t testing.TB, e *suggest.Engine, text string) string {
	t.Helper()
	found := ask(e, text)
	if len(found) == 0 {
		t.Fatalf("nothing for %q", text)
	}
	return found[0].Entry
}

func rank(found []suggest.Suggestion, id string) int {
	return slices.IndexFunc(found, func(s suggest.Suggestion) bool { return s.Entry == id })
}

func confidence(found []suggest.Suggestion, id string) float64 {
	if at := rank(found, id); at >= 0 {
		return found[at].Confidence
	}
	return -1
}

func teach(e *suggest.Engine, id string, kind suggest.Kind, messages ...string) {
	for _, m := range messages {
		e.Learn(suggest.Choice{Entry: id, Query: m, Language: "en", Kind: kind})
	}
}

func TestColdRanking(t *testing.T) {
	t.Parallel()
	e := suggest.New(shopEntries())
	for message, want := range map[string]string{
		"where is my parcel":           "parcel",
		"no package yet":               "parcel", // a synonym
		"I want to return these shoes": "return",
		"forgot the pasword":           "password", // a letter is missing
		"pls change my adress":         "address",
		"are you open on monday":       "hours",
		"CANCEL!!":                     "cancel",
		"paying":                       "pay", // another form of the word
	} {
		if got := first(t, e, message); got != want {
			t.Errorf("%q: %s, want %s", message, got, want)
		}
	}
}

func TestOneLessonChangesTheRank(t *testing.T) {
	t.Parallel()
	e := suggest.New(shopEntries())
	const message = "the jacket is too small for me"
	before := rank(ask(e, message), "return")
	teach(e, "return", suggest.Accepted, "these trousers are too small")
	found := ask(e, message)
	if found[0].Entry != "return" {
		t.Errorf("at %d, was at %d", rank(found, "return"), before)
	}
	if got := first(t, e, "when is the shop open"); got != "hours" {
		t.Errorf("another question is answered by %s now", got)
	}
}

func TestSavedExampleIsFound(t *testing.T) {
	t.Parallel()
	e := suggest.New(shopEntries())
	e.Put(entry("gift", "en", "Can it be wrapped?", "Yes."))
	teach(e, "gift", suggest.Example, "it's for my mother's birthday")
	if got := first(t, e, "a birthday present for my mother"); got != "gift" {
		t.Errorf("got %s", got)
	}
}

func TestNewEntryIsSuggested(t *testing.T) {
	t.Parallel()
	e := suggest.New(shopEntries())
	for i := range 30 {
		teach(e, "parcel", suggest.Accepted, fmt.Sprintf("nothing arrived, order %d", i), fmt.Sprintf("where is my delivery %d", i))
		teach(e, "address", suggest.Accepted, fmt.Sprintf("wrong street in order %d", i))
	}
	e.Put(entry("gift", "en", "Can you wrap it as a gift?", "Yes, in paper or in a box."))
	if got := first(t, e, "please wrap my order as a gift"); got != "gift" {
		t.Errorf("got %s", got)
	}
}

func TestPickedTeachesMoreThanAccepted(t *testing.T) {
	t.Parallel()
	const lesson, message = "nobody rings at my door", "the driver never rings"
	by := map[suggest.Kind]float64{}
	for _, kind := range []suggest.Kind{suggest.Accepted, suggest.Picked} {
		e := suggest.New(shopEntries())
		teach(e, "parcel", kind, lesson)
		by[kind] = confidence(ask(e, message), "parcel")
	}
	if by[suggest.Picked] <= by[suggest.Accepted] {
		t.Errorf("picked %.3f, accepted %.3f", by[suggest.Picked], by[suggest.Accepted])
	}
}

func TestDismissalAffectsOneEntry(t *testing.T) {
	t.Parallel()
	e := suggest.New(shopEntries())
	const message = "can I change my order"
	before := ask(e, message)
	for range 3 {
		teach(e, before[0].Entry, suggest.Dismissed, message)
	}
	after := ask(e, message)
	for _, s := range before {
		now := confidence(after, s.Entry)
		if s.Entry == before[0].Entry {
			if now >= s.Confidence {
				t.Errorf("%s: %.3f, was %.3f", s.Entry, now, s.Confidence)
			}
		} else if now < s.Confidence-0.02 {
			t.Errorf("%s, which was not dismissed: %.3f, was %.3f", s.Entry, now, s.Confidence)
		}
	}
	if got := first(t, e, "where is my parcel"); got != "parcel" {
		t.Errorf("another question is answered by %s now", got)
	}
}

func TestThresholdMovesWithinBounds(t *testing.T) {
	t.Parallel()
	e := suggest.New(shopEntries())
	start := e.Threshold()
	teach(e, "parcel", suggest.Dismissed, "where is my parcel")
	up := e.Threshold()
	if up <= start {
		t.Errorf("a dismissal of what was shown: %.3f, was %.3f", up, start)
	}
	teach(e, "hours", suggest.Picked, "tomorrow")
	if down := e.Threshold(); down >= up {
		t.Errorf("the choice of a weak one: %.3f, was %.3f", down, up)
	}
	for i := range 500 {
		teach(e, "hours", suggest.Picked, fmt.Sprintf("x%dq", i))
	}
	low := e.Threshold()
	for i := range 500 {
		teach(e, shopEntries()[i%7].ID, suggest.Dismissed, shopEntries()[i%7].Texts[0].Question)
	}
	if high := e.Threshold(); low <= 0 || high >= 1 || high <= low {
		t.Errorf("between %.3f and %.3f", low, high)
	}
}

func TestLowConfidence(t *testing.T) {
	t.Parallel()
	e := suggest.New(shopEntries())
	for _, message := range []string{"lovely weather today", "asdf qwer", "ok thx bye"} {
		for _, s := range ask(e, message) {
			if s.Confidence >= e.Threshold() {
				t.Errorf("%q: %s with %.2f", message, s.Entry, s.Confidence)
			}
		}
	}
	for _, x := range shopEntries() {
		if s := ask(e, x.Texts[0].Question)[0]; s.Confidence < e.Threshold() || s.Confidence > 1 {
			t.Errorf("%q: %s with %.2f", x.Texts[0].Question, s.Entry, s.Confidence)
		}
	}
}

func TestScope(t *testing.T) {
	t.Parallel()
	e := suggest.New(shopEntries())
	teach(e, "parcel", suggest.Accepted, "where is my parcel", "nothing arrived")
	found := e.Suggest(suggest.Query{
		Text:  "where is my parcel",
		K:     10,
		Allow: func(id string) bool { return id == "pay" || id == "hours" },
	})
	if len(found) != 2 || rank(found, "parcel") >= 0 {
		t.Errorf("got %v", found)
	}
	if found = e.Suggest(suggest.Query{Text: "parcel", K: 3, Allow: func(string) bool { return false }}); len(found) != 0 {
		t.Errorf("got %v", found)
	}
}

func TestOddInput(t *testing.T) {
	t.Parallel()
	e := suggest.New(shopEntries())
	for _, message := range []string{
		"",
		" ",
		"\x00\xff\xfe",
		"?!...",
		"\u0301\u0301",
		"'",
		strings.Repeat("parcel ", 50_000),
		strings.Repeat("x", 1<<20),
		"🙂🙂",
		strings.Repeat("包", 5000),
	} {
		found := ask(e, message)
		for _, s := range found {
			if !(s.Confidence >= 0 && s.Confidence <= 1) {
				t.Errorf("%.20q: confidence %v", message, s.Confidence)
			}
		}
		teach(e, "parcel", suggest.Accepted, message)
		teach(e, "parcel", suggest.Dismissed, message)
	}
	if found := e.Suggest(suggest.Query{Text: "parcel"}); found != nil {
		t.Errorf("asked for none, got %v", found)
	}
	teach(e, "nobody knows this entry", suggest.Accepted, "where is my parcel")
	empty := suggest.New(nil)
	teach(empty, "parcel", suggest.Accepted, "hello")
	if found := ask(empty, "hello"); len(found) != 0 {
		t.Errorf("no entries, got %v", found)
	}
	blank := suggest.New([]suggest.Entry{{ID: "none"}, entry("blank", "", "", "")})
	teach(blank, "none", suggest.Accepted, "hello there")
	ask(blank, "hello there")
}

func TestPutAndRemove(t *testing.T) {
	t.Parallel()
	e := suggest.New(shopEntries())
	teach(e, "parcel", suggest.Accepted, "no sign of the courier", "the courier was not here")
	e.Put(entry("parcel", "en", "What about my delivery?", "Follow the link."))
	if got := first(t, e, "where is the courier"); got != "parcel" {
		t.Errorf("an edit lost what was learned: %s", got)
	}
	e.Remove("parcel", "nobody")
	if found := ask(e, "where is the courier"); rank(found, "parcel") >= 0 || len(found) != len(shopEntries())-1 {
		t.Errorf("removed, but got %v", found)
	}
	e.Put(entry("gift", "en", "Can you wrap it as a gift?", "Yes."))
	found := ask(e, "the courier was not here")
	if c := confidence(found, "gift"); c > 0.1 {
		t.Errorf("a new entry inherits what a removed one had learned: %.2f", c)
	}
}

func TestLearningAfterRetrain(t *testing.T) {
	t.Parallel()
	e := suggest.New(shopEntries())
	e.LearnAll(choices(300))
	teach(e, "return", suggest.Accepted, "these trousers are too tight")
	for _, when := range []string{"at once", "settled"} {
		if got := first(t, e, "that jacket looks too tight"); got != "return" {
			t.Errorf("%s: %s", when, got)
		}
		e.Retrain()
	}
}

func TestWrongChoiceIsOutweighed(t *testing.T) {
	t.Parallel()
	e := suggest.New(shopEntries())
	for _, what := range []string{"shoes", "jacket", "belt", "hat", "scarf", "trousers", "gloves", "socks"} {
		teach(e, "return", suggest.Accepted, "the "+what+" do not fit me")
		teach(e, "hours", suggest.Accepted, "till when can I come for "+what)
	}
	teach(e, "hours", suggest.Accepted, "the shirt does not fit me at all")
	e.Retrain()
	for _, message := range []string{"the shirt does not fit", "the coat does not fit me at all"} {
		if got := first(t, e, message); got != "return" {
			t.Errorf("%q: %s", message, got)
		}
	}
}

func TestDismissalSurvivesRetrain(t *testing.T) {
	t.Parallel()
	e := suggest.New(shopEntries())
	const message = "can I change my order"
	before := ask(e, message)[0]
	teach(e, "hours", suggest.Accepted, "till when can I come")
	for range 3 {
		teach(e, before.Entry, suggest.Dismissed, message)
	}
	e.Retrain()
	if now := confidence(ask(e, message), before.Entry); now >= before.Confidence {
		t.Errorf("%.3f, was %.3f", now, before.Confidence)
	}
}

func TestNothingToSuggest(t *testing.T) {
	t.Parallel()
	none := suggest.New(nil)
	emptied := suggest.New(shopEntries())
	teach(emptied, "parcel", suggest.Accepted, "where is it")
	for _, x := range shopEntries() {
		emptied.Remove(x.ID)
	}
	for _, e := range []*suggest.Engine{none, emptied} {
		for range 2 {
			if found := ask(e, "where is my parcel"); found != nil {
				t.Errorf("no entries, got %v", found)
			}
			teach(e, "parcel", suggest.Accepted, "where is it")
			e.LearnAll(choices(10))
			e.Retrain()
		}
	}
	emptied.Put(shopEntries()...)
	if got := first(t, emptied, "where is my parcel"); got != "parcel" {
		t.Errorf("put back, but got %s", got)
	}
	full := suggest.New(shopEntries())
	full.LearnAll(choices(50))
	if found := full.Suggest(suggest.Query{Text: "where is my parcel", K: 3, Allow: func(string) bool { return false }}); found != nil {
		t.Errorf("none allowed, got %v", found)
	}
}
