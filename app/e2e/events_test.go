package e2e

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/archive"
	"parley/app/domain/assist"
	"parley/app/domain/audit"
	"parley/app/domain/faq"
	"parley/app/domain/identity"
	"parley/app/domain/org"
	"parley/app/domain/settings"
	"parley/app/domain/visitor"
	"parley/app/platform/access"
	"parley/app/platform/events"
	"parley/app/platform/pg"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// recordedCommand is a command of the domain and the one event that it leaves; a refused one leaves none.
type recordedCommand struct {
	name string
	kind events.Kind // empty: none
	run  func() error
	bad  bool // it is refused
}

func nothingElse(*pg.Tenant) error { return nil }

// Each change leaves exactly one event, and one that fails or changes nothing leaves none.
func TestEveryCommandRecordsOneEvent(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := startServer(t, nil)
	o := fillOrganization(t, s)
	owner := o.As(access.Owner)
	for _, c := range recordedCommands(t, s, o) {
		runRecorded(t, s, owner, c)
	}
	page, err := audit.New(s.DB).List(ctx, owner, audit.Filter{}, 0)
	if err != nil || len(page.Entries) != audit.PageSize || page.Next == 0 {
		t.Fatalf("%d events, next %d, %v", len(page.Entries), page.Next, err)
	}
	for _, e := range page.Entries {
		if e.Sentence.String() == "" {
			t.Errorf("%s has no sentence", e.Kind)
		}
	}
}

func newestEvent(t testing.TB, s *serve.Server, actor access.Actor) (number int64) {
	t.Helper()
	for {
		list, err := events.After(context.Background(), s.DB, actor, number)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			return number
		}
		number = list[len(list)-1].Number
	}
}

// recordedCommands are commands in the order in which they are run.
func recordedCommands(t testing.TB, s *serve.Server, o orgData) []recordedCommand {
	return slices.Concat(organizationCommands(t, s, o), contentCommands(t, s, o), conversationCommands(s, o))
}

// organizationCommands are those of the organization, its customers, websites and team members.
func organizationCommands(t testing.TB, s *serve.Server, o orgData) []recordedCommand {
	ctx, owner := context.Background(), o.As(access.Owner)
	user := o.AddMember(t, access.Agent).Actor.ID()
	return []recordedCommand{
		{name: "rename organization", kind: events.OrganizationRenamed, run: func() error { return s.Org.RenameOrganization(ctx, owner, "Renamed "+o.Name) }},
		{name: "rename to the same", run: func() error { return s.Org.RenameOrganization(ctx, owner, "Renamed "+o.Name) }},
		{name: "add customer", kind: events.CustomerCreated, run: func() error { _, err := s.Org.AddCustomer(ctx, owner, "Tea"); return err }},
		{name: "add the customer again", bad: true, run: func() error { _, err := s.Org.AddCustomer(ctx, owner, "Tea"); return err }},
		{name: "rename customer", kind: events.CustomerRenamed, run: func() error { return s.Org.RenameCustomer(ctx, owner, o.Customer, "Coffee") }},
		{name: "rename to a taken name", bad: true, run: func() error { return s.Org.RenameCustomer(ctx, owner, o.Customer, "Tea") }},
		{name: "capacity share", kind: events.CapacityShareChanged, run: func() error { return s.Org.SetCapacityShare(ctx, owner, o.Customer, 7) }},
		{name: "add website", kind: events.WebsiteCreated, run: func() error {
			_, err := s.Org.AddWebsite(ctx, owner, o.Customer, org.WebsiteInput{Name: "Second", Host: "second.example"})
			return err
		}},
		{name: "update website", kind: events.WebsiteChanged, run: func() error {
			return s.Org.UpdateWebsite(ctx, owner, o.Website, org.WebsiteUpdate{Name: "Shop", Greeting: "Hi"})
		}},
		{name: "widget", kind: events.WidgetChanged, run: func() error {
			return s.Settings.Update(ctx, owner, settings.ForWebsite(o.Website), settings.Change{Set: func(x *settings.Widget) error { x.PreChat.Privacy = "New"; return nil }})
		}},
		{name: "widget refused", bad: true, run: func() error {
			return s.Settings.Update(ctx, owner, settings.ForWebsite(o.Website), settings.Change{Set: func(x *settings.Widget) error { x.Closing.WarnAfterMinutes = -1; return nil }})
		}},
		{name: "identity key", kind: events.IdentityKeyRotated, run: func() error { return s.Org.RotateIdentityKey(ctx, owner, o.Website) }},
		{name: "add domain", kind: events.DomainAdded, run: func() error { return s.Org.AddDomain(ctx, owner, o.Website, "third.example") }},
		{name: "invite", kind: events.MemberInvited, run: func() error {
			_, _, err := s.Identity.Invite(ctx, owner, "nina@"+o.Name+".example", access.Agent, uuid.Nil, identity.ShownToRequester)
			return err
		}},
		{name: "reset link", kind: events.PasswordLinkCreated, run: func() error {
			_, err := s.Identity.CreateResetLink(ctx, owner, user, identity.ShownToRequester)
			return err
		}},
		{name: "role", kind: events.RoleChanged, run: func() error { return s.Identity.ChangeRole(ctx, owner, user, access.Supervisor, uuid.Nil) }},
		{name: "customers", kind: events.CustomersChanged, run: func() error { return s.Identity.SetCustomers(ctx, owner, user, []uuid.UUID{o.Customer}, nothingElse) }},
		{name: "alias", kind: events.AliasesChanged, run: func() error { return s.Identity.SetAlias(ctx, owner, user, o.Customer, "Sam") }},
		{name: "the same alias", run: func() error { return s.Identity.SetAlias(ctx, owner, user, o.Customer, "Sam") }},
		{name: "disable", kind: events.MemberDisabled, run: func() error { return s.Identity.DisableMember(ctx, owner, user) }},
		{name: "enable", kind: events.MemberEnabled, run: func() error { return s.Identity.EnableMember(ctx, owner, user) }},
		{name: "disable oneself", bad: true, run: func() error { return s.Identity.DisableMember(ctx, owner, owner.ID()) }},
	}
}

