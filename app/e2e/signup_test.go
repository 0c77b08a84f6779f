package e2e

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/google/uuid"

	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// TestBrowserNewOrganization shows how a company begins: it signs up, adds a customer and a website, copies the two
// lines, sees the widget load, and invites a teammate, who answers the first visitor; the teammate leaves, and the
// conversation is requeued.
func TestBrowserNewOrganization(t *testing.T) {
	t.Parallel()
	smtp, mails := testkit.MailServer(t, 0)
	s := startServer(t, func(c *serve.Config) { c.SMTPURL = smtp })
	name := "Answers " + uuid.NewString()[:8]
	mark := strings.ToLower(name[len(name)-8:])

	olga := testkit.NewTab(t)
	olga.Go(s.URL + "/signup")
	olga.Type("#f-organization", name)
	olga.Type("#f-name", "Olga")
	olga.Type("#f-email", "olga@"+mark+".example")
	olga.Click("form button.primary")
	olga.Wait(`text("#mailed").includes("olga@` + mark + `.example")`)
	mail := receive(t, mails)
	if mail.To != "olga@"+mark+".example" {
		t.Errorf("the letter: %+v", mail)
	}
	signup := regexp.MustCompile(`http\S+/signup/\S+`).FindString(mail.Text)
	olga.Go(signup)
	olga.Wait(`text("h1") === "Create ` + name + `"`)
	olga.Go(signup) // opening it uses nothing up
	olga.Type("#f-password", "tooshort")
	olga.Run(`document.querySelector("form").noValidate = true`)
	olga.Click("form button.primary")
	olga.Wait(`$("#h-password .error")`) // beside the field
	olga.Type("#f-password", "a long password"+kb.Enter)
	olga.Wait(`location.pathname === "/admin" && $(".cards a strong")`)
	if first := olga.Text(".cards a strong"); first != name {
		t.Errorf("the first customer is %q, not the organization itself", first)
	}

	key := addCustomerAndSite(t, s, olga)

	// The live sign: the page lights up without a reload when the widget is loaded from the domain.
	visitor := testkit.NewTab(t)
	visitor.Go(customerPage(t, s.URL, key))
	olga.Wait(`$("#domains li.seen") && text("#domains .when").startsWith("Widget last loaded")`)
	olga.Run(`document.querySelector("#f-greeting").value = "Good day!"`)
	olga.Click(`form[action^="/admin/websites/"] button.primary`)
	olga.Wait(`$(".notice.good")`)

	ann := inviteByMail(t, mails, s, name, mark, olga)

	visitor = testkit.NewTab(t) // a browser that has not cached the settings of a moment ago
	visitor.Go(customerPage(t, s.URL, key))
	visitor.Click("chat .launcher")
	visitor.Wait(`text("chat .greeting") === "Good day!"`)
	visitor.Type("chat textarea", "Hello Ann"+kb.Enter)
	ann.Wait(`$(".pane.shown") && document.activeElement.matches(".pane textarea")`) // assigned to her, because she is online
	ann.Keys("Hello visitor" + kb.Enter)
	visitor.Wait(`$("chat .message.agent") && text("chat .message.agent").includes("Ann")`)

	// Ann forgets her password; the link comes by mail, and ends her session everywhere.
	other := testkit.NewTab(t)
	other.Go(s.URL + "/forgot")
	other.Type("#f-email", "ann@"+mark+".example"+kb.Enter)
	other.Wait(`$(".notice.good")`)
	mail = receive(t, mails)
	reset := regexp.MustCompile(`http\S+/reset/\S+`).FindString(mail.Text)
	other.Go(reset)
	other.Type("#f-password", "Ann's new password"+kb.Enter)
	other.Wait(`location.pathname === "/desk" && text("#connection") === "Connected" && $(".pane.shown")`)
	ann.Wait(`$("#again-password")?.getClientRects().length`) // her desk asks for it in place

	// Olga disables her: the desk ends, the conversation waits again, the visitor is informed kindly.
	olga.Go(s.URL + "/admin/team")
	olga.Click(`form[action$="/disable"] button`)
	olga.Click("#confirm button[value=yes]")
	other.Wait(`$("#again-password")?.getClientRects().length`)
	olga.Wait(`$("tr.off")`)
	visitor.Wait(`$("chat .log").innerText.includes("A teammate will take over")`)
	olga.Go(s.URL + "/desk")
	olga.Wait(`text("#mine .last") === "Hello visitor"`) // she is online: it is assigned to her

	checkNoExceptions(t, olga, visitor, ann, other)
}

