package e2e

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/app/domain/identity"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// postFrom sends a form from one network address, as a proxy passes it on, without following what it leads to.
func postFrom(t testing.TB, s *serve.Server, path, address string, form url.Values) (int, string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{
		Jar:           jar,
		Timeout:       2 * time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	req, err := http.NewRequest(http.MethodPost, s.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", s.URL)
	req.Header.Set("X-Forwarded-For", address)
	return (&httpClient{t, client, jar}).do(req, nil)
}

// TestManyUsersBehindOneAddress shows that two hundred people behind one address can be invited by one manager
// within an hour, and join and log in at the same time, while guessing passwords from that address is bounded
// nonetheless.
func TestManyUsersBehindOneAddress(t *testing.T) {
	t.Parallel()
	const people, office = 200, "203.0.113.40"
	o := testkit.NewOrg(t)
	s := startServer(t, func(c *serve.Config) { c.Identity.FailuresAddress, c.InsecureHashing = 20, true })
	manager := newHTTPClient(t)
	manager.post(s, "/login", "email", o.Users[access.Manager].Email, "password", testkit.Password)
	email := func(i int) string { return fmt.Sprintf("agent-%d@%s.example", i, o.Name) }
	links := make([]string, people)
	link := regexp.MustCompile(`/join/[A-Za-z0-9_-]+`)
	for i := range links {
		secret, _, err := s.Identity.Invite(t.Context(), o.As(access.Manager), email(i), access.Agent, [16]byte{},
			identity.ShownToRequester)
		if err != nil {
			t.Fatalf("invitation %d: %v", i, err)
		}
		links[i] = "/join/" + secret
	}
	for i := range 5 { // and as the page does it
		manager.post(s, "/admin/team/invite", "email", fmt.Sprintf("more-%d@%s.example", i, o.Name), "role", "agent")
		if _, page := manager.get(s, "/admin/team"); !link.MatchString(page) {
			t.Errorf("no link for invitation %d", i)
		}
	}
	atOnce := func(what string, one func(i int) int) {
		t.Helper()
		var all sync.WaitGroup
		var mu sync.Mutex
		codes := map[int]int{}
		for i := range people {
			all.Go(func() {
				code := one(i)
				mu.Lock()
				defer mu.Unlock()
				codes[code]++
			})
		}
		all.Wait()
		if codes[http.StatusSeeOther] != people {
			t.Errorf("%s: %v", what, codes)
		}
	}
	atOnce("joining", func(i int) int {
		code, _ := postFrom(t, s, links[i], office, url.Values{"name": {fmt.Sprintf("Agent %d", i)}, "password": {testkit.Password}})
		return code
	})
	atOnce("logging in", func(i int) int {
		code, _ := postFrom(t, s, "/login", office, url.Values{"email": {email(i)}, "password": {testkit.Password}})
		return code
	})
	// One account: ten failures from an address. Many accounts: as many as the setting says.
	wrong := func(account, from string) int {
		code, _ := postFrom(t, s, "/login", from, url.Values{"email": {account}, "password": {"a wrong password"}})
		return code
	}
	limits := s.Identity.Limits()
	for i := range limits.FailuresAccountAddress + 1 {
		if code := wrong(email(0), "203.0.113.41"); (code == http.StatusTooManyRequests) != (i == limits.FailuresAccountAddress) {
			t.Fatalf("wrong password %d for one account: %d", i+1, code)
		}
	}
	if code, _ := postFrom(t, s, "/login", office, url.Values{
		"email":    {email(0)},
		"password": {testkit.Password},
	}); code != http.StatusSeeOther {
		t.Errorf("the account from another address: %d", code)
	}
	refused := 0
	for i := range 25 {
		if wrong(email(i), "203.0.113.42") == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused != 5 {
		t.Errorf("%d of 25 wrong passwords for many accounts from one address were refused", refused)
	}
}
