package conversation_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/platform/access"
	"parley/app/tools/testkit"
)

// Messages of several organizations, written together: one that cannot be stored fails alone, with its reason; the others
// are kept. Ids that two visitors happen to choose alike are no matter.
func TestInvalidMessageFailsAlone(t *testing.T) {
	f := newFixtureWith(t, conversation.Options{Window: 50 * time.Millisecond}) // so that they meet
	other := testkit.NewOrg(t)
	type result struct {
		r   conversation.Receipt
		err error
	}
	results := make(map[string]chan result)
	send := func(name string, who access.Actor, in conversation.VisitorMessage) {
		results[name] = make(chan result, 1)
		go func() {
			r, err := f.service.SendAsVisitor(context.Background(), who, in)
			results[name] <- result{r, err}
		}()
	}
	same := uuid.New()
	broken := access.Visitor(f.org.ID, other.Website, uuid.New()) // of a website that this organization does not have
	send("a", f.org.Visitor(), conversation.VisitorMessage{ID: same, Body: "One", Customer: f.org.Customer})
	send("b", other.Visitor(), conversation.VisitorMessage{ID: same, Body: "Two", Customer: other.Customer})
	send("c", f.org.Visitor(), conversation.VisitorMessage{ID: same, Body: "Three", Customer: f.org.Customer})
	send("broken", broken, conversation.VisitorMessage{ID: uuid.New(), Body: "Four", Customer: f.org.Customer})
	for name, ch := range results {
		got := <-ch
		if (got.err != nil) != (name == "broken") || name != "broken" && got.r.Seq != 1 {
			t.Errorf("%s: %+v %v", name, got.r, got.err)
		}
	}
}

// What programs for presentations leave in copied text is taken out.
func TestControlCharacters(t *testing.T) {
	f := newFixture(t)
	visitor, agent := f.org.Visitor(), f.org.As(access.Agent)
	c := f.startAssigned(visitor)
	if _, err := f.sendAsVisitor(visitor, c, uuid.New(), "Title\vPoint\x1b[1m one\x00\u2028Two\f"); err != nil {
		t.Fatal(err)
	}
	m, err := f.service.SendAsAgent(context.Background(), agent, c, uuid.New(), conversation.Text, "One\vTwo\x07")
	if err != nil || m.Body != "One\nTwo" {
		t.Errorf("an agent says %q, %v", m.Body, err)
	}
	all := f.messages(agent, c)
	if got := all[len(all)-2].Body; got != "Title\nPoint[1m one\nTwo" {
		t.Errorf("a visitor says %q", got)
	}
}
