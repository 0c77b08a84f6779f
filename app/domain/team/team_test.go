package team_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	"parley/app/domain/group"
	"parley/app/domain/identity"
	"parley/app/domain/notification"
	"parley/app/domain/org"
	"parley/app/domain/presence"
	"parley/app/domain/settings"
	"parley/app/domain/team"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/platform/mail"
	"parley/app/tools/testkit"
)

func newService(t *testing.T, policy team.SignUpPolicy) *team.Service {
	t.Helper()
	db, b := testkit.DB(t), bus.New(nil)
	mailer, err := mail.NewMailer("")
	if err != nil {
		t.Fatal(err)
	}
	members, conversations := identity.New(db, b, testkit.IdentityOptions()), conversation.New(db, b, conversation.Options{})
	mails := notification.NewMails(notification.MailOptions{DB: db, Identity: members, Mailer: mailer, PublicURL: "https://chat.example"})
	return team.New(
		team.Services{
			Identity:      members,
			Org:           org.New(db, b, settings.New(db, b, nil)),
			Conversations: conversations,
			FAQ:           faq.New(db, b, faq.Options{}),
			Groups:        group.New(db, b),
			Presence:      presence.New(db, b, conversations, presence.Options{}),
			Mails:         mails,
		},
		team.Options{PublicURL: "https://chat.example", SignUp: policy})
}

func memberOf(o testkit.Org, role access.Role) identity.TeamMember {
	return identity.TeamMember{Actor: o.As(role), Name: "Mona", Email: "mona@" + o.Name + ".example", OrgName: o.Name}
}

func TestOnlyManagersChangeTheTeam(t *testing.T) {
	t.Parallel()
	s, o := newService(t, team.SignUpClosed), testkit.NewOrg(t)
	agent := o.As(access.Agent)
	for _, role := range []access.Role{access.Supervisor, access.Agent, access.Reviewer} {
		by := memberOf(o, role)
		_, invited := s.Invite(t.Context(), by, team.Invitation{Email: "new@" + o.Name + ".example", Role: access.Agent})
		_, reset := s.SendPasswordReset(t.Context(), by, agent.ID())
		for name, err := range map[string]error{
			"invite":         invited,
			"reset":          reset,
			"change a role":  s.ChangeRole(t.Context(), by.Actor, agent.ID(), access.Supervisor, uuid.Nil),
			"limit":          s.LimitToCustomers(t.Context(), by.Actor, agent.ID(), []uuid.UUID{o.Customer}),
			"lift the limit": s.ServeAllCustomers(t.Context(), by.Actor, agent.ID()),
			"disable":        s.Disable(t.Context(), by.Actor, agent.ID()),
		} {
			if fail.KindOf(err) != fail.Forbidden || err == nil {
				t.Errorf("a %s may %s: %v", role, name, err)
			}
		}
	}
}

func TestInviteReturnsTheLinkWhereNoMailIsSent(t *testing.T) {
	t.Parallel()
	s, o := newService(t, team.SignUpClosed), testkit.NewOrg(t)
	link, err := s.Invite(t.Context(), memberOf(o, access.Manager), team.Invitation{
		Email: "new@" + o.Name + ".example",
		Role:  access.Agent,
	})
	if err != nil || !strings.HasPrefix(link.URL, "https://chat.example/join/") || link.Email != "new@"+o.Name+".example" {
		t.Fatal(link, err)
	}
	_, err = s.Invite(t.Context(), memberOf(o, access.Manager), team.Invitation{
		Email:    "other@" + o.Name + ".example",
		Role:     access.Agent,
		Customer: o.Customer,
	})
	if e := fail.As(err); e == nil || e.Fields["customer"] == "" {
		t.Errorf("an agent with a reviewer's customer: %v", err)
	}
}

func TestLimitToCustomersNeedsOne(t *testing.T) {
	t.Parallel()
	s, o := newService(t, team.SignUpClosed), testkit.NewOrg(t)
	err := s.LimitToCustomers(t.Context(), o.As(access.Manager), o.As(access.Agent).ID(), nil)
	if e := fail.As(err); e == nil || e.Fields["customers"] == "" {
		t.Errorf("without a customer: %v", err)
	}
}

func TestSignUpPolicy(t *testing.T) {
	t.Parallel()
	name := strings.ToLower(uuid.NewString()[:8])
	in := team.SignUpRequest{Organization: "Shop " + name, Name: "Olga", Email: "olga@" + name + ".example", Password: "a long password",
		Address: "192.0.2." + name, Network: "192.0.2." + name}
	for policy, want := range map[team.SignUpPolicy]bool{team.SignUpOpen: true, team.SignUpInvite: false, team.SignUpClosed: false} {
		done, err := newService(t, policy).SignUp(t.Context(), in)
		if (err == nil && done.Owner != uuid.Nil) != want || err != nil && fail.KindOf(err) != fail.Forbidden {
			t.Errorf("%s: %v, %v", policy, done, err)
		}
	}
	in.Organization, in.Email = " ", "nobody"
	_, err := newService(t, team.SignUpOpen).SignUp(t.Context(), in)
	if e := fail.As(err); e == nil || e.Fields["organization"] == "" || e.Fields["email"] == "" {
		t.Errorf("what cannot be read: %v", err)
	}
	if _, err := newService(t, team.SignUpClosed).GetSignUp(t.Context(), "secret"); fail.KindOf(err) != fail.Forbidden {
		t.Errorf("a link where nobody signs up: %v", err)
	}
}
