package e2e

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/identity"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

// strangerResponse is what somebody without a log-in sees of an answer.
type strangerResponse struct {
	code       int
	headers    string
	body       string
	statements int64
}

// postAsStranger posts a form from a network of its own, without a log-in or with the session of a cookie.
func postAsStranger(t *testing.T, s *serve.Server, cookie, path string, form url.Values) strangerResponse {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, s.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	id := uuid.New()
	req.Header.Set("X-Forwarded-For", fmt.Sprintf("2001:db8:%x:%x::1", id[:2], id[2:4]))
	if cookie != "" {
		req.Header.Set("Cookie", cookie)
	}
	before := awaitIdle(s)
	res, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	after := awaitIdle(s)
	a := strangerResponse{code: res.StatusCode, body: string(body), statements: after - before}
	res.Header.Del("Date")
	if c := res.Header.Get("Set-Cookie"); c != "" {
		res.Header.Set("Set-Cookie", regexp.MustCompile(`=[^;]+;`).ReplaceAllString(c, "=…;"))
	}
	var headers strings.Builder
	res.Header.Write(&headers)
	a.headers = headers.String()
	return a
}

// awaitIdle waits until the server sends no statements, also for what it does after an answer, and returns how many it has sent.
func awaitIdle(s *serve.Server) int64 {
	s.Identity.Wait()
	last, _ := s.DB.Counts()
	for same := 0; same < 5; {
		time.Sleep(10 * time.Millisecond)
		n, _ := s.DB.Counts()
		if same++; n != last {
			last, same = n, 0
		}
	}
	return last
}

// A form's id is random.
var formIDs = regexp.MustCompile(`name="_form" value="[^"]*"`)

// withoutFormIDs replaces the random ids of a page's forms, so that pages can be compared.
func withoutFormIDs(page string) string { return formIDs.ReplaceAllString(page, "") }

// TestResponsesRevealNoAccount shows that no answer to a stranger or to another organization's manager reveals
// whether an address has an account: neither its content nor the number of statements behind it.
func TestResponsesRevealNoAccount(t *testing.T) {
	t.Parallel()
	const asked = 6 // times in each form
	ctx := context.Background()
	smtp, mails := testkit.MailServer(t, 0)
	go func() {
		for range mails {
		}
	}()
	for mode, mailURL := range map[string]string{"mail": smtp, "no mail": ""} {
		s := startServer(t, func(c *serve.Config) { c.SMTPURL, c.Jobs.Idle = mailURL, true }) // no worker's statements beside the counted ones
		home, other := testkit.NewOrg(t), testkit.NewOrg(t)
		manager, err := traffic.LogIn(ctx, s.URL, other.Users[access.Manager].Email, testkit.Password)
		if err != nil {
			t.Fatal(err)
		}
		tail := "@" + home.Name + ".example"
		for i := range 4*asked + 1 { // known addresses, proven ones among them; none is used twice
			email := fmt.Sprintf("known%d", i) + tail
			if _, err := s.Identity.CreateMember(ctx, home.ID, identity.SignUp{Name: "K", Email: email, Password: testkit.Password}, access.Agent, nil); err != nil {
				t.Fatal(err)
			}
			if i%2 == 0 {
				continue
			}
			link, err := s.Identity.CreateForgottenPasswordLink(ctx, email)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Identity.ResetPassword(ctx, link.Secret, testkit.Password, "192.0.2.9"); err != nil {
				t.Fatal(err)
			}
		}
		for form, name := range []string{"log in", "sign up", "forgot", "invite"} {
			ask := func(email string) strangerResponse {
				switch name {
				case "log in":
					return postAsStranger(t, s, "", "/login", url.Values{"email": {email}, "password": {"wrong password"}})
				case "sign up":
					return postAsStranger(t, s, "", "/signup", url.Values{"organization": {"O"}, "name": {"N"}, "email": {email}, "password": {"some password"}})
				case "forgot":
					return postAsStranger(t, s, "", "/forgot", url.Values{"email": {email}})
				}
				return postAsStranger(t, s, manager.Cookie(), "/admin/team/invite", url.Values{"email": {email}, "role": {"agent"}})
			}
			var known, unknown []strangerResponse
			for i := range asked {
				known = append(known, ask(fmt.Sprintf("known%d", asked*form+i)+tail))
				unknown = append(unknown, ask(fmt.Sprintf("nobod%d", asked*form+i)+tail))
			}
			compareResponses(t, mode+", "+name, known, unknown)
		}
		// The page of an invitation is the same, too.
		page := func(email string) string {
			t.Helper()
			secret, _, err := s.Identity.Invite(ctx, other.As(access.Manager), email, access.Agent, uuid.Nil, identity.SentByMail)
			if err != nil {
				t.Fatal(err)
			}
			_, body, err := traffic.Anonymous(s.URL).Get(ctx, "/join/"+secret)
			if err != nil {
				t.Fatal(err)
			}
			return withoutFormIDs(body)
		}
		if k, u := page(fmt.Sprintf("known%d", 4*asked)+tail), page(fmt.Sprintf("nobod%d", 4*asked)+tail); strings.ReplaceAll(k, fmt.Sprintf("known%d", 4*asked), fmt.Sprintf("nobod%d", 4*asked)) != u {
			t.Errorf("the page of an invitation: %s\nis not\n%s", k, u)
		}
	}
}

