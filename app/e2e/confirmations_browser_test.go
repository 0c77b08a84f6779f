package e2e

import (
	"context"
	"slices"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"parley/app/domain/group"
	"parley/app/platform/access"
	"parley/app/tools/testkit"
)

// TestBrowserConfirmations shows that a question is answered from the keyboard: Escape and Cancel do nothing and give the focus back, a
// key that is held down answers nothing, what is typed in the form stays, and the red button does what it says.
func TestBrowserConfirmations(t *testing.T) {
	t.Parallel()
	ctx, o := context.Background(), testkit.NewOrg(t)
	s := startServer(t, nil)
	owner := o.As(access.Owner)
	billing, err := s.Groups.Create(ctx, owner, "Billing")
	if err != nil {
		t.Fatal(err)
	}
	exists := func() bool {
		t.Helper()
		list, err := s.Groups.List(ctx, owner)
		if err != nil {
			t.Fatal(err)
		}
		return containsGroup(list, "Billing")
	}
	b := testkit.NewTab(t)
	b.LogIn(s.URL, o.Users[access.Owner].Email, testkit.Password, "/admin/groups/"+billing.String())
	const button = `form[action$="/remove"] button`
	const closed = `!$("#confirm[open]")`
	const open = `$("#confirm[open]")`
	b.Type("#f-name", " and more")
	b.Wait(`$("#f-name").value.length > 10`)

	b.Run(`document.querySelector('` + button + `').focus()`)
	b.Keys(kb.Enter)
	b.Wait(open + ` && text("#confirm-question") === "Delete group Billing?" && text("#confirm-effect") === "Nothing else is deleted with it."`)
	b.Wait(`text("#confirm button[value=yes]") === "Delete group" && document.activeElement.value === "no"`)
	for _, dark := range []bool{false, true} {
		b.Size(1280, 800, dark)
		b.Accessible("a confirmation")
	}
	b.Keys(kb.Escape)
	b.Wait(closed + ` && document.activeElement.matches('` + button + `') && $("#f-name").value.endsWith(" and more")`)

	b.Keys(kb.Enter)
	b.Wait(open)
	b.Keys(kb.Enter) // Cancel has the focus
	b.Wait(closed + ` && document.activeElement.matches('` + button + `')`)

	b.Keys(kb.Enter)
	b.Wait(open)
	b.Keys(kb.Tab)
	b.Wait(`document.activeElement.value === "yes"`)
	b.Run(`const e = new KeyboardEvent("keydown", { key: "Enter", repeat: true, bubbles: true, cancelable: true });
		if (document.activeElement.dispatchEvent(e)) throw new Error("a key that is held down counts")`)
	if !exists() {
		t.Fatal("the group is deleted before anybody has said so")
	}
	b.Keys(kb.Enter)
	b.Wait(`location.pathname === "/admin/groups"`)
	if exists() {
		t.Error("the group is still there")
	}
	checkQuietConsole(t, b)
}

// checkQuietConsole shows that the page has nothing to complain about.
func checkQuietConsole(t *testing.T, b *testkit.Tab) {
	t.Helper()
	for _, line := range b.Console() {
		t.Errorf("the console: %s", line)
	}
}

func containsGroup(list []group.Ref, name string) bool {
	return slices.ContainsFunc(list, func(g group.Ref) bool { return g.Name == name })
}

// TestBrowserLeavingQuestion shows that a page with a chosen file, which no tab can store, asks in its own dialog before a link leads away.
func TestBrowserLeavingQuestion(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	b := testkit.NewTab(t)
	b.LogIn(s.URL, o.Users[access.Owner].Email, testkit.Password, "/snippets")
	b.Wait(`document.readyState === "complete"`)
	b.Run(`const files = new DataTransfer(), field = document.querySelector('form[action="/snippets"] input[type=file]');
		files.items.add(new File(["x"], "x.txt"));
		field.files = files.files;
		field.dispatchEvent(new Event("change", { bubbles: true }))`)
	b.Click(`nav a[href="/faq"]`)
	b.Wait(`$("#confirm[open]") && text("#confirm-question") === "Leave this page?"`)
	b.Keys(kb.Escape)
	b.Wait(`!$("#confirm[open]") && location.pathname === "/snippets" && $('form[action="/snippets"] input[type=file]').files.length === 1`)
	b.Click(`nav a[href="/faq"]`)
	b.Wait(`$("#confirm[open]")`)
	b.Click(`#confirm button[value=yes]`)
	b.Wait(`location.pathname === "/faq"`)
	checkQuietConsole(t, b)
}

// TestBrowserNavigation shows that the navigation is a sheet on phones, which opens without a script of ours and closes with Escape, and
// that it is always there where it fits.
func TestBrowserNavigation(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	b := testkit.NewTab(t)
	b.LogIn(s.URL, o.Users[access.Owner].Email, testkit.Password, "/admin/team")
	b.Size(1280, 800, false)
	b.Wait(`$("nav.side").offsetWidth === 220 && $('nav a[aria-current="page"]').pathname === "/admin/team" && !$(".topbar").getClientRects().length`)
	b.Size(390, 780, false)
	b.Wait(`!$("nav.side").getClientRects().length`)
	b.Run(`document.querySelector(".topbar button").focus()`)
	b.Keys(kb.Enter)
	b.Wait(`$('nav a[href="/faq"]').getClientRects().length`)
	b.Accessible("the navigation on a phone")
	b.Keys(kb.Escape)
	b.Wait(`!$("nav.side").getClientRects().length && document.activeElement.matches(".topbar button")`)
	b.Click(".topbar button")
	b.Click(`nav a[href="/faq"]`)
	b.Wait(`location.pathname === "/faq"`)
	checkQuietConsole(t, b)
}
