package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/assist"
	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	"parley/app/domain/files"
	"parley/app/domain/group"
	"parley/app/domain/identity"
	"parley/app/domain/presence"
	"parley/app/domain/settings"
	"parley/app/domain/visitor"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// orgData is an organization with a row in every table.
type orgData struct {
	testkit.Org
	visitor      access.Actor
	conversation uuid.UUID
	group        uuid.UUID
	entry        uuid.UUID
	snippet      uuid.UUID
	tag          uuid.UUID
	file         uuid.UUID
	block        uuid.UUID
}

func fillOrganization(t testing.TB, s *serve.Server) orgData {
	t.Helper()
	ctx, o := context.Background(), testkit.NewOrg(t)
	f := orgData{Org: o}
	v := newVisitor(t, s, o, "")
	v.send("A message of " + o.Name)
	f.conversation = uuid.MustParse(v.conversation)
	who, _, err := visitor.NewTokens(testSecret).Verify(v.token, o.ID, o.Website, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	f.visitor = who
	if _, err := s.Routing.Take(ctx, o.As(access.Agent), "Mia", f.conversation); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Conversations.SendAsAgent(ctx, o.As(access.Agent), f.conversation, uuid.New(), "note", "A note of "+o.Name); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Identity.Invite(ctx, o.As(access.Owner), "new@"+o.Name+".example", access.Agent, uuid.Nil,
		identity.ShownToRequester); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Identity.CreateResetLink(ctx, o.As(access.Owner), o.As(access.Agent).ID(), identity.ShownToRequester); err != nil {
		t.Fatal(err)
	}
	owner := o.As(access.Owner)
	if f.group, err = s.Groups.Create(ctx, owner, "A group of "+o.Name); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		s.Groups.Update(ctx, owner, f.group, group.Settings{Name: "A group of " + o.Name, Picking: true}),
		s.Groups.SetMember(ctx, owner, f.group, group.Member{ID: o.As(access.Agent).ID(), IsMember: true, MaxChats: 1000000}),
		s.Groups.SetWebsiteGroup(ctx, owner, o.Website, group.WebsiteGroup{Group: f.group}),
		s.Routing.Consult(ctx, o.As(access.Agent), "Mia", conversation.Invitation{Conversation: f.conversation, Participant: o.As(access.Supervisor).ID()}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Visitors.CreateReturnCode(ctx, o.ID, o.Website, f.visitor.ID()); err != nil {
		t.Fatal(err)
	}
	if err := s.Visitors.AddBlock(ctx, o.As(access.Owner), visitor.Block{
		Network: "203.0.113.0/24",
		Reason:  "Block of " + o.Name,
	}); err != nil {
		t.Fatal(err)
	}
	list, err := s.Visitors.ListBlocks(ctx, o.As(access.Owner))
	if err != nil {
		t.Fatal(err)
	}
	f.block = list[0].ID
	if f.file, err = addFile(s, f); err != nil {
		t.Fatal(err)
	}
	addRows(ctx, t, s, o)
	// As it is when it closes; it goes on here.
	if _, err := s.DB.As(access.System(o.ID, "test")).Exec(ctx, `insert into archive_words (org_id, conversation_id, staff, customer_id, website_id, group_id, agent_name, closed_at, words)
		select org_id, id, staff, customer_id, website_id, group_id, agent_name, now(), app.conversation_words(org_id, id, staff) from conversations, (values (false), (true)) s (staff)`); err != nil {
		t.Fatal(err)
	}
	f.addDeskData(t, s)
	s.Presence.Connect(o.As(access.Agent)) // as its desk does
	awaitAvailability(t, s, o.As(access.Agent), presence.Online)
	m, err := s.Conversations.SendAsAgent(ctx, o.As(access.Agent), f.conversation, uuid.New(), "text", "A reply of "+o.Name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Conversations.EditReply(ctx, o.As(access.Agent), f.conversation, m.Seq, uuid.New(),
		"Another reply of "+o.Name); err != nil {
		t.Fatal(err)
	}
	return f
}

// addRows adds rows that no function of the domain adds here.
func addRows(ctx context.Context, t testing.TB, s *serve.Server, o testkit.Org) {
	t.Helper()
	for _, sql := range []string{ // it goes on here
		`insert into ratings (org_id, conversation_id, visitor_id, value, thumbs, comment, customer_id, website_id, group_id)
			select org_id, id, visitor_id, 5, false, 'Verdict', customer_id, website_id, group_id from conversations`,
		`insert into used_identity_tokens (org_id, hash, visitor_id, ip_address, until) select org_id, sha256('x'), visitor_id, '', now() from conversations`,
		`insert into identity_keys (org_id, website_id, key) select org_id, id, repeat('k', 32) from websites`,
		`insert into uploads (org_id, id, website_id, size) select org_id, gen_random_uuid(), id, 5 from websites`,
		`insert into user_customers (org_id, user_id, customer_id) select u.org_id, u.id, c.id from users u, customers c where u.role = 'supervisor'`, // of whom is not limited: without effect
		`insert into submitted_forms (org_id, hash, answer) select id, sha256('x'), '/admin' from organizations`,
		`insert into form_edits (org_id, id, form, user_id, fields) select org_id, gen_random_uuid(), '/admin/groups', id, array['name'] from users`,
		`insert into transcript_requests (org_id, id, conversation_id, email) select org_id, gen_random_uuid(), id, 'visitor@home.example' from conversations`,
		`insert into settings (org_id, section, value) select id, 'general', '{"zone": "UTC"}' from organizations`,
		`insert into settings (org_id, customer_id, section, value) select org_id, id, 'general', '{"zone": "UTC"}' from customers`,
		`insert into pictures (org_id, user_id, customer_id, file_id) select c.org_id, c.agent_id, c.customer_id, f.id from conversations c, files f`,
	} {
		if _, err := s.DB.As(access.System(o.ID, "test")).Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
}

// newSignUp is what somebody enters who joins an organization.
func newSignUp(name, email string) identity.SignUp {
	return identity.SignUp{Name: name, Email: email, Password: testkit.Password}
}

// addFile sends a file in an organization's conversation.
func addFile(s *serve.Server, f orgData) (uuid.UUID, error) {
	ctx, id := context.Background(), uuid.New()
	in, err := s.Files.Put(ctx, f.visitor, files.Upload{
		ID:       id,
		Purpose:  files.ForMessage,
		Visitor:  f.visitor.ID(),
		Name:     "of " + f.Name + ".txt",
		Bytes:    []byte("A file of " + f.Name),
		Allowed:  files.Categories,
		MaxBytes: 1000,
	})
	if err == nil {
		err = s.Files.AttachToConversation(ctx, f.visitor, in.ID, f.conversation)
	}
	return id, err
}

// addDeskData makes what the agents of an organization answer with: FAQ entries, snippets and the like.
func (f *orgData) addDeskData(t testing.TB, s *serve.Server) {
	t.Helper()
	ctx, owner, agent := context.Background(), f.As(access.Owner), f.As(access.Agent)
	text := faq.Text{Language: "en", Question: "A question of " + f.Name, Answer: "An answer of " + f.Name}
	id, _, err := s.FAQ.AddFromAnswer(ctx, owner,
		faq.Entry{Texts: []faq.Text{text}, Scope: faq.Scope{Customer: f.Customer}},
		faq.Choice{Conversation: f.conversation, Seq: 1, Query: "A message of " + f.Name})
	if err != nil {
		t.Fatal(err)
	}
	f.entry = id
	drafts, err := assist.New(s.DB, s.Conversations, s.FAQ, assist.Options{Secret: testSecret})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		s.FAQ.SaveSnippet(ctx, owner, faq.Snippet{Name: "hello", Body: "Hello from " + f.Name}),
		s.Conversations.Tag(ctx, agent, f.conversation, "Tag of "+f.Name),
		s.Identity.SetPreferences(ctx, agent, identity.Preferences{DelaySending: true}),
		s.Identity.SetAlias(ctx, owner, agent.ID(), f.Customer, "Alias of "+f.Name),
		s.Identity.SubscribePush(ctx, agent, identity.PushSubscription{Endpoint: "https://push.example/" + f.Name, P256dh: "x", Auth: "x"}),
		drafts.SetModelSettings(ctx, owner, assist.ModelSettings{
			Key:           "key-of-" + f.Name,
			LanguageModel: settings.LanguageModel{BaseURL: "https://model.example/v1", Model: "small", Budget: 1000},
		}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.DB.As(owner).Exec(ctx, "insert into language_model_usage (org_id, month) values ($1, '2026-01-01')", f.ID); err != nil {
		t.Fatal(err)
	}
	snippets, err := s.FAQ.ListSnippets(ctx, owner, faq.SnippetScope{AllGroups: true})
	if err != nil {
		t.Fatal(err)
	}
	tags, err := s.Conversations.Tags(ctx, owner)
	if err != nil {
		t.Fatal(err)
	}
	f.snippet, f.tag = snippets[0].ID, tags[0].ID
}
