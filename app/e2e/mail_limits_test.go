package e2e

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

// TestDailyMailLimit shows that an organization may send few mails a day, over all servers, until an owner has
// proven the address.
func TestDailyMailLimit(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	smtp, mails := testkit.MailServer(t, 0)
	go func() {
		for range mails {
		}
	}()
	mail := func(c *serve.Config) { c.SMTPURL = smtp }
	here, there := startServer(t, mail), startServer(t, mail)
	o, other := testkit.NewOrg(t), testkit.NewOrg(t)
	for i := range 49 {
		if err := []*serve.Server{here, there}[i%2].Identity.CountMail(ctx, o.ID); err != nil {
			t.Fatalf("mail %d: %v", i, err)
		}
	}
	manager, err := traffic.LogIn(ctx, here.URL, o.Users[access.Manager].Email, testkit.Password)
	if err != nil {
		t.Fatal(err)
	}
	invite := func(s *serve.Server, email string) strangerResponse {
		return postAsStranger(t, s, manager.Cookie(), "/admin/team/invite", url.Values{"email": {email}, "role": {"agent"}})
	}
	if a := invite(here, "nobody"); a.code != 422 { // counts nothing
		t.Errorf("no address: %d", a.code)
	}
	if a := invite(here, "fiftieth@"+o.Name+".example"); a.code != 303 {
		t.Errorf("the 50th: %d %s", a.code, a.body)
	}
	for _, s := range []*serve.Server{here, there} {
		if a := invite(s, "one-more@"+o.Name+".example"); a.code != 429 || !strings.Contains(a.body, "until an owner’s address is verified") &&
			!strings.Contains(a.body, "until an owner&#39;s address is verified") ||
			strings.Contains(a.body, "one-more@"+o.Name+".example</") {
			t.Errorf("the 51st: %d %s", a.code, a.body)
		}
	}
	if err := there.Identity.CountMail(ctx, other.ID); err != nil {
		t.Error("another organization:", err)
	}
	link, err := here.Identity.CreateForgottenPasswordLink(ctx, o.Users[access.Owner].Email)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := here.Identity.ResetPassword(ctx, link.Secret, "another password", "192.0.2.77"); err != nil {
		t.Fatal(err)
	}
	if a := invite(there, "one-more@"+o.Name+".example"); a.code != 303 {
		t.Errorf("after an owner has proven the address: %d %s", a.code, a.body)
	}
	// Conversations to an address: counted over all servers, too.
	for i := range 6 {
		err = []*serve.Server{here, there}[i%2].Identity.CountTranscript(ctx, other.ID, "Friend@home.example")
	}
	if fail.KindOf(err) != fail.Busy {
		t.Errorf("the sixth conversation to one address: %v", err)
	}
}

// TestInvitationNamesAreSanitized shows that an invitation cannot be used as an advertisement: names are short and
// have no links, and the mail says who sent it and where to report it. However many wait, nobody's new password is
// delayed.
func TestInvitationNamesAreSanitized(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	smtp, mails := testkit.HangingMailServer(t, 0, func(to string) bool { return strings.HasPrefix(to, "hangs") })
	s := startServer(t, func(c *serve.Config) { c.SMTPURL = smtp + "&report=abuse@parley.example" })
	o, other := testkit.NewOrg(t), testkit.NewOrg(t)
	if err := s.Org.RenameOrganization(ctx, o.As(access.Owner),
		"Win https://evil.example/x \u202enow! "+strings.Repeat("Buy at shop.example. ", 8)); err != nil {
		t.Fatal(err)
	}
	manager, err := traffic.LogIn(ctx, s.URL, o.Users[access.Manager].Email, testkit.Password)
	if err != nil {
		t.Fatal(err)
	}
	if a := postAsStranger(t, s, manager.Cookie(), "/admin/team/invite", url.Values{
		"email": {"stranger@home.example"},
		"role":  {"agent"},
	}); a.code != 303 {
		t.Fatalf("%d %s", a.code, a.body)
	}
	l := receive(t, mails)
	for _, bad := range []string{"evil.example", "shop.example", "\u202e"} {
		if strings.Contains(l.Subject+l.Text, bad) {
			t.Errorf("the letter has %q:\n%s\n%s", bad, l.Subject, l.Text)
		}
	}
	if len(l.Subject) > 150 || !strings.Contains(l.Text, o.Users[access.Manager].Email) ||
		!strings.Contains(l.Text, "abuse@parley.example") || !strings.Contains(l.Text, "/join/") {
		t.Errorf("%s\n%s", l.Subject, l.Text)
	}
	for i := range 40 { // of which every one hangs
		if a := postAsStranger(t, s, manager.Cookie(), "/admin/team/invite", url.Values{
			"email": {fmt.Sprintf("hangs%d@home.example", i)},
			"role":  {"agent"},
		}); a.code != 303 {
			t.Fatalf("%d %s", a.code, a.body)
		}
	}
	if a := postAsStranger(t, s, "", "/forgot", url.Values{"email": {other.Users[access.Agent].Email}}); a.code != 200 {
		t.Errorf("%d", a.code)
	}
	if l := receive(t, mails); l.To != other.Users[access.Agent].Email || !strings.Contains(l.Text, "/reset/") {
		t.Errorf("a letter to %s: %s", l.To, l.Text)
	}
}
