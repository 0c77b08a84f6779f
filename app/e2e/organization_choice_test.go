package e2e

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"parley/app/domain/identity"
	"parley/app/platform/access"
	"parley/app/tools/testkit"
)

// TestOrganizationChoice shows that with one address and password for two organizations the person chooses, and that
// the choice is worth nothing for a user whom the password did not open, nor after that user's sessions were ended.
func TestOrganizationChoice(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := startServer(t, nil)
	a, b := testkit.NewOrg(t), testkit.NewOrg(t)
	mia := a.Users[access.Agent]
	twin, err := s.Identity.CreateMember(ctx, b.ID,
		identity.SignUp{Name: "Mia", Email: mia.Email, Password: testkit.Password}, access.Agent, nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := func() *http.Client {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	post := func(c *http.Client, path string, form url.Values) (int, string) {
		t.Helper()
		res, err := c.PostForm(s.URL+path, form)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.StatusCode, res.Header.Get("Location")
	}
	inside := func(c *http.Client) bool {
		t.Helper()
		res, err := c.Get(s.URL + "/desk")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	}
	logIn := url.Values{"email": {mia.Email}, "password": {testkit.Password}}
	one, two := browser(), browser()
	for _, c := range []*http.Client{one, two} {
		if code, _ := post(c, "/login", logIn); code != http.StatusOK || inside(c) {
			t.Fatalf("the log-in answers %d, or lets in without a choice", code)
		}
	}
	if _, to := post(one, "/login/organization", url.Values{"user": {a.As(access.Owner).ID().String()}}); !strings.HasPrefix(to, "/login") || inside(one) {
		t.Error("somebody else could be chosen")
	}
	if _, to := post(one, "/login/organization", url.Values{"user": {twin.String()}}); to != "/" || !inside(one) {
		t.Errorf("the choice leads to %q", to)
	}
	link, err := s.Identity.CreateOperatorResetLink(ctx, mia.Email)
	if err != nil {
		t.Fatal(err)
	}
	if opens, err := s.Identity.ResetPassword(ctx, link.Secret, "another password", "192.0.2.1"); err != nil || len(opens) != 2 {
		t.Fatalf("%v %v", opens, err)
	}
	if _, to := post(two, "/login/organization", url.Values{"user": {twin.String()}}); !strings.HasPrefix(to, "/login") || inside(two) {
		t.Error("a choice from before the new password still opens")
	}
}

// TestLogOutRequeuesConversations shows that logging out requeues the agent's conversations.
func TestLogOutRequeuesConversations(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	v := newVisitor(t, s, o, "")
	v.send("Hello")
	mia := logInAgent(t, s, o, access.Agent)
	if err := mia.Take(ctx, v.conversation); err != nil {
		t.Fatal(err)
	}
	sara := openDesk(t, logInAgent(t, s, o, access.Supervisor))
	if code, _, err := mia.Post(ctx, "/logout", nil); err != nil || code != http.StatusSeeOther {
		t.Fatal(code, err)
	}
	sara.until("queue-" + v.conversation)
	v.awaitText("returned")
}
