package attachment_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"parley/app/domain/attachment"
	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	"parley/app/domain/files"
	"parley/app/domain/group"
	"parley/app/domain/identity"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/tools/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

type fixture struct {
	testkit.Org
	conversations *conversation.Service
	files         *files.Service
	faq           *faq.Service
	groups        *group.Service
	attachments   *attachment.Service
	identity      *identity.Service
}

func newFixture(t *testing.T) fixture {
	t.Parallel()
	store, err := files.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := conversation.New(testkit.DB(t), bus.New(nil), conversation.Options{})
	f := files.New(testkit.DB(t), store, files.Options{})
	snippets, groups := faq.New(testkit.DB(t), bus.New(nil), faq.Options{}), group.New(testkit.DB(t), bus.New(nil))
	members := identity.New(testkit.DB(t), bus.New(nil), identity.Options{Limits: identity.DefaultLimits()})
	return fixture{testkit.NewOrg(t), c, f, snippets, groups, attachment.New(c, f, snippets, groups, members), members}
}

func upload(id uuid.UUID, text string) files.Upload {
	return files.Upload{ID: id, Name: "a.txt", Bytes: []byte(text), Allowed: files.Categories, MaxBytes: 1000}
}

// A file is sent once however often it is sent, and what is refused leaves no file.
func TestSend(t *testing.T) {
	f := newFixture(t)
	ctx, visitor, agent, system := context.Background(), f.Visitor(), f.As(access.Agent), access.System(f.ID, "test")
	message := conversation.VisitorMessage{ID: uuid.New(), Customer: f.Customer}
	var begun uuid.UUID
	for range 2 {
		file, receipt, err := f.attachments.SendAsVisitor(ctx, visitor, message, upload(uuid.Nil, "One"))
		if err != nil || receipt.Seq != 1 || file.ID != message.ID {
			t.Fatalf("a visitor's file: %+v %v", receipt, err)
		}
		begun, message.Conversation = receipt.Conversation, receipt.Conversation
	}
	if file, err := f.files.Get(ctx, system, message.ID); err != nil || file.Conversation != begun || file.Visitor != visitor.ID() {
		t.Errorf("it belongs to %+v, %v", file, err)
	}
	gone := func(name string, id uuid.UUID, err error, kind fail.Kind) {
		t.Helper()
		if fail.KindOf(err) != kind {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := f.files.Get(ctx, system, id); fail.KindOf(err) != fail.NotFound {
			t.Errorf("%s left a file: %v", name, err)
		}
	}
	early, copied := uuid.New(), uuid.New()
	snippet := f.saveSnippet(t, faq.Snippet{Name: "map"})
	gone("an agent who does not have the conversation", early,
		f.attachments.SendAsAgent(ctx, agent, begun, upload(early, "Two")), fail.Forbidden)
	gone("a copy by the same", copied, f.attachments.SendSnippetFile(ctx, agent, begun, copied, snippet), fail.Forbidden)
	if _, err := f.conversations.Take(ctx, agent, "Mia", begun, conversation.QueueScope{AllGroups: true}); err != nil {
		t.Fatal(err)
	}
	if err := f.attachments.SendAsAgent(ctx, agent, begun, upload(early, "Two")); err != nil {
		t.Fatal(err)
	}
	if err := f.attachments.SendSnippetFile(ctx, agent, begun, copied, snippet); err != nil {
		t.Fatal(err)
	}
	if file, err := f.files.Get(ctx, visitor, copied); err != nil || file.Conversation != begun {
		t.Errorf("the copy: %+v %v", file, err)
	}
	if _, err := f.conversations.Close(ctx, agent, begun); err != nil {
		t.Fatal(err)
	}
	late, lateCopy, lateOwn := uuid.New(), uuid.New(), uuid.New()
	gone("an agent's file in a closed conversation", late,
		f.attachments.SendAsAgent(ctx, agent, begun, upload(late, "Three")), fail.Conflict)
	gone("a copy in a closed conversation", lateCopy, f.attachments.SendSnippetFile(ctx, agent, begun, lateCopy, snippet), fail.Conflict)
	_, _, err := f.attachments.SendAsVisitor(ctx, visitor,
		conversation.VisitorMessage{ID: lateOwn, Conversation: begun, Customer: f.Customer}, upload(uuid.Nil, "Four"))
	gone("a visitor's in a closed conversation", lateOwn, err, fail.Conflict)
}
