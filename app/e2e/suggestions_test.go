package e2e

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/faq"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// startConversation sends a visitor's first message and assigns the conversation to an agent.
func startConversation(t testing.TB, s *serve.Server, o testkit.Org, text string) (*visitorClient, uuid.UUID) {
	t.Helper()
	v := newVisitor(t, s, o, "")
	v.send(text)
	id := uuid.MustParse(v.conversation)
	if _, err := s.Routing.Take(context.Background(), o.As(access.Agent), "Mia", id); err != nil {
		t.Fatal(err)
	}
	return v, id
}

// bestSuggestion returns the question of the first suggestion; empty if there is none.
func bestSuggestion(t testing.TB, s *serve.Server, who access.Actor, text string, place faq.Scope) string {
	t.Helper()
	found, err := s.FAQ.Suggest(context.Background(), who, faq.Question{Text: text, Language: "en", Scope: place})
	for end := time.Now().Add(testkit.Patience); errors.Is(err, error(faq.ErrLoading)) &&
		time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		found, err = s.FAQ.Suggest(context.Background(), who, faq.Question{Text: text, Language: "en", Scope: place})
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(found.List) == 0 {
		return ""
	}
	return found.List[0].Question
}

// TestSuggestionsLearnFromChoices shows that an agent's choice changes the organization's suggestions at once, on
// every server, also after all of them have dropped their engines; another organization learns nothing.
func TestSuggestionsLearnFromChoices(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o, other := testkit.NewOrg(t), testkit.NewOrg(t)
	here := startServer(t, nil)
	there := startServer(t, nil)
	var zips faq.Entry
	for _, org := range []testkit.Org{o, other} {
		for _, e := range [][2]string{
			{"How do I cancel my subscription?", "Under Account."},
			{"Which sizes are there?", "From 34 to 48."},
			{"Can I pay by invoice?", "Yes."},
		} {
			addFAQEntry(t, here, org, e[0], e[1])
		}
		x := addFAQEntry(t, here, org, "Do you repair broken zips?", "Yes, send it.")
		if org.ID == o.ID {
			zips = x
		}
	}
	const again = "the fastener thingy of my jacket jammed again"
	agent := o.As(access.Agent)
	for _, s := range []*serve.Server{here, there} { // both have their engines
		if got := bestSuggestion(t, s, agent, again, faq.Scope{}); got == zips.Texts[0].Question {
			t.Fatal("known before it was taught")
		}
	}
	_, c := startConversation(t, here, o, "my fastener thingy jammed")
	choice := faq.Choice{Entry: zips.ID, Kind: faq.Picked, Conversation: c, Seq: 1, Query: "my fastener thingy jammed", Language: "en"}
	for range 2 { // choosing twice is choosing once
		if err := here.FAQ.RecordChoice(ctx, agent, choice); err != nil {
			t.Fatal(err)
		}
	}
	if got := bestSuggestion(t, here, agent, again, faq.Scope{}); got != zips.Texts[0].Question {
		t.Errorf("right after the choice: %q", got)
	}
	for n := 0; bestSuggestion(t, there, agent, again, faq.Scope{}) != zips.Texts[0].Question; n++ {
		if n > 200 {
			t.Fatal("the other server never learns it")
		}
		time.Sleep(20 * time.Millisecond)
	}
	anew := startServer(t, nil)
	for n := 0; bestSuggestion(t, anew, agent, again, faq.Scope{}) != zips.Texts[0].Question; n++ {
		if n > 200 {
			t.Fatal("a server that starts does not learn from what was chosen before")
		}
		time.Sleep(20 * time.Millisecond)
	}
	if got := bestSuggestion(t, here, other.As(access.Agent), again, faq.Scope{}); got == zips.Texts[0].Question {
		t.Error("another organization has learned from it")
	}
	_, _, uses, err := here.FAQ.GetHistory(ctx, agent, zips.ID)
	if err != nil || uses.Used != 1 {
		t.Errorf("used %+v, %v", uses, err)
	}
	if err := here.FAQ.RecordChoice(ctx, other.As(access.Agent), choice); err != nil { // another organization's conversation and entry
		t.Fatal(err)
	}
	if _, _, again, err := here.FAQ.GetHistory(ctx, agent, zips.ID); err != nil || again != uses {
		t.Errorf("another organization has chosen: %+v, %v", again, err)
	}
}
