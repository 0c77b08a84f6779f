package attachment_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	"parley/app/domain/files"
	"parley/app/platform/access"
	"parley/app/platform/fail"
)

// saveSnippet saves a snippet with a file as an owner, and returns its id.
func (f fixture) saveSnippet(t *testing.T, s faq.Snippet) uuid.UUID {
	t.Helper()
	ctx, owner := context.Background(), f.As(access.Owner)
	s.Body = "Look here"
	if err := f.attachments.SaveSnippet(ctx, owner, s, &files.Upload{Name: "a.txt", Bytes: []byte("The map")}); err != nil {
		t.Fatal(err)
	}
	list, err := f.faq.ListSnippets(ctx, owner, faq.SnippetScope{AllGroups: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range list {
		if x.Name == s.Name && x.FileName == "a.txt" {
			return x.ID
		}
	}
	t.Fatalf("%s is not among %+v", s.Name, list)
	return uuid.Nil
}

// The file of a snippet is sent by those who may use the snippet, in conversations that it is for.
func TestSnippetFileIsForWhoSeesTheSnippet(t *testing.T) {
	f := newFixture(t)
	ctx, agent := context.Background(), f.As(access.Agent)
	message := conversation.VisitorMessage{ID: uuid.New(), Customer: f.Customer}
	_, receipt, err := f.attachments.SendAsVisitor(ctx, f.Visitor(), message, upload(uuid.Nil, "One"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.conversations.Take(ctx, agent, "Mia", receipt.Conversation, conversation.QueueScope{AllGroups: true}); err != nil {
		t.Fatal(err)
	}
	id, err := f.groups.Create(ctx, f.As(access.Owner), "Billing")
	if err != nil {
		t.Fatal(err)
	}
	send := func(snippet uuid.UUID) error {
		return f.attachments.SendSnippetFile(ctx, agent, receipt.Conversation, uuid.New(), snippet)
	}
	for name, snippet := range map[string]uuid.UUID{
		"of a group that it does not answer for": f.saveSnippet(t, faq.Snippet{Name: "bill", Group: id}),
		"of an owner's own":                      f.saveSnippet(t, faq.Snippet{Name: "mine", User: f.As(access.Owner).ID()}),
		"of none":                                uuid.New(),
	} {
		if err := send(snippet); fail.KindOf(err) != fail.NotFound {
			t.Errorf("an agent sends the file %s: %v", name, err)
		}
	}
	if err := send(f.saveSnippet(t, faq.Snippet{Name: "shop", Customer: f.Customer})); err != nil {
		t.Errorf("a snippet of the conversation's customer: %v", err)
	}
}

// A file whose snippet is refused is removed again, and what is wrong with the file is said beside its field.
func TestSaveSnippetWithFile(t *testing.T) {
	f := newFixture(t)
	ctx, agent := context.Background(), f.As(access.Agent)
	text := func() *files.Upload { return &files.Upload{Name: "a.txt", Bytes: []byte("Refused")} }
	err := f.attachments.SaveSnippet(ctx, agent, faq.Snippet{Name: "all", Body: "For all"}, text())
	if fail.KindOf(err) != fail.Forbidden {
		t.Errorf("an agent's snippet for all: %v", err)
	}
	use, err := f.files.GetStorageUse(ctx, f.As(access.Owner), uuid.Nil)
	if err != nil || use.Used != 0 {
		t.Errorf("the refused file takes up %d bytes, %v", use.Used, err)
	}
	own := faq.Snippet{Name: "own", Body: "Mine", User: agent.ID()}
	for name, in := range map[string]*files.Upload{"an empty file": {Name: "a.txt", Bytes: []byte{}},
		"a program": {Name: "a.exe", Bytes: append([]byte("MZ"), make([]byte, 200)...)}} {
		if e := fail.As(f.attachments.SaveSnippet(ctx, agent, own, in)); e == nil || e.Fields["file"] == "" {
			t.Errorf("%s: %v", name, e)
		}
	}
	own.RemoveFile = true
	if e := fail.As(f.attachments.SaveSnippet(ctx, agent, own, text())); e == nil || e.Fields["file"] == "" {
		t.Errorf("with a file and without one: %v", e)
	}
}