// contentCommands are those of FAQ entries, snippets and settings.
func contentCommands(t testing.TB, s *serve.Server, o orgData) []recordedCommand {
	ctx, owner := context.Background(), o.As(access.Owner)
	drafts, err := assist.New(s.DB, s.Conversations, s.FAQ, assist.Options{Secret: testSecret})
	if err != nil {
		t.Fatal(err)
	}
	model := assist.ModelSettings{
		Key:           "another",
		LanguageModel: settings.LanguageModel{BaseURL: "https://model.example/v1", Model: "large", Budget: 1000},
	}
	entry := faq.Entry{
		State: faq.Published,
		Scope: faq.Scope{Customer: o.Customer},
		Texts: []faq.Text{{Language: "en", Question: "When do you open?", Answer: "At nine."}},
	}
	var saved uuid.UUID
	return []recordedCommand{
		{name: "new FAQ entry", kind: events.FAQCreated, run: func() (err error) { saved, _, err = s.FAQ.SaveEntry(ctx, owner, entry); return err }},
		{name: "the same question again", bad: true, run: func() error { _, _, err := s.FAQ.SaveEntry(ctx, owner, entry); return err }},
		{name: "change FAQ entry", kind: events.FAQChanged, run: func() error {
			e, err := s.FAQ.GetEntry(ctx, owner, saved)
			if err == nil {
				e.Texts[0].Answer = "At ten."
				_, _, err = s.FAQ.SaveEntry(ctx, owner, e)
			}
			return err
		}},
		{name: "FAQ entry to draft", kind: events.FAQStateChanged, run: func() error { _, err := s.FAQ.SetState(ctx, owner, []uuid.UUID{saved}, faq.Draft); return err }},
		{name: "publish FAQ entries", kind: events.FAQPublished, run: func() error { _, err := s.FAQ.SetState(ctx, owner, []uuid.UUID{saved}, faq.Published); return err }},
		{name: "publish what is", run: func() error { _, err := s.FAQ.SetState(ctx, owner, []uuid.UUID{saved}, faq.Published); return err }},
		{name: "export FAQ", kind: events.FAQExported, run: func() error { return s.FAQ.Export(ctx, owner, "csv", &bytes.Buffer{}) }},
		{name: "delete FAQ entry", kind: events.FAQDeleted, run: func() error { return s.FAQ.RemoveEntry(ctx, owner, saved) }},
		{name: "inherited settings", kind: events.SettingsChanged, run: func() error {
			return s.Settings.Update(ctx, owner, settings.ForOrganization(),
				settings.Change{Set: func(x *settings.Widget) error { x.General.Zone = "Europe/Berlin"; return nil }})
		}},
		{name: "a time zone that there is not", bad: true, run: func() error {
			return s.Settings.Update(ctx, owner, settings.ForCustomer(o.Customer),
				settings.Change{Set: func(x *settings.Widget) error { x.General.Zone = "Nowhere"; return nil }})
		}},
		{name: "inherit again", kind: events.SettingsChanged, run: func() error {
			return s.Settings.Reset(ctx, owner, settings.ForOrganization(), "general.zone")
		}},
		{name: "routing", kind: events.RoutingChanged, run: func() error {
			return s.Routing.UpdateSettings(ctx, owner, settings.Routing{AwayRequeueAfter: time.Minute})
		}},
		{name: "routing out of range", bad: true, run: func() error {
			return s.Routing.UpdateSettings(ctx, owner, settings.Routing{AwayRequeueAfter: -1})
		}},
		{name: "desk rules", kind: events.DeskRulesChanged, run: func() error {
			return s.Settings.SetDesk(ctx, owner, settings.Desk{Review: true, AwayReasons: []string{"Lunch"}})
		}},
		{name: "snippet", kind: events.SnippetCreated, run: func() error { return s.FAQ.SaveSnippet(ctx, owner, faq.Snippet{Name: "bye", Body: "Good bye"}) }},
		{name: "own snippet", run: func() error {
			return s.FAQ.SaveSnippet(ctx, owner, faq.Snippet{Name: "mine", Body: "Mine", User: owner.ID()})
		}},
		{name: "change snippet", kind: events.SnippetChanged, run: func() error {
			return s.FAQ.SaveSnippet(ctx, owner, faq.Snippet{ID: o.snippet, Name: "hello", Body: "Hi"})
		}},
		{name: "delete snippet", kind: events.SnippetDeleted, run: func() error { return s.FAQ.RemoveSnippet(ctx, owner, o.snippet) }},
		{name: "model", kind: events.ModelChanged, run: func() error { return drafts.SetModelSettings(ctx, owner, model) }},
		{name: "remove model", kind: events.ModelRemoved, run: func() error { return drafts.RemoveModel(ctx, owner) }},
	}
}

