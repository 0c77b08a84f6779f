package conversation_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/platform/access"
	"parley/app/platform/fail"
)

// What is posted comes back with what the page does not show yet; what is posted again, as it came back first.
func TestPostAsAgent(t *testing.T) {
	f := newFixture(t)
	ctx, visitor, agent := context.Background(), f.org.Visitor(), f.org.As(access.Agent)
	id := f.startAssigned(visitor)
	f.must(f.sendAsVisitor(visitor, id, uuid.New(), "Two"))
	reply := conversation.AgentMessage{ID: uuid.New(), Conversation: id, Kind: conversation.Text, Body: "Hello", ShownSeq: 1}
	for range 2 {
		m, missing, err := f.service.PostAsAgent(ctx, agent, reply)
		if err != nil || m.Body != "Hello" || len(missing) != m.Seq-1 || missing[0].Seq != 2 || missing[len(missing)-1] != m {
			t.Fatalf("a reply: %+v %+v %v", m, missing, err)
		}
		f.must(f.sendAsVisitor(visitor, id, uuid.New(), "Later"))
	}
	note := conversation.AgentMessage{ID: uuid.New(), Conversation: id, Kind: conversation.Note, Body: "Note", ShownSeq: -1}
	if m, missing, err := f.service.PostAsAgent(ctx, agent, note); err != nil || len(missing) != 1 || missing[0] != m {
		t.Errorf("a page that does not say what it shows: %+v %v", missing, err)
	}
	first, _, err := f.service.PostAsAgent(ctx, agent, reply)
	if err != nil {
		t.Fatal(err)
	}
	edit := conversation.AgentMessage{
		ID:           uuid.New(),
		Conversation: id,
		Kind:         conversation.Edit,
		TargetSeq:    first.Seq,
		Body:         "Good day",
		ShownSeq:     -1,
	}
	if m, _, err := f.service.PostAsAgent(ctx, agent, edit); err != nil || m.Kind != conversation.Edit || m.TargetSeq != first.Seq {
		t.Errorf("an edit: %+v %v", m, err)
	}
	if _, _, err := f.service.PostAsAgent(ctx, agent, conversation.AgentMessage{
		ID:           uuid.New(),
		Conversation: id,
		Kind:         conversation.System,
		Body:         "x",
	}); fail.KindOf(err) != fail.Invalid {
		t.Errorf("a message of the program: %v", err)
	}
}

// Agents create tags by putting them on conversations; only managers of the whole organization add one to the list.
func TestWhoCreatesTags(t *testing.T) {
	f := newFixture(t)
	ctx, agent, manager := context.Background(), f.org.As(access.Agent), f.org.As(access.Manager)
	id := f.startAssigned(f.org.Visitor())
	if err := f.service.CreateTag(ctx, agent, "Delivery"); fail.KindOf(err) != fail.Forbidden {
		t.Errorf("an agent adds a tag: %v", err)
	}
	if err := f.service.CreateTag(ctx, f.org.AddMember(t, access.Manager, f.org.Customer).Actor, "Delivery"); fail.KindOf(err) != fail.Forbidden {
		t.Errorf("a manager of one customer adds a tag: %v", err)
	}
	if err := f.service.Tag(ctx, agent, id, "Delivery"); err != nil {
		t.Fatal(err)
	}
	if err := f.service.CreateTag(ctx, manager, "delivery"); fail.KindOf(err) != fail.Invalid {
		t.Errorf("the same name: %v", err)
	}
	if err := f.service.CreateTag(ctx, manager, "Return"); err != nil {
		t.Error(err)
	}
	if tags, err := f.service.TagUsage(ctx, manager); err != nil || len(tags) != 2 || tags[0].Uses != 1 {
		t.Errorf("tags: %+v %v", tags, err)
	}
}
