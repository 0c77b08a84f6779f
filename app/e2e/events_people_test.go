package e2e

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/app/domain/audit"
	"parley/app/domain/faq"
	"parley/app/domain/group"
	"parley/app/domain/identity"
	"parley/app/platform/access"
	"parley/app/platform/events"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// runRecorded runs a command and reports other events than the one that it is to leave. It returns the event.
func runRecorded(t testing.TB, s *serve.Server, owner access.Actor, c recordedCommand) (recorded events.Stored) {
	t.Helper()
	last := newestEvent(t, s, owner)
	if err := c.run(); (err != nil) != c.bad {
		t.Errorf("%s: %v", c.name, err)
		return recorded
	}
	s.Identity.Wait()
	list, err := events.After(context.Background(), s.DB, owner, last)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case c.kind == "" && len(list) != 0:
		t.Errorf("%s: recorded as %s", c.name, list[0].Kind)
	case c.kind != "" && (len(list) != 1 || list[0].Kind != c.kind):
		t.Errorf("%s: %d events instead of one of %s: %+v", c.name, len(list), c.kind, list)
	case c.kind != "" && list[0].ActorName == "" && c.kind != events.LogInRefused: // of whom nobody knows who it is
		t.Errorf("%s: recorded without a name", c.name)
	case c.kind != "":
		recorded = list[0]
	}
	for _, e := range list {
		if _, _, err := e.States(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	return recorded
}

func TestGroupsAndFilesRecordEvents(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, o := startServer(t, nil), testkit.NewOrg(t)
	owner := o.As(access.Owner)
	var id, domain uuid.UUID
	website, err := s.Org.GetWebsite(ctx, owner, o.Website)
	if err != nil || len(website.Domains) == 0 {
		t.Fatal(website, err)
	}
	domain = website.Domains[0].ID
	catalog, err := faq.ReadFile(strings.NewReader("question;answer\nWhen do you open?;At nine.\n"))
	if err != nil {
		t.Fatal(err)
	}
	importing := func(mode faq.ImportMode) func() error {
		return func() error {
			_, err := s.FAQ.Import(ctx, owner, catalog.Records, faq.ScopeNames{}, "en", mode)
			return err
		}
	}
	for _, c := range []recordedCommand{
		{name: "group", kind: events.GroupCreated, run: func() (err error) { id, err = s.Groups.Create(ctx, owner, "Billing"); return err }},
		{name: "group again", bad: true, run: func() error { _, err := s.Groups.Create(ctx, owner, "Billing"); return err }},
		{name: "change group", kind: events.GroupChanged, run: func() error { return s.Groups.Update(ctx, owner, id, group.Settings{Name: "Bills"}) }},
		{name: "members", kind: events.GroupMembersChanged, run: func() error {
			return s.Groups.SetMember(ctx, owner, id, group.Member{ID: o.As(access.Agent).ID(), IsMember: true, MaxChats: 3})
		}},
		{name: "group of a website", kind: events.WebsiteGroupSet, run: func() error {
			return s.Groups.SetWebsiteGroup(ctx, owner, o.Website, group.WebsiteGroup{Group: id})
		}},
		{name: "no group of it", kind: events.WebsiteGroupRemoved, run: func() error { return s.Groups.RemoveWebsiteGroup(ctx, owner, o.Website, id) }},
		{name: "delete group", kind: events.GroupDeleted, run: func() error { return s.Groups.Delete(ctx, owner, id) }},
		{name: "remove domain", kind: events.DomainRemoved, run: func() error { return s.Org.RemoveDomain(ctx, owner, o.Website, domain) }},
		{name: "look at a file", run: importing(faq.ImportPreview)},
		{name: "import it", kind: events.FAQImported, run: importing(faq.ImportApply)},
	} {
		runRecorded(t, s, owner, c)
	}
}

// Whoever comes in, by which way and from where, is in the audit log, and so is who did not come in.
func TestLogInsRecordEvents(t *testing.T) {
	t.Parallel()
	from := events.Origin{Via: events.Browser, Address: "192.0.2.7", UserAgent: "Firefox"}
	ctx := events.WithOrigin(context.Background(), from)
	s, o := startServer(t, nil), testkit.NewOrg(t)
	owner, email := o.As(access.Owner), "nina@"+o.Name+".example"
	var invitation, reset string
	var nina identity.TeamMember
	commands := []recordedCommand{
		{name: "invite", kind: events.MemberInvited, run: func() error {
			_, _, err := s.Identity.Invite(ctx, owner, "nobody@"+o.Name+".example", access.Agent, uuid.Nil, identity.ShownToRequester)
			return err
		}},
		{name: "revoke", kind: events.InvitationRevoked, run: func() error {
			list, err := s.Identity.ListInvitations(ctx, owner)
			if err != nil {
				return err
			}
			return s.Identity.RevokeInvitation(ctx, owner, list[0].ID)
		}},
		{name: "invite another", kind: events.MemberInvited, run: func() (err error) {
			invitation, _, err = s.Identity.Invite(ctx, owner, email, access.Agent, uuid.Nil, identity.SentByMail) // refusals are of proven addresses
			return err
		}},
		{name: "join", kind: events.MemberJoined, run: func() error {
			id, err := s.Identity.AcceptInvitation(ctx, invitation, "Nina", testkit.Password, from.Address)
			if err == nil {
				nina, err = s.Identity.GetMember(ctx, id)
			}
			return err
		}},
		{name: "log in", kind: events.LoggedIn, run: func() error { return s.Identity.RecordLogIn(ctx, nina) }},
		{name: "log out", kind: events.LoggedOut, run: func() error { return s.Identity.RecordLogOut(ctx, nina) }},
		{name: "wrong password", kind: events.LogInRefused, bad: true, run: func() error {
			_, err := s.Identity.LogIn(ctx, email, "another password", from.Address)
			return err
		}},
		{name: "reset link", kind: events.PasswordLinkCreated, run: func() error {
			link, err := s.Identity.CreateResetLink(ctx, owner, nina.ID(), identity.ShownToRequester)
			reset = link.Secret
			return err
		}},
		{name: "new password", kind: events.PasswordChanged, run: func() error {
			_, err := s.Identity.ResetPassword(ctx, reset, "a quite new password", from.Address)
			return err
		}},
	}
	for _, c := range commands {
		if e := runRecorded(t, s, owner, c); e.Origin.Address != from.Address || e.Origin.Via != events.Browser {
			t.Errorf("%s: recorded from %+v", c.name, e.Origin)
		}
	}
	page, err := audit.New(s.DB).List(ctx, owner, audit.Filter{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	said := map[events.Kind]string{}
	for _, e := range page.Entries {
		if said[e.Kind] == "" { // the newest come first
			said[e.Kind] = e.ActorName + " " + e.Sentence.String()
		}
	}
	for kind, want := range map[events.Kind]string{events.MemberJoined: "Nina joined the team", events.LoggedIn: "Nina logged in",
		events.LoggedOut: "Nina logged out", events.PasswordChanged: "Nina set a new password"} {
		if said[kind] != want {
			t.Errorf("%s reads %q", kind, said[kind])
		}
	}
}
