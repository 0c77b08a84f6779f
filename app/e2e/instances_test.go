package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// httpClient is a browser with one set of cookies, whose requests a balancer may send to any instance.
type httpClient struct {
	t      testing.TB
	client http.Client
	jar    http.CookieJar
}

func newHTTPClient(t testing.TB) *httpClient {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &httpClient{
		t,
		http.Client{
			Jar:           jar,
			Timeout:       time.Minute,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		jar,
	}
}

// clone returns a client with the same cookies, which it still has when this one logs out.
func (b *httpClient) clone(s *serve.Server) *httpClient {
	b.t.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	other := newHTTPClient(b.t)
	other.jar.SetCookies(u, b.jar.Cookies(u))
	return other
}

func (b *httpClient) do(req *http.Request, err error) (int, string) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	res, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func (b *httpClient) get(s *serve.Server, path string) (int, string) {
	b.t.Helper()
	return b.do(http.NewRequest(http.MethodGet, s.URL+path, nil))
}

// post sends a form, whose answer must be a success.
func (b *httpClient) post(s *serve.Server, path string, pairs ...string) string {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	req, err := http.NewRequest(http.MethodPost, s.URL+path, strings.NewReader(form.Encode()))
	if err == nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", s.URL)
	}
	code, body := b.do(req, err)
	if code >= 400 {
		b.t.Fatalf("POST %s: %d %.2000s", path, code, body[max(0, strings.Index(body, "role=\"alert\"")):])
	}
	return body
}

// TestTwoInstancesAgree shows that what was done at one instance is seen by the next request to another one, every
// time.
func TestTwoInstancesAgree(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*testing.T) func(*serve.Config){
		"Postgres": func(*testing.T) func(*serve.Config) { return nil },
		"Redis": func(t *testing.T) func(*serve.Config) {
			redis, _, _ := testkit.Redis(t)
			return func(c *serve.Config) { c.RedisURL = redis }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := change(t)
			both := []*serve.Server{startServer(t, set), startServer(t, set)}
			awaitPeers(t, both)
			checkAgreement(t, both, 20)
		})
	}
}

// TestInstancesAgreeWithoutTheBus shows that without the bus both instances ask the database instead of using what
// they have cached.
func TestInstancesAgreeWithoutTheBus(t *testing.T) {
	t.Parallel()
	redis, stop, _ := testkit.Redis(t)
	set := func(c *serve.Config) { c.RedisURL = redis }
	both := []*serve.Server{startServer(t, set), startServer(t, set)}
	awaitPeers(t, both)
	stop()
	for _, s := range both {
		for s.Bus.IsConnected() {
			time.Sleep(10 * time.Millisecond)
		}
	}
	o := testkit.NewOrg(t)
	for i := range 6 {
		checkSessions(t, o, both[i%2], both[(i+1)%2])
	}
}

