package e2e

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"parley/app/domain/team"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// TestSignUpClosed shows that in a fresh installation nobody can sign up; the operator makes the first organization,
// and may invite more.
func TestSignUpClosed(t *testing.T) {
	t.Parallel()
	app, _ := testkit.DatabaseURLs(t)
	ctx := t.Context()
	for _, mode := range []team.SignUpPolicy{"", team.SignUpInvite} {
		smtp, mails := testkit.MailServer(t, 0)
		s := startServer(t, func(c *serve.Config) { c.SignUp, c.SMTPURL = mode, smtp })
		b := newHTTPClient(t)
		code, page := b.get(s, "/signup")
		if code != http.StatusOK || strings.Contains(page, "<form") || !strings.Contains(page, "operator of this server") {
			t.Errorf("%q: the page: %d %.300s", mode, code, page)
		}
		if _, page := b.get(s, "/login"); strings.Contains(page, "/signup") {
			t.Errorf("%q: the log-in page leads to /signup", mode)
		}
		if code, _ := postFrom(t, s, "/signup", "203.0.113.50", map[string][]string{
			"organization": {"O"},
			"name":         {"N"},
			"email":        {"n@o.example"},
		}); code != http.StatusForbidden {
			t.Errorf("%q: the form is answered with %d", mode, code)
		}
		cfg := serve.Config{DatabaseURL: app, SecretKey: testSecret, PublicURL: s.URL, SMTPURL: smtp, SignUp: mode, DataDir: t.TempDir()}
		name := "Founded " + newOrgName(t)
		email := strings.ToLower(strings.ReplaceAll(name, " ", "-")) + "@founded.example"
		var out bytes.Buffer
		if err := serve.CreateOrganization(ctx, cfg, []string{name, email}, &out); err != nil {
			t.Fatal(err)
		}
		link := regexp.MustCompile(`/reset/\S+`).FindString(receive(t, mails).Text)
		b.post(s, link, "password", testkit.Password)
		if code, page := b.get(s, "/admin/organization"); code != http.StatusOK || !strings.Contains(page, name) {
			t.Errorf("%q: the new owner: %d %.300s %s", mode, code, page, out.String())
		}
		err := serve.InviteOrganization(ctx, cfg, []string{name + " too", "other-" + email}, &out)
		if mode == "" {
			if err == nil || !strings.Contains(err.Error(), "SIGNUP") {
				t.Errorf("an invitation where it would be refused: %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		other := newHTTPClient(t)
		other.post(s, regexp.MustCompile(`/signup/\S+`).FindString(receive(t, mails).Text), "password", testkit.Password)
		if code, page := other.get(s, "/admin/organization"); code != http.StatusOK || !strings.Contains(page, name+" too") {
			t.Errorf("who was invited: %d %.300s", code, page)
		}
	}
}

func newOrgName(t testing.TB) string { return testkit.NewOrg(t).Name }