// addCustomerAndSite adds a customer with a website and a domain, and returns the website's key.
func addCustomerAndSite(t *testing.T, s *serve.Server, olga *testkit.Tab) string {
	t.Helper()
	// Customer, website, domain.
	olga.Type("#f-name", "Tea Company"+kb.Enter)
	olga.Wait(`text("h1") === "Tea Company"`)
	olga.Type("#f-name", "Tea shop")
	olga.Type("#f-host", "not a domain"+kb.Enter)
	olga.Wait(`$("#h-host .error") && $("#f-name").value === "Tea shop"`)
	olga.Run(`document.querySelector("#f-host").value = ""`)
	olga.Type("#f-host", "https://127.0.0.1:8443/shop"+kb.Enter)
	olga.Wait(`text("h1") === "Tea shop" && text("#domains strong") === "127.0.0.1"`)
	lines := olga.Text("#lines")
	for _, want := range []string{`src="` + s.URL + `/widget.js"`, `href="` + s.URL + `/widget.css"`} {
		if !strings.Contains(lines, want) {
			t.Errorf("the two lines lack %s: %s", want, lines)
		}
	}
	olga.Wait(`text("#domains .when").startsWith("Waiting for")`)
	key := regexp.MustCompile(`data-key="([a-z0-9]+)"`).FindStringSubmatch(lines)[1]
	return key
}

// inviteByMail invites Ann by mail, and returns her desk.
func inviteByMail(t *testing.T, mails <-chan testkit.Mail, s *serve.Server, name, mark string, olga *testkit.Tab) *testkit.Tab {
	t.Helper()
	var mail testkit.Mail
	// An invitation by mail.
	olga.Go(s.URL + "/admin/team")
	olga.Type("#f-email", "ann@"+mark+".example")
	olga.Click(`form[action="/admin/team/invite"] button`)
	olga.Wait(`text("#mailed").includes("ann@` + mark + `.example")`)
	olga.Wait(`!$("#link") && !document.body.innerHTML.includes("/join/")`) // who invites does not see it
	mail = receive(t, mails)
	link := regexp.MustCompile(`http\S+/join/\S+`).FindString(mail.Text)
	if mail.To != "ann@"+mark+".example" || link == "" || !strings.Contains(mail.Subject, name) {
		t.Errorf("the letter: %+v", mail)
	}
	ann := testkit.NewTab(t)
	ann.Go(link)
	ann.Wait(`text("h1") === "Join ` + name + `"`)
	ann.Type("#f-name", "Ann")
	ann.Type("#f-password", "Ann's own password"+kb.Enter)
	ann.Wait(`location.pathname === "/desk" && text("#connection") === "Connected"`)
	return ann
}

// checkNoExceptions checks that no page has met an exception.
func checkNoExceptions(t *testing.T, olga, visitor, ann, other *testkit.Tab) {
	t.Helper()
	for who, tab := range map[string]*testkit.Tab{"olga": olga, "ann": ann, "other": other, "visitor": visitor} {
		for _, line := range tab.Console() {
			if strings.HasPrefix(line, "exception") {
				t.Errorf("%s's console: %s", who, line)
			}
		}
	}
}

func receive(t *testing.T, mails <-chan testkit.Mail) testkit.Mail {
	t.Helper()
	select {
	case l := <-mails:
		return l
	case <-time.After(testkit.Patience):
		t.Fatal("no letter came")
		return testkit.Mail{}
	}
}