// awaitPeers waits until the instances know each other. Those of other tests on the same database may be among them.
func awaitPeers(t testing.TB, all []*serve.Server) {
	t.Helper()
	for _, s := range all {
		for range 1000 {
			if s.Bus.Peers() >= len(all)-1 {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// checkSessions logs in at one instance and out at it, and asks the other one each time.
func checkSessions(t *testing.T, o testkit.Org, here, there *serve.Server) {
	t.Helper()
	owner := newHTTPClient(t)
	owner.post(here, "/login", "email", o.Users[access.Owner].Email, "password", testkit.Password)
	if code, _ := owner.get(there, "/admin"); code != http.StatusOK {
		t.Errorf("logged in, and the other instance answers %d", code)
	}
	thief := owner.clone(here)
	owner.post(here, "/logout")
	if code, _ := thief.get(there, "/admin"); code != http.StatusSeeOther {
		t.Errorf("logged out, and the other instance answers %d", code)
	}
}

func checkAgreement(t *testing.T, both []*serve.Server, times int) {
	ctx := context.Background()
	o := testkit.NewOrg(t)
	member := o.AddMember(t, access.Manager)
	owner, theirs := newHTTPClient(t), newHTTPClient(t)
	owner.post(both[0], "/login", "email", o.Users[access.Owner].Email, "password", testkit.Password)
	theirs.post(both[0], "/login", "email", member.Email, "password", testkit.Password)
	lost := map[string]int{}
	check := func(what string, right bool) {
		if !right {
			lost[what]++
		}
	}
	link := regexp.MustCompile(`/join/[A-Za-z0-9_-]+`)
	taken := regexp.MustCompile(`/admin/team/invitations/[0-9a-f-]+/remove`)
	removed := regexp.MustCompile(`/admin/websites/[0-9a-f-]+/domains/[0-9a-f-]+/remove`)
	unblocked := regexp.MustCompile(`/admin/blocked/[0-9a-f-]+/remove`)
	website, person := "/admin/websites/"+o.Website.String(), "/admin/team/"+member.Actor.ID().String()
	widget := func(s *serve.Server, host string) (int, string) {
		req, err := http.NewRequest(http.MethodGet, s.URL+"/widget/v1/site?key="+o.Key, nil)
		if err == nil {
			req.Header.Set("Origin", "https://"+host)
		}
		return owner.do(req, err)
	}
	for i := range times {
		here, there := both[i%2], both[(i+1)%2]
		checkSessions(t, o, here, there)
		// Everything is in the caches of the other instance before it changes.
		warm := func() {
			theirs.get(there, "/admin")
			owner.get(there, "/admin")
			widget(there, "shop.example")
		}

		warm()
		checkSettingsSeen(ctx, t, o, owner, check, link, taken, removed, unblocked, website, widget, i, here, there, warm)

		// Their own rights, as they notice it: each change ends their sessions.
		for _, step := range []struct {
			what, path string
			form       []string
		}{
			{"a role that was changed", person + "/role", []string{"role", "agent"}},
			{"a role that was given back", person + "/role", []string{"role", "manager"}},
			{"a log-in that was disabled", person + "/disable", nil},
		} {
			warm()
			owner.post(here, step.path, step.form...)
			code, _ := theirs.get(there, "/admin")
			check(step.what, code == http.StatusSeeOther || code == http.StatusForbidden)
			if step.form == nil {
				owner.post(here, person+"/enable")
			}
			theirs.post(there, "/login", "email", member.Email, "password", testkit.Password)
		}
		code, _ := theirs.get(here, "/admin")
		check("a log-in that was enabled", code == http.StatusOK)
	}
	// A new password ends the sessions that were there before.
	for i := range 4 {
		here, there := both[i%2], both[(i+1)%2]
		l, err := here.Identity.CreateOperatorResetLink(ctx, member.Email)
		if err != nil {
			t.Fatal(err)
		}
		theirs.get(there, "/admin")
		newHTTPClient(t).post(here, "/reset/"+l.Secret, "password", testkit.Password)
		code, _ := theirs.get(there, "/admin")
		check("a new password", code == http.StatusSeeOther)
		theirs.post(there, "/login", "email", member.Email, "password", testkit.Password)
	}
	for what, n := range lost {
		t.Errorf("%s: not seen at the other instance %d of %d times", what, n, times)
	}
}

// checkSettingsSeen changes settings at one instance, and checks that the other one shows them.
func checkSettingsSeen(ctx context.Context, t *testing.T, o testkit.Org, owner *httpClient, check func(what string, right bool), link, taken, removed, unblocked *regexp.Regexp, website string, widget func(s *serve.Server, host string) (int, string), i int, here, there *serve.Server, warm func()) {
	t.Helper()
	address := fmt.Sprintf("new-%d@%s.example", i, o.Name)
	owner.post(here, "/admin/team/invite", "email", address, "role", "agent")
	_, page := owner.get(there, "/admin/team")
	secret := link.FindString(page)
	check("the invitation is listed", strings.Contains(page, address))
	check("the link of the invitation is shown", secret != "")
	if secret != "" {
		code, _ := newHTTPClient(t).get(there, secret)
		check("the invitation's link works", code == http.StatusOK)
	}
	if path := taken.FindString(page); path != "" {
		owner.post(here, path)
		_, page = owner.get(there, "/admin/team")
		check("the invitation is taken back", !strings.Contains(page, address))
		if secret != "" {
			code, _ := newHTTPClient(t).get(there, secret)
			check("the link of an invitation that was taken back is refused", code == http.StatusNotFound)
		}
	}

	warm()
	name := fmt.Sprintf("Name number %d of %s", i, o.Name)
	owner.post(here, "/admin/organization", "name", name)
	_, page = owner.get(there, "/admin/organization")
	check("the organization's name", strings.Contains(page, name) && strings.Count(page, name) > 1)

	warm()
	greeting := fmt.Sprintf("Greeting number %d", i)
	owner.post(here, website, "name", "Shop", "greeting", greeting)
	_, page = widget(there, "shop.example")
	check("the widget's greeting", strings.Contains(page, greeting))

	host := fmt.Sprintf("shop-%d.example", i)
	widget(there, host)
	owner.post(here, website+"/domains", "host", host)
	_, page = widget(there, host)
	check("a domain that was added", strings.Contains(page, greeting))
	_, page = owner.get(there, website)
	if _, row, found := strings.Cut(page, host); found {
		owner.post(here, removed.FindString(row))
		_, page = widget(there, host)
		check("a domain that was removed", strings.Contains(page, "refused"))
	} else {
		check("the list of domains", false)
	}

	group := fmt.Sprintf("Group %d", i)
	owner.post(here, "/admin/groups", "name", group)
	_, page = owner.get(there, "/admin/groups")
	check("a group that was added", strings.Contains(page, group))

	site, visitor := o.Site(), o.Visitor()
	admitted := func() bool {
		_, err := there.Live.Admit(ctx, site, visitor.ID(), "203.0.113.7", false)
		return err == nil
	}
	admitted()
	owner.post(here, "/admin/blocked", "network", "203.0.113.0/24", "reason", "spam", "days", "")
	check("a network that was blocked", !admitted())
	if _, page = owner.get(there, "/admin/blocked"); unblocked.MatchString(page) {
		owner.post(here, unblocked.FindString(page))
		check("a network that is not blocked any more", admitted())
	} else {
		check("the list of who is blocked", false)
	}

	question := fmt.Sprintf("Question number %d of %s", i, uuid.NewString()[:6])
	owner.post(here, "/faq/new", "language", "en", "question", question, "answer", "An answer", "state", "live")
	_, page = owner.get(there, "/faq")
	check("an FAQ entry", strings.Contains(page, question))
}

// upload sends the bytes of a file.
func (b *httpClient) upload(s *serve.Server, path, text string) (int, string) {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodPost, s.URL+path, strings.NewReader(text))
	if err == nil {
		req.Header.Set("Content-Type", "text/plain")
		req.Header.Set("Origin", s.URL)
	}
	return b.do(req, err)
}
