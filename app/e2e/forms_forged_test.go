package e2e

import (
	"net/http"
	"parley/app/platform/access"
	"parley/app/tools/testkit"
	"strings"
	"testing"
)

// TestForgedFormSnapshots shows that a form is saved only with a snapshot that the server has signed for this
// person, page and form; otherwise nothing is saved, and what was typed is there again. A form without a snapshot,
// from an older page, is saved.
func TestForgedFormSnapshots(t *testing.T) {
	t.Parallel()
	s, o := startServer(t, nil), testkit.NewOrg(t)
	olga, max := logInFormClient(t, s, o.Users[access.Owner]), logInFormClient(t, s, o.Users[access.Manager])
	const path = "/admin/organization"
	f := olga.get(s, path).form(t, path).with("name", "Another name")
	page := olga.get(s, "/admin/team")
	other := page.form(t, "/admin/team/invite").values.Get("_was")
	his := max.get(s, "/admin/team").form(t, "/admin/team/invite")
	for what, was := range map[string]string{"made up": "bm90IGZyb20gaGVyZQ", "of another form": other} {
		a := olga.send(s, f.with("_was", was))
		if a.code != http.StatusConflict || !strings.Contains(a.body, "could not check whether this form is up to date") ||
			a.form(t, path).values.Get("name") != "Another name" {
			t.Errorf("%s: %d %s", what, a.code, noticeIn(a.body))
		}
		if a.code == http.StatusConflict && what == "made up" {
			if b := olga.send(s, a.form(t, path)); b.code != http.StatusSeeOther {
				t.Errorf("saved again: %d %s", b.code, noticeIn(b.body))
			}
		}
	}
	a := olga.send(s, his.with("email", "x@"+o.Name+".example"))
	if a.code != http.StatusConflict || !strings.Contains(a.body, "could not check whether this form is up to date") {
		t.Errorf("of another person: %d %s", a.code, noticeIn(a.body))
	}
	a = olga.send(s, f.with("_was", other, "_page", "/faq/export"))
	if a.code != http.StatusConflict || !strings.Contains(a.body, "Reload the page") {
		t.Errorf("of no page: %d %s", a.code, noticeIn(a.body))
	}
	old := olga.get(s, "/admin/customers/"+o.Customer.String()).form(t, "/admin/customers/"+o.Customer.String()).with("name", "From an old page")
	for _, name := range []string{"_was", "_page", "_key", "_form"} {
		old.values.Del(name)
	}
	if a := olga.send(s, old); a.code != http.StatusSeeOther {
		t.Errorf("from an old page: %d %s", a.code, noticeIn(a.body))
	}
}