// conversationCommands are those of tags, blocks and conversations.
func conversationCommands(s *serve.Server, o orgData) []recordedCommand {
	ctx, owner := context.Background(), o.As(access.Owner)
	list := []recordedCommand{
		{name: "tag", kind: events.TagCreated, run: func() error { return s.Conversations.CreateTag(ctx, owner, "Refund") }},
		{name: "rename tag", kind: events.TagRenamed, run: func() error { return s.Conversations.RenameTag(ctx, owner, o.tag, "Return") }},
		{name: "rename to a taken tag", bad: true, run: func() error { return s.Conversations.RenameTag(ctx, owner, o.tag, "REFUND") }},
		{name: "delete tag", kind: events.TagDeleted, run: func() error { return s.Conversations.DeleteTag(ctx, owner, o.tag) }},
		{name: "block", kind: events.BlockAdded, run: func() error {
			return s.Visitors.AddBlock(ctx, owner, visitor.Block{Visitor: o.visitor.ID(), ExpiresAt: time.Now().Add(time.Hour)})
		}},
		{name: "remove block", kind: events.BlockRemoved, run: func() error { return s.Visitors.RemoveBlock(ctx, owner, o.block) }},
		{name: "message", run: func() error {
			_, err := s.Conversations.SendAsAgent(ctx, o.As(access.Agent), o.conversation, uuid.New(), "text", "Not an event")
			return err
		}},
		{name: "close", run: func() error { _, err := s.Conversations.Close(ctx, o.As(access.Agent), o.conversation); return err }},
	}
	for _, role := range []access.Role{access.Owner, access.Reviewer} {
		list = append(list, recordedCommand{name: "export as " + string(role), kind: events.ConversationExported, run: func() error {
			return s.Archive.Export(ctx, o.As(role), o.conversation, "txt", &bytes.Buffer{}, func(archive.Record) {})
		}})
	}
	return append(list, recordedCommand{name: "export the audit log", kind: events.AuditExported, run: func() error {
		return audit.New(s.DB).Export(ctx, owner, audit.Filter{}, "", &bytes.Buffer{})
	}})
}

// A manager who is limited to a customer finds that customer's events and no other's; words and kinds narrow the list.
func TestAuditLogIsNarrowed(t *testing.T) {
	t.Parallel()
	ctx, o := context.Background(), testkit.NewOrg(t)
	s := startServer(t, nil)
	owner := o.As(access.Owner)
	other, err := s.Org.AddCustomer(ctx, owner, "Quiet 100% tea")
	if err != nil {
		t.Fatal(err)
	}
	find := func(actor access.Actor, f audit.Filter) []audit.Entry {
		t.Helper()
		p, err := audit.New(s.DB).List(ctx, actor, f, 0)
		if err != nil {
			t.Fatal(err)
		}
		return p.Entries
	}
	for name, f := range map[string]audit.Filter{
		"words":          {Text: "quiet 100%"},
		"customer":       {Customer: other},
		"subject":        {Subject: other},
		"kind and words": {What: string(events.CustomerCreated), Text: "QUIET"},
		"actor":          {Actor: owner.ID(), What: "Customers and websites"},
	} {
		if list := find(owner, f); len(list) != 1 || list[0].Subject.ID != other {
			t.Errorf("%s: %d events", name, len(list))
		}
	}
	for name, f := range map[string]audit.Filter{
		"a wildcard":   {Text: "quiet%tea"},
		"another area": {What: "FAQ"},
		"tomorrow":     {From: time.Now().Add(time.Hour)},
		"yesterday":    {Until: time.Now().Add(-time.Hour)},
	} {
		if list := find(owner, f); len(list) != 0 {
			t.Errorf("%s: %d events", name, len(list))
		}
	}
	limited := o.AddMember(t, access.Manager, o.Customer).Actor
	list := find(limited, audit.Filter{})
	if len(list) == 0 {
		t.Error("a limited manager sees nothing")
	}
	for _, e := range list {
		if e.Customer != o.Customer {
			t.Errorf("a limited manager sees %s of another customer", e.Kind)
		}
	}
}
