package e2e

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"parley/app/front/web"
	"parley/app/platform/access"
	"parley/app/tools/testkit"
)

// TestBrowserFormsRestoreInput shows that what was typed into a form is there again after the back button, a reload,
// the saving of a neighboring form, and an ended session; and that it is gone when it is saved, discarded, or
// somebody else logs in.
func TestBrowserFormsRestoreInput(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, o := startServer(t, nil), testkit.NewOrg(t)
	group, err := s.Groups.Create(ctx, o.As(access.Owner), "Billing")
	if err != nil {
		t.Fatal(err)
	}
	path := "/admin/groups/" + group.String()
	b := testkit.NewTab(t)
	b.LogIn(s.URL, o.Users[access.Owner].Email, testkit.Password, path)
	set := func(selector, value string) {
		t.Helper()
		b.Run(
			`const e = document.querySelector('` + selector + `'); e.value = ` + "`" + value + "`" + `; e.dispatchEvent(new Event("input", { bubbles: true }))`)
	}
	b.Wait(`$("#f-name").value === "Billing" && !$(".restored")`)
	b.Type("#f-name", " and more")
	b.Wait(`$("#f-name").value.length > 10`)
	typed := testkit.Eval[string](b, `document.querySelector("#f-name").value`)
	b.Run(`document.querySelector("input[name=picking]").click()`)
	picking := testkit.Eval[bool](b, `document.querySelector("input[name=picking]").checked`)
	there := func(when string) {
		t.Helper()
		b.Wait(`location.pathname === "` + path + `" && $(".restored")`)
		if got := testkit.Eval[string](b, `document.querySelector("#f-name").value`); got != typed {
			t.Errorf("%s: the name is %q, not %q", when, got, typed)
		}
		if got := testkit.Eval[bool](b, `document.querySelector("input[name=picking]").checked`); got != picking {
			t.Errorf("%s: the box is not as it was", when)
		}
	}
	b.Click(`nav a[href="/admin/groups"]`)
	b.Wait(`location.pathname === "/admin/groups"`)
	b.Run(`setTimeout(() => history.back())`)
	there("after the back button")
	b.Reload()
	there("after a reload")
	// The neighbor is saved.
	cap := `[name="cap-` + o.As(access.Agent).ID().String() + `"]`
	saveNeighbor(t, b, set, there, cap)
	b.Wait(
		`(() => { const a = $(".notice.good + .notice.unsaved a"); return a && a.textContent.startsWith("Unsaved changes: ") && document.querySelector(a.getAttribute("href")).matches(".restored"); })()`)
	// The session ends; somebody else changes the zone; logging in brings everything back, and the change is said.
	logOut := func() {
		t.Helper()
		other := b.OpenAnother()
		other.Go(s.URL + "/admin/groups")
		other.Click("nav form button")
		other.Wait(`location.pathname === "/login"`)
	}
	logOut()
	b.Click("form button.primary")
	b.Wait(`$("main .notice.bad").innerText.includes("session has ended")`)
	b.Type("#f-email", o.Users[access.Owner].Email)
	b.Type("#f-password", testkit.Password)
	b.Click("form button.primary")
	there("after the session ended")
	b.Click("form button.primary")
	b.Wait(`location.search === "?saved=1" && $(".notice.good") && !$(".restored")`)
	if g, _, err := s.Routing.GetGroupInfo(ctx, o.As(access.Owner), group); err != nil || g.Name != typed || g.Picking != picking {
		t.Errorf("stored: %+v %v", g.Settings, err)
	}
	b.Go(s.URL + path)
	b.Wait(`$("#f-name") && !$(".restored") && !$("form[data-unsaved]")`)
	// It can be discarded.
	b.Type("#f-name", "x")
	b.Reload()
	b.Wait(`$(".restored")`)
	b.Click(".restored button")
	b.Wait(`$("#f-name").value === ` + "`" + typed + "`" + ` && !$(".restored")`)
	// Somebody else does not find it.
	b.Type("#f-name", "y")
	logOut()
	b.LogIn(s.URL, o.Users[access.Manager].Email, testkit.Password, path)
	b.Wait(`$("#f-name").value === ` + "`" + typed + "`" + ` && !$(".restored")`)
	if n := testkit.Eval[int](b, `Object.keys(sessionStorage).length`); n != 0 {
		t.Errorf("%d forms are stored for somebody else", n)
	}
}

// saveNeighbor saves the form beside it, which changes nothing of what was typed.
func saveNeighbor(t *testing.T, b *testkit.Tab, set func(selector string, value string), there func(when string), cap string) {
	t.Helper()
	set(cap, "7")
	b.Run(`document.querySelector("form[action$=members] button.primary").click()`)
	b.Wait(`location.search === "?members=1"`)
	there("after the neighbor was saved")
	if got := testkit.Eval[string](b, `document.querySelector('`+cap+`').value`); got != "7" {
		t.Errorf("the neighbor: %q", got)
	}
	b.Wait(`document.querySelectorAll(".restored").length === 1`)
}