// compareResponses shows that answers for known addresses are as those for unknown ones, and cost as much.
func compareResponses(t *testing.T, form string, known, unknown []strangerResponse) {
	t.Helper()
	// Notifications and routing of a new organization are joined or not as they happen to meet: counts vary a little
	// beside the request, and the same way for both.
	fewest := func(a, b strangerResponse) int { return cmp.Compare(a.statements, b.statements) }
	mostKnown, mostUnknown := slices.MaxFunc(known, fewest).statements, slices.MaxFunc(unknown, fewest).statements
	leastKnown, leastUnknown := slices.MinFunc(known, fewest).statements, slices.MinFunc(unknown, fewest).statements
	if leastKnown > mostUnknown || leastUnknown > mostKnown {
		t.Errorf("%s: %d to %d statements for a known address, %d to %d for an unknown one", form,
			leastKnown, mostKnown, leastUnknown, mostUnknown)
	}
	for i, k := range known {
		u := unknown[i]
		k.body, u.body = withoutFormIDs(k.body), withoutFormIDs(u.body)
		if k.code != u.code || k.headers != u.headers || strings.ReplaceAll(k.body, "known", "nobod") != u.body {
			t.Errorf("%s:\n%d %s\n%s\nis not\n%d %s\n%s", form, k.code, k.headers, k.body, u.code, u.headers, u.body)
		}
		if k.code >= 500 || k.code == http.StatusTooManyRequests || !strings.HasSuffix(form, "log in") && k.code >= 400 {
			t.Errorf("%s: %d", form, k.code)
		}
	}
}

// TestShownLinkIsBoundToItsForm shows that a link which a manager is shown appears once, and that the database has
// it only hashed or sealed.
func TestShownLinkIsBoundToItsForm(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	max := logInAgent(t, s, o, access.Manager)
	conn := owner(t)
	for what, c := range map[string]struct {
		path string
		form url.Values
		link *regexp.Regexp
	}{
		"an invitation":  {"/admin/team/invite", url.Values{"email": {"new@" + o.Name + ".example"}, "role": {"agent"}}, regexp.MustCompile(`/join/([\w-]{27})`)},
		"a new password": {"/admin/team/" + o.As(access.Agent).ID().String() + "/reset", nil, regexp.MustCompile(`/reset/([\w-]{27})`)},
	} {
		if code, _, err := max.Post(ctx, c.path, c.form); err != nil || code != http.StatusSeeOther {
			t.Fatal(code, err)
		}
		stored := column[[]byte](t, conn, "select data from sessions")
		_, body, err := max.Get(ctx, "/admin/team")
		if err != nil {
			t.Fatal(err)
		}
		found := c.link.FindStringSubmatch(body)
		if found == nil {
			t.Fatalf("%s: no link on the page", what)
		}
		for _, data := range append(stored, column[[]byte](t, conn, "select data from sessions")...) {
			if bytes.Contains(data, []byte(found[1])) || bytes.Contains(data, []byte(found[0][:6])) {
				t.Errorf("%s: a session in the database has the link", what)
			}
		}
		if _, body, _ = max.Get(ctx, "/admin/team"); c.link.MatchString(body) {
			t.Errorf("%s: the link is shown again", what)
		}
	}
}

// TestMailedLinksAreNotShown shows that with mail configured a manager sees neither the invitation's nor the reset's
// link; only the mails have them.
func TestMailedLinksAreNotShown(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	smtp, mails := testkit.MailServer(t, 0)
	s := startServer(t, func(c *serve.Config) { c.SMTPURL = smtp })
	max := logInAgent(t, s, o, access.Manager)
	for path, form := range map[string]url.Values{
		"/admin/team/invite": {"email": {"new@" + o.Name + ".example"}, "role": {"agent"}},
		"/admin/team/" + o.As(access.Agent).ID().String() + "/reset": nil,
	} {
		if code, _, err := max.Post(ctx, path, form); err != nil || code != http.StatusSeeOther {
			t.Fatal(code, err)
		}
		mail := receive(t, mails)
		link := regexp.MustCompile(`http\S+/(?:join|reset)/(\S+)`).FindStringSubmatch(mail.Text)
		_, body, err := max.Get(ctx, "/admin/team")
		if err != nil || link == nil || strings.Contains(body, link[1]) || !strings.Contains(body, "sent it to "+mail.To) {
			t.Errorf("%s: %v %v", path, err, mail)
		}
	}
}

