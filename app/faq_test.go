package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/apptest"
	"parley/app/faq"
)

// asked is a visitor's first message in a conversation that an agent has.
func asked(t testing.TB, s *server, o apptest.Org, text string) (*visitor, uuid.UUID) {
	t.Helper()
	v := newVisitor(t, s, o, "")
	v.say(text)
	id := uuid.MustParse(v.conversation)
	if _, err := s.queue.Take(context.Background(), o.As(access.Agent), "Mia", id); err != nil {
		t.Fatal(err)
	}
	return v, id
}

// best is the question of the first suggestion; empty if there is none.
func best(t testing.TB, s *server, who access.Actor, text string, place faq.Scope) string {
	t.Helper()
	found, err := s.faq.Suggest(context.Background(), who, faq.Question{Text: text, Language: "en", Place: place})
	for end := time.Now().Add(20 * time.Second); errors.Is(err, error(faq.ErrLoading)) && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		found, err = s.faq.Suggest(context.Background(), who, faq.Question{Text: text, Language: "en", Place: place})
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(found.List) == 0 {
		return ""
	}
	return found.List[0].Question
}

// What an agent chooses teaches the organization's suggestions at once, on every server, and after all of them have forgotten;
// another organization learns nothing.
func TestChoicesTeach(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o, other := apptest.NewOrg(t), apptest.NewOrg(t)
	here := serveTest(t, nil)
	there := serveTest(t, nil)
	var zips faq.Entry
	for _, org := range []apptest.Org{o, other} {
		for _, e := range [][2]string{{"How do I cancel my subscription?", "Under Account."}, {"Which sizes are there?", "From 34 to 48."}, {"Can I pay by invoice?", "Yes."}} {
			addEntry(t, here, org, e[0], e[1])
		}
		x := addEntry(t, here, org, "Do you repair broken zips?", "Yes, send it.")
		if org.ID == o.ID {
			zips = x
		}
	}
	const again = "the fastener thingy of my jacket jammed again"
	agent := o.As(access.Agent)
	for _, s := range []*server{here, there} { // both have their engines
		if got := best(t, s, agent, again, faq.Scope{}); got == zips.Texts[0].Question {
			t.Fatal("known before it was taught")
		}
	}
	_, c := asked(t, here, o, "my fastener thingy jammed")
	choice := faq.Choice{Entry: zips.ID, Kind: faq.Picked, Conversation: c, Seq: 1, Query: "my fastener thingy jammed", Language: "en"}
	for range 2 { // choosing twice is choosing once
		if err := here.faq.Choose(ctx, agent, choice); err != nil {
			t.Fatal(err)
		}
	}
	if got := best(t, here, agent, again, faq.Scope{}); got != zips.Texts[0].Question {
		t.Errorf("right after the choice: %q", got)
	}
	for n := 0; best(t, there, agent, again, faq.Scope{}) != zips.Texts[0].Question; n++ {
		if n > 200 {
			t.Fatal("the other server never learns it")
		}
		time.Sleep(20 * time.Millisecond)
	}
	anew := serveTest(t, nil)
	for n := 0; best(t, anew, agent, again, faq.Scope{}) != zips.Texts[0].Question; n++ {
		if n > 200 {
			t.Fatal("a server that starts does not learn from what was chosen before")
		}
		time.Sleep(20 * time.Millisecond)
	}
	if got := best(t, here, other.As(access.Agent), again, faq.Scope{}); got == zips.Texts[0].Question {
		t.Error("another organization has learned from it")
	}
	_, _, uses, err := here.faq.About(ctx, agent, zips.ID)
	if err != nil || uses.Used != 1 {
		t.Errorf("used %+v, %v", uses, err)
	}
	if err := here.faq.Choose(ctx, other.As(access.Agent), choice); err != nil { // another organization's conversation and entry
		t.Fatal(err)
	}
	if _, _, again, err := here.faq.About(ctx, agent, zips.ID); err != nil || again != uses {
		t.Errorf("another organization has chosen: %+v, %v", again, err)
	}
}