// TestInvalidForms sends to forms what strangers and members can send, wrong in every way: each is answered with a
// reason and the right status, never with an internal error, and nothing typed is lost.
func TestInvalidForms(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	a := logInAgent(t, s, o, access.Owner)
	long := strings.Repeat("x", 5000)
	base := "/admin/websites/" + o.Website.String()
	for name, c := range map[string]struct {
		path string
		form url.Values
		code int
		says string
	}{
		"empty name":          {"/admin/customers", url.Values{"name": {" "}}, 422, "Enter the customer"},
		"too long":            {"/admin/customers", url.Values{"name": {long}}, 422, "Too long"},
		"only what goes":      {"/admin/customers", url.Values{"name": {"\x01\x00\u202e\u200b"}}, 422, "Enter the customer"},
		"the same, unseen":    {"/admin/customers", url.Values{"name": {"Cus\u200btomer\vof\x00 " + o.Name}}, 422, "already"},
		"not UTF-8":           {"/admin/customers", url.Values{"name": {"a\xff"}}, 422, "not valid text"},
		"the same name":       {"/admin/customers", url.Values{"name": {"Customer of " + o.Name}}, 422, "already"},
		"too much at once":    {"/admin/customers", url.Values{"name": {strings.Repeat("x", 300<<10)}}, 422, ""},
		"no id":               {"/admin/customers/none/websites", url.Values{"name": {"x"}, "host": {"x.example"}}, 404, "does not exist"},
		"unknown id":          {"/admin/customers/" + uuid.NewString() + "/websites", url.Values{"name": {"x"}, "host": {"x.example"}}, 404, "does not exist"},
		"SQL in an id":        {"/admin/customers/1'%20or%20'1'='1/websites", url.Values{"name": {"x"}, "host": {"x.example"}}, 404, "does not exist"},
		"no domain":           {base + "/domains", url.Values{"host": {"<script>"}}, 422, "not a valid domain"},
		"the domain again":    {base + "/domains", url.Values{"host": {"SHOP.example"}}, 422, "already in the list"},
		"unknown domain":      {base + "/domains/" + uuid.NewString() + "/remove", nil, 404, "does not exist"},
		"a greeting too long": {base, url.Values{"name": {"Shop"}, "greeting": {long}}, 422, "Too long"},
		"no message id":       {"/desk/conversations/" + uuid.NewString() + "/messages", url.Values{"body": {"x"}, "kind": {"text"}}, 422, "no id"},
		"no such role":        {"/admin/team/" + o.As(access.Agent).ID().String() + "/role", url.Values{"role": {"emperor"}}, 422, "Choose a role"},
	} {
		code, body, err := a.Post(ctx, c.path, c.form)
		if err != nil || code != c.code || !strings.Contains(body, c.says) || strings.Contains(body, "with reference") {
			t.Errorf("%s: %d %v, without %q: %.200s", name, code, err, c.says, body[max(0, len(body)-200):])
		}
	}
	// What was typed comes back, as text.
	_, body, err := a.Post(ctx, base+"/domains", url.Values{"host": {`"><script>alert(1)</script>`}})
	if err != nil || !strings.Contains(body, "&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;") || strings.Contains(body, "<script>alert") {
		t.Errorf("typed HTML comes back as %q", body)
	}
	for _, path := range []string{
		"/archive/none",
		"/archive/" + uuid.NewString(),
		"/admin/customers/none",
		"/admin/websites/%00",
		"/static/x/../../etc/passwd",
		"/widget/..%2f..%2fgo.mod",
		"/archive?before=nonsense",
	} {
		if code, body, err := a.Get(ctx, path); err != nil || code >= 500 || strings.Contains(body, "module parley") {
			t.Errorf("%s: %d %v", path, code, err)
		}
	}
	if code, _, _ := a.Get(ctx, "/login?next=//evil.example"); code != http.StatusSeeOther {
		t.Errorf("the log-in page of somebody who is in: %d", code)
	}
}

// TestSessionCookie shows that scripts cannot read cookies, and that a log-in makes a new session.
func TestSessionCookie(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	for _, c := range []struct {
		public string
		want   []string
	}{
		{"", []string{"parley=", "HttpOnly", "SameSite=Lax"}},
		{"https://chat.example", []string{"__Host-parley=", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"}},
	} {
		s := startServer(t, func(cfg *serve.Config) { cfg.PublicURL = c.public; cfg.Port = 0 })
		address := "http://" + s.Address
		form := url.Values{"email": {o.Users[access.Agent].Email}, "password": {testkit.Password}, "next": {"//evil.example"}}
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		var before string
		for range 2 {
			req, err := http.NewRequest(http.MethodPost, address+"/login", strings.NewReader(form.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if before != "" {
				req.Header.Set("Cookie", before)
			}
			res, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			cookie := res.Header.Get("Set-Cookie")
			for _, want := range c.want {
				if !strings.Contains(cookie, want) {
					t.Errorf("the cookie lacks %s: %s", want, cookie)
				}
			}
			if to := res.Header.Get("Location"); to != "/" {
				t.Errorf("the log-in leads to %q", to)
			}
			value, _, _ := strings.Cut(cookie, ";")
			if value == before {
				t.Error("the session's token stays the same over a log-in")
			}
			before = value
		}
	}
}
