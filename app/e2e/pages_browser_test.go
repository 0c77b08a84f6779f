package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"parley/app/demo"
	"parley/app/domain/group"
	"parley/app/domain/routing"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

// TestBrowserPages opens every screen, wide and narrow, light and dark: it draws without a message on the console,
// fits its width, and axe-core finds nothing. With SCREENSHOTS=folder it stores a picture of each there.
func TestBrowserPages(t *testing.T) {
	t.Parallel()
	s, err := serve.Start(context.Background(), serve.Config{DataDir: filepath.Join(publicTemp(t), "data"), Demo: true, Volatile: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	day, night := testkit.NewTab(t), testkit.NewTab(t)
	show := func(b *testkit.Tab, name string) {
		t.Helper()
		checkEachSize(t, b, name)
		b.Size(1280, 800, false)
	}
	showLogInPages(s, day, show)

	// Mia at the desk, who may have two conversations, and visitors with something to say.
	ctx := context.Background()
	who, mia := demoPerson(t, s, "olga@parley.demo"), demoPerson(t, s, "mia@parley.demo")
	groups, err := s.Routing.ListGroupInfo(ctx, who)
	if err != nil {
		t.Fatal(err)
	}
	may := func(conversations int) {
		t.Helper()
		if err := s.Groups.SetMember(ctx, who, groups[0].ID, group.Member{
			ID:       mia.ID(),
			IsMember: true,
			MaxChats: conversations,
		}); err != nil {
			t.Fatal(err)
		}
	}
	may(2)
	day.Go(s.URL + "/login")
	day.LogIn(s.URL, "mia@parley.demo", demo.Password, "/desk")
	day.Wait(`text("#connection") === "Connected" && $("#status").value === "online"`)
	show(day, "desk-empty")
	var visitors []*visitorClient
	shop := traffic.Site{Server: s.URL, Key: s.Demo.ShopKey, Origin: s.URL}
	asks := []string{
		"Hi! Do you deliver to Norway, and what does it cost?", "My parcel says delivered, but there is nothing here.",
		"Which of your green teas has the least caffeine?", "Is the Captain’s Blend fair trade?",
		"How long can I keep an opened bag?",
	}
	visitors = openVisitors(t, visitors, shop, asks)
	day.Wait(`document.querySelectorAll(".pane").length === 2 && $("#queue").childElementCount === 3`)
	day.Type("#pane-"+visitors[0].conversation+" textarea",
		"Yes, we do! Delivery to Norway is € 6.90 and takes three to five days."+kb.Enter)
	visitors[0].awaitText("Yes, we do! Delivery to Norway is € 6.90 and takes three to five days.")
	visitors[0].send("Great, and do you ship on Saturdays?")
	day.Click("#pane-" + visitors[0].conversation + " [data-kind=note]")
	day.Keys("Asks about Norway: customs note is in the folder." + kb.Enter)
	day.Wait(`$(".message.note")`)
	if err := visitors[1].WriteFrame(map[string]string{"type": "typing", "text": "I have looked everywhere, even in the"}); err != nil {
		t.Fatal(err)
	}
	day.Wait(`$(".typing q")`)
	show(day, "desk")

	showPanel(s, day, night, show, may)

	// One closed conversation, for those who read the past.
	day.Click(".pane.focus form.close button")
	night.Wait(`$("chat .log").innerText.includes("The conversation has ended")`)

	showManagementPages(s, night, show, groups)
	showTeamPages(s, night, show)
	showContentPages(s, night, show)

	for name, tab := range map[string]*testkit.Tab{"day": day, "night": night} {
		for _, line := range tab.Console() {
			if strings.Contains(line, "401 (Unauthorized)") || strings.HasSuffix(line, "/no/such/page") {
				continue // the refused log-in, the page that is not there
			}
			t.Errorf("%s's console: %s", name, line)
		}
	}
}

// checkEachSize draws a screen wide and narrow, light and dark.
func checkEachSize(t *testing.T, b *testkit.Tab, name string) {
	t.Helper()
	for _, size := range []struct {
		name          string
		width, height int64
	}{{"wide", 1280, 800}, {"narrow", 390, 780}} {
		for _, dark := range []bool{false, true} {
			scheme := map[bool]string{false: "light", true: "dark"}[dark]
			b.Size(size.width, size.height, dark)
			time.Sleep(150 * time.Millisecond) // transitions
			full := name + "-" + size.name + "-" + scheme
			b.Accessible(full)
			if over := testkit.Eval[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
				t.Errorf("%s: %d pixels wider than the screen", full, over)
			}
			if dir := os.Getenv("SCREENSHOTS"); dir != "" {
				if err := os.WriteFile(filepath.Join(dir, full+".png"), b.Screenshot(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// showLogInPages shows the pages of those who are not logged in.
func showLogInPages(s *serve.Server, day *testkit.Tab, show func(b *testkit.Tab, name string)) {
	for _, page := range []string{"login", "signup", "forgot"} {
		day.Go(s.URL + "/" + page)
		show(day, page)
	}
	day.Go(s.URL + "/login")
	day.Type("#f-email", "mia@parley.demo")
	day.Type("#f-password", "not her password")
	day.Click("form button.primary")
	day.Wait(`$(".notice.bad")`)
	show(day, "login-refused")
}

// openVisitors opens a visitor for each question, and asks it.
func openVisitors(t *testing.T, visitors []*visitorClient, shop traffic.Site, asks []string) []*visitorClient {
	t.Helper()
	for _, text := range asks {
		w, err := shop.Open(context.Background(), nil, "")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(w.Close)
		v := newVisitorClient(t, w)
		v.await("welcome")
		v.send(text)
		visitors = append(visitors, v)
	}
	return visitors
}

// showManagementPages shows the pages of customers, websites, groups and the live monitor.
func showManagementPages(s *serve.Server, night *testkit.Tab, show func(b *testkit.Tab, name string), groups []routing.GroupInfo) {
	night.LogIn(s.URL, "olga@parley.demo", demo.Password, "/admin")
	show(night, "customers")
	tea := testkit.Eval[string](night,
		`[...document.querySelectorAll(".cards a")].find((a) => a.innerText.includes("Harbour Tea")).pathname`)
	night.Go(s.URL + tea)
	show(night, "customer")
	night.Click(".cards a")
	night.Wait(`$("#domains li.seen")`)
	show(night, "website")
	night.Click("a[href$='/widget']")
	night.Wait(`document.querySelector("#stage > div")?.shadowRoot.querySelector(".greeting")?.textContent`)
	show(night, "widget")
	night.Go(s.URL + "/admin/settings")
	night.Wait(`$("#guard")`)
	night.Run(`scrollTo(0, 5000)`)
	show(night, "settings")
	for _, page := range []string{"ratings", "blocked", "audit"} {
		night.Go(s.URL + "/admin/" + page)
		night.Wait(`document.readyState === "complete"`)
		show(night, page)
	}
	night.Go(s.URL + "/admin/groups")
	show(night, "groups")
	night.Go(s.URL + "/admin/groups/" + groups[0].ID.String())
	show(night, "group")
	night.Go(s.URL + "/monitor")
	night.Wait(`document.querySelectorAll("[data-conversation]").length === 5`)
	show(night, "monitor")
	night.Click("[data-conversation] a")
	night.Wait(`text(".history h2").includes("Assigned automatically")`)
	show(night, "assignments")
}

// showTeamPages shows the pages of the team and the organization.
func showTeamPages(s *serve.Server, night *testkit.Tab, show func(b *testkit.Tab, name string)) {
	night.Go(s.URL + "/admin/team")
	show(night, "team")
	night.Type("#f-email", "new.colleague@shop.example")
	night.Click(`form[action="/admin/team/invite"] button`)
	night.Wait(`$("#link")`)
	show(night, "team-invited")
	night.Run(`[...document.querySelectorAll("details")].forEach(d => d.open = true)`)
	show(night, "team-open")
	night.Go(s.URL + "/admin/team")
	night.Click(`a[href="/admin/rights"]`)
	night.Wait(`document.title.includes("Roles and rights")`)
	show(night, "rights")
	night.Go(s.URL + "/admin/team")
	night.Run(`[...document.querySelectorAll("td a, th a")].find(a => a.textContent == "Mia").click()`)
	night.Wait(`$("fieldset.boxes")`)
	show(night, "team-member")
	night.Go(s.URL + "/admin/organization")
	show(night, "organization")
}

// showContentPages shows the FAQ, the settings of the desk, and the archive.
func showContentPages(s *serve.Server, night *testkit.Tab, show func(b *testkit.Tab, name string)) {
	night.Go(s.URL + "/faq")
	show(night, "faq")
	night.Click(".entries-table th a")
	night.Wait(`$(".entry-form")`)
	show(night, "entry")
	for _, page := range []string{"faq/import", "snippets", "preferences", "admin/tags", "admin/desk"} {
		night.Go(s.URL + "/" + page)
		night.Wait(`document.readyState === "complete"`)
		show(night,
			map[string]string{
				"faq/import": "import",
				"admin/tags": "tags",
				"admin/desk": "rules",
			}[page]+map[bool]string{true: page}[!strings.Contains(page, "/")])
	}
	night.Go(s.URL + "/archive")
	night.Wait(`$(".cards.archived a")`)
	show(night, "archive")
	night.Click(".cards.archived a")
	night.Wait(`$(".transcript")`)
	show(night, "transcript")
	night.Go(s.URL + "/no/such/page")
	show(night, "not-found")
}

// publicTemp returns a temporary folder that the private Postgres can enter, whoever it runs as.
func publicTemp(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "parley-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	os.Chmod(dir, 0o755)
	return dir
}

// demoPerson returns the actor who logs in with one of the demo's addresses.
func demoPerson(t testing.TB, s *serve.Server, email string) access.Actor {
	t.Helper()
	logins, err := s.DB.Unscoped().ListLogIns(context.Background(), email)
	if err != nil || len(logins) == 0 {
		t.Fatal(email, err)
	}
	p, err := s.Identity.GetMember(context.Background(), logins[0].UserID)
	if err != nil {
		t.Fatal(err)
	}
	return p.Actor
}

// showPanel shows a visitor's panel on the shop's page, while an agent with room for more conversations answers at the desk.
func showPanel(s *serve.Server, day, night *testkit.Tab, show func(b *testkit.Tab, name string), may func(conversations int)) {
	night.Go(s.Demo.ShopURL)
	night.Wait(`$("chat .launcher").getClientRects().length`)
	show(night, "shop")
	night.Click("chat .launcher")
	night.Wait(`$("chat .greeting")`)
	night.Type("chat textarea", "Do you have gift wrapping?"+kb.Enter)
	night.Wait(`$("chat .message:not(.pending)")`)
	day.Wait(`$("#queue").innerText.includes("gift wrapping")`)
	may(20)
	day.Wait(`[...document.querySelectorAll("#mine button")].some((b) => b.innerText.includes("gift wrapping") && (b.click(), true)) && // the pane may come after it
		$(".pane.focus .thread").innerText.includes("gift wrapping") && document.activeElement.matches(".pane.focus textarea")`)
	day.Keys("Of course! Choose “gift” at the checkout; it is free from € 20." + kb.Enter)
	night.Wait(`$("chat .message.agent")`)
	show(night, "panel")
}