// TestBrowserFormErrorsAreInView shows that a refused field is in view and has the focus, whatever was folded around
// it, and that everything typed is there.
func TestBrowserFormErrorsAreInView(t *testing.T) {
	t.Parallel()
	s, o := startServer(t, nil), testkit.NewOrg(t)
	b := testkit.NewTab(t)
	b.LogIn(s.URL, o.Users[access.Owner].Email, testkit.Password, "/admin/websites/"+o.Website.String()+"/widget")
	inView := func(what string) {
		t.Helper()
		b.Wait(
			`(() => { const e = document.activeElement, r = e.getBoundingClientRect(); return e !== document.body && r.height > 0 && r.top >= 0 && r.top < innerHeight })()`)
		if got := testkit.Eval[string](b,
			`(() => { const e = document.activeElement; return [e.name || "", e.innerText || "", e.getAttribute("aria-describedby")?.split(" ").map((id) => document.getElementById(id)?.innerText).join(" ") || ""].join("|") })()`); !strings.Contains(got, what) {
			t.Errorf("the focus is on %q, not on %q", got, what)
		}
	}
	b.Wait(`$("#holidays, #f-holidays")`)
	b.Run(
		`document.querySelector("#f-holidays").value = "never"; document.querySelector("#f-holidays").form.querySelector("button.primary").click()`)
	b.Wait(`$("[aria-invalid]")`)
	inView("holidays")
	b.Go(s.URL + "/admin/websites/" + o.Website.String() + "/widget")
	b.Run(
		`const q = document.querySelector("[name='0-kind']"); q.closest("details").open = true; q.value = "choice"; document.querySelector("[name='0-label']").value = "Which tea?"; q.form.querySelector("button.primary").click()`)
	b.Wait(`$("[name='0-choices'][aria-invalid]")`)
	inView("choices")
	if got := testkit.Eval[string](b, `document.querySelector("[name='0-label']").value`); got != "Which tea?" {
		t.Errorf("what was typed: %q", got)
	}
	// A row of a table, which says nothing beside it by itself.
	group, err := s.Groups.Create(context.Background(), o.As(access.Owner), "Billing")
	if err != nil {
		t.Fatal(err)
	}
	b.Go(s.URL + "/admin/groups/" + group.String())
	cap := `[name="cap-` + o.As(access.Agent).ID().String() + `"]`
	b.Run(
		`const c = document.querySelector('` + cap + `'); c.removeAttribute("min"); c.value = "0"; c.form.querySelector("button.primary").click()`)
	b.Wait(`$('` + cap + `[aria-invalid]')`)
	if got := testkit.Eval[string](b, `document.querySelector('`+cap+`').value`); got != "0" {
		t.Errorf("what was typed: %q", got)
	}
	inView("")
}

// unnumberedForms are forms without an id, with the reason.
var unnumberedForms = map[string]string{
	"/login":              "logging in twice is logging in",
	"/login/organization": "logging in twice is logging in",
	"/logout":             "logging out twice is logging out",
	"/faq/import":         "an import that is repeated changes nothing, and goes on where it stopped",
}

// TestEveryFormHasID shows that every form of every page has an id and what was stored when it was shown.
func TestEveryFormHasID(t *testing.T) {
	t.Parallel()
	s := startServer(t, nil)
	x := collectIDs(t, s)
	olga := logInFormClient(t, s, x.Users[access.Owner])
	posted := map[string]bool{}
	unused, err := s.Groups.Create(context.Background(), x.As(access.Owner), "Unused") // it can be deleted
	if err != nil {
		t.Fatal(err)
	}
	type page struct{ Path, at string }
	pages := []page{{"/admin/groups/:id", "/admin/groups/" + unused.String()}}
	for _, r := range web.Routes {
		if c := routeCases[r.Method+" "+r.Path]; r.Method == http.MethodGet && c.path != nil &&
			!strings.HasPrefix(r.Path, "/live/") && !strings.HasPrefix(r.Path, "/widget") {
			pages = append(pages, page{r.Path, c.path(x)})
		}
	}
	for _, r := range pages {
		for _, b := range []formClient{olga, {t, ""}} {
			a := b.do(s, http.MethodGet, r.at, nil)
			if a.code != http.StatusOK || !strings.Contains(a.body, "<form") {
				continue
			}
			for _, f := range a.forms(t) {
				posted[f.action] = true
				if _, there := unnumberedForms[f.action]; there {
					continue
				}
				if len(f.values["_form"]) != 1 || f.values.Get("_form") == "" {
					t.Errorf("%s: the form to %s has no id", r.Path, f.action)
				}
				if b.cookie != "" && (f.values.Get("_was") == "" || f.values.Get("_page") == "" ||
					f.values.Get("_key") == "") && !strings.HasPrefix(r.Path, "/signup") && !strings.HasPrefix(r.Path, "/forgot") {
					t.Errorf("%s: the form to %s does not say what was stored", r.Path, f.action)
				}
			}
		}
	}
	// Every address that takes a form is that of one that was seen, but for those that only scripts send to.
	matches := func(pattern string) bool {
		for action := range posted {
			p, q := strings.Split(pattern, "/"), strings.Split(action, "/")
			ok := len(p) == len(q)
			for i := 0; ok && i < len(p); i++ {
				ok = p[i] == q[i] || strings.HasPrefix(p[i], ":")
			}
			if ok {
				return true
			}
		}
		return false
	}
	for _, r := range web.Routes {
		if r.Method != http.MethodPost || strings.HasPrefix(r.Path, "/desk/") || strings.HasPrefix(r.Path, "/monitor/") ||
			strings.HasPrefix(r.Path, "/widget/") {
			continue
		}
		if !matches(r.Path) && unseenForms[r.Path] == "" {
			t.Errorf("no page has a form to %s", r.Path)
		}
	}
}

// unseenForms are addresses of forms that the pages of this test do not have.
var unseenForms = map[string]string{
	"/login/organization":      "asked by the log-in of who is in several organizations",
	"/signup/:secret":          "behind a mailed link",
	"/join/:secret":            "behind a mailed link",
	"/reset/:secret":           "behind a mailed link",
	"/forgot":                  "not where no mail is sent",
	"/snippets/:id/remove":     "a button of the snippet's form",
	"/faq/:id/remove":          "a button of the entry's form",
	"/admin/tags/:id/remove":   "a button of the tag's form",
	"/admin/desk/model/remove": "a button of the model's form",
	"/admin/team/:id/enable":   "of people who are disabled",
}