// TestSignUpByMail shows that a sign-up by mail looks the same to a stranger and to somebody with a proven log-in,
// while the mails differ: nothing that was typed is in them, and who has a proven log-in needs no password.
func TestSignUpByMail(t *testing.T) {
	t.Parallel()
	smtp, mails := testkit.MailServer(t, 0)
	s := startServer(t, func(c *serve.Config) { c.SMTPURL = smtp })
	email := "olga@" + uuid.NewString()[:8] + ".example"
	ask := func(name string) string {
		t.Helper()
		if a := postAsStranger(t, s, "", "/signup", url.Values{"organization": {name}, "name": {"Olga"}, "email": {email}}); a.code != http.StatusOK || !strings.Contains(a.body, "We have sent a link to") {
			t.Fatalf("%d %s", a.code, a.body)
		}
		mail := receive(t, mails)
		if mail.To != email || strings.Contains(mail.Text, name) {
			t.Fatalf("%+v", mail)
		}
		return regexp.MustCompile(`/signup/\S+`).FindString(mail.Text)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	send := func(req func() (*http.Response, error)) string {
		t.Helper()
		res, err := req()
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode >= 400 && res.StatusCode != http.StatusUnprocessableEntity {
			t.Fatal(res.Status, err)
		}
		return res.Request.URL.Path + " " + string(body)
	}
	first := ask("First company")
	for range 2 { // opening the link uses nothing up
		if page := send(func() (*http.Response, error) { return browser.Get(s.URL + first) }); !strings.Contains(page, `name="password"`) {
			t.Errorf("a stranger is not asked for a password: %s", page)
		}
	}
	if page := send(func() (*http.Response, error) {
		return browser.PostForm(s.URL+first, url.Values{"password": {"short"}})
	}); !strings.Contains(page, "at least 10") {
		t.Errorf("a short password: %s", page)
	}
	if page := send(func() (*http.Response, error) {
		return browser.PostForm(s.URL+first, url.Values{"password": {"Olga's own password"}})
	}); !strings.HasPrefix(page, "/admin") || !strings.Contains(page, "First company") {
		t.Errorf("not inside: %s", page)
	}
	second := ask("Second company")
	if page := send(func() (*http.Response, error) { return browser.Get(s.URL + second) }); strings.Contains(page, `name="password"`) {
		t.Error("a proven log-in is asked for a password")
	}
	if page := send(func() (*http.Response, error) { return browser.PostForm(s.URL+second, nil) }); !strings.Contains(page, "Second company") {
		t.Errorf("not inside: %s", page)
	}
	if page := send(func() (*http.Response, error) {
		return browser.PostForm(s.URL+"/login", url.Values{"email": {email}, "password": {"Olga's own password"}})
	}); !strings.Contains(page, "First company") || !strings.Contains(page, "Second company") {
		t.Errorf("one log-in does not open both: %s", page)
	}
}

// TestSignUpWithoutMail shows that without mail a sign-up logs in at once, that errors stand beside the field, and
// that nothing typed is lost.
func TestSignUpWithoutMail(t *testing.T) {
	t.Parallel()
	s := startServer(t, nil)
	form := url.Values{"organization": {"Company " + uuid.NewString()}, "name": {"Olga"}, "email": {uuid.NewString() + "@x.example"}, "password": {"short"}}
	a := postAsStranger(t, s, "", "/signup", form)
	if a.code != http.StatusUnprocessableEntity || !strings.Contains(a.body, "at least 10 characters") || !strings.Contains(a.body, form.Get("organization")) || strings.Contains(a.body, `"short"`) {
		t.Errorf("a short password: %d %s", a.code, a.body)
	}
	form.Set("password", "long enough for it")
	if a := postAsStranger(t, s, "", "/signup", form); a.code != http.StatusSeeOther || !strings.Contains(a.headers, "Location: /admin") {
		t.Errorf("%d %s %s", a.code, a.headers, a.body)
	}
}

// TestResetLinkCommand shows that the operator's link sets the password of an address in all its organizations.
func TestResetLinkCommand(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := startServer(t, nil)
	a, b := testkit.NewOrg(t), testkit.NewOrg(t)
	mia := a.Users[access.Agent]
	if _, err := s.Identity.CreateMember(ctx, b.ID, identity.SignUp{Name: "Mia", Email: mia.Email, Password: "another of hers"}, access.Agent, nil); err != nil {
		t.Fatal(err)
	}
	app, _ := testkit.DatabaseURLs(t)
	cfg := serve.Config{DatabaseURL: app, SecretKey: testSecret, DataDir: t.TempDir(), PublicURL: s.URL}
	var out strings.Builder
	if err := serve.PrintResetLink(ctx, cfg, mia.Email, &out); err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`/reset/\S+`).FindString(out.String())
	if code, body, err := traffic.Anonymous(s.URL).Post(ctx, link, url.Values{"password": {"Mia's new password"}}); err != nil || code != http.StatusOK || !strings.Contains(body, a.Name) || !strings.Contains(body, b.Name) {
		t.Errorf("%d %v: %s\n%s", code, err, body, out.String())
	}
	if err := serve.PrintResetLink(ctx, cfg, "nobody-"+mia.Email, &out); err == nil {
		t.Error("a link for an unknown address")
	}
}
