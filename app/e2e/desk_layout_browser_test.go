package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/app/platform/access"
	"parley/app/tools/testkit"
)

// measureDesk is a function of a script that returns what is wrong with the desk's layout: panes that are too narrow, toolbars whose controls
// overlap or do not fit, a page that is wider than the window.
const measureDesk = `(() => {
	const wrong = [], visible = (e) => e.checkVisibility() && e.getBoundingClientRect().width > 1;
	const name = (e) => e.tagName.toLowerCase() + (e.className ? "." + String(e.className).split(" ").join(".") : "");
	for (const p of document.querySelectorAll(".pane.shown")) {
		const width = p.getBoundingClientRect().width;
		if (visible(p) && width < Math.min(360, innerWidth)) wrong.push("a pane of " + width + " pixels");
	}
	for (const bar of document.querySelectorAll(".rail > header, .availability form, .pane.shown > header, .pane.shown .kinds, .about:not([hidden]) > header")) {
		if (!visible(bar)) continue;
		const box = bar.getBoundingClientRect();
		const controls = [...bar.querySelectorAll("a.brand, button, summary, select, h2, .load, .avatar, .connection:not(.on)")].filter(visible);
		controls.forEach((c, i) => {
			const r = c.getBoundingClientRect();
			if (r.left < box.left - 1 || r.right > box.right + 1) wrong.push(name(c) + " is outside of " + name(bar));
			for (const other of controls.slice(i + 1)) {
				const o = other.getBoundingClientRect();
				if (Math.min(r.right, o.right) - Math.max(r.left, o.left) > 1 && Math.min(r.bottom, o.bottom) - Math.max(r.top, o.top) > 1) wrong.push(name(c) + " overlaps " + name(other) + " in " + name(bar));
			}
		});
	}
	const over = document.documentElement.scrollWidth - innerWidth;
	if (over > 0) wrong.push("the page is " + over + " pixels too wide");
	return wrong.join("; ");
})()`

// TestBrowserDeskLayout shows that the desk fits every width: a pane is never narrower than 360 pixels, fewer are shown where they do not
// fit, and no toolbar's controls overlap, whatever the visitor is called.
func TestBrowserDeskLayout(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	for i, v := range newVisitors(t, s, o, 7) {
		v.send("Question " + itoa(i) + strings.Repeat(" and some more", i))
		if _, err := s.Routing.Take(context.Background(), o.As(access.Agent), "Mia", uuid.MustParse(v.conversation)); err != nil {
			t.Fatal(err)
		}
	}
	desk := testkit.NewTab(t)
	desk.Size(1440, 900, false)
	desk.LogIn(s.URL, o.Users[access.Agent].Email, testkit.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready") && document.querySelectorAll("#mine .entry").length === 7`)
	desk.Run(`for (const h of document.querySelectorAll(".pane h2")) h.firstElementChild.textContent += " of a family with quite a long name"`)
	for _, size := range []struct {
		width, panes, besideDetails int // panes is without the details, besideDetails with them
	}{
		{360, 1, 1}, {390, 1, 1}, {768, 1, 1}, {1280, 2, 2}, {1440, 3, 2}, {2560, 6, 5},
	} {
		desk.Size(int64(size.width), 900, false)
		for details, want := range map[bool]int{false: size.panes, true: size.besideDetails} {
			desk.Run(fmt.Sprintf(`if (document.body.classList.contains("with-aside") !== %v) document.querySelector('.pane [data-do="aside"], .about:not([hidden]) [data-do="aside"]').click()`, details))
			desk.Wait(fmt.Sprintf(`document.body.classList.contains("with-aside") === %v && document.querySelectorAll(".pane.shown").length === %d`, details, want))
			measure := func(what string) {
				t.Helper()
				if wrong := testkit.Eval[string](desk, measureDesk); wrong != "" {
					t.Errorf("%d pixels, details %v, %s: %s", size.width, details, what, wrong)
				}
			}
			if size.width <= 760 { // the lists, or a pane in place of them
				desk.Run(`document.body.classList.remove("talking")`)
				measure("the lists")
				desk.Run(`document.querySelector("#mine button").click()`)
				desk.Wait(`$(".pane.focus .composer").getClientRects().length`)
			}
			measure("the panes")
			saveScreenshot(t, desk, fmt.Sprintf("desk-layout-%d-details-%v", size.width, details))
		}
	}
}
