package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// TestBrowserArchive shows the archive in a browser: search by words, filters, marked matches, a saved conversation,
// and a reviewer who sees the customer's conversations without notes. With SCREENSHOTS=folder it stores pictures
// there.
func TestBrowserArchive(t *testing.T) {
	t.Parallel()
	ctx, o := context.Background(), testkit.NewOrg(t)
	s := startServer(t, nil)
	mia, system := o.As(access.Agent), access.System(o.ID, "test")
	talk := func(said, answer, note string) uuid.UUID {
		t.Helper()
		v := newVisitor(t, s, o, "")
		v.send(said)
		id := uuid.MustParse(v.conversation)
		if _, err := s.Routing.Take(ctx, mia, "Mia", id); err != nil {
			t.Fatal(err)
		}
		for kind, text := range map[conversation.Kind]string{conversation.Text: answer, conversation.Note: note} {
			if _, err := s.Conversations.SendAsAgent(ctx, mia, id, uuid.New(), kind, text); text != "" && err != nil {
				t.Fatal(err)
			}
		}
		return id
	}
	run := func(sql string, args ...any) {
		t.Helper()
		if _, err := s.DB.As(system).Exec(ctx, sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	parcel := talk(
		"Hello, where is my <b>parcel</b>? It should have been here on Monday, and the page of the carrier says nothing "+
			"at all since it left your house; I have waited at home for two days now, and nobody has rung.",
		"It left the depot this morning and is with you today.", "Carrier lost it once already: offer a voucher")
	refund := talk("I want a refund for my parcel", "Of course.", "")
	tag := addArchiveDetails(o, mia, run, parcel, refund)
	for _, id := range []uuid.UUID{parcel, refund} {
		if _, err := s.Conversations.Close(ctx, mia, id); err != nil {
			t.Fatal(err)
		}
	}

	b := testkit.NewTab(t)
	show := func(b *testkit.Tab, name string) {
		t.Helper()
		checkArchiveScreen(t, b, name)
		b.Size(1280, 800, false)
	}
	found := `document.querySelectorAll(".cards.archived a").length`
	b.Size(1280, 800, false)
	b.LogIn(s.URL, o.Users[access.Supervisor].Email, testkit.Password, "/archive")
	b.Wait(found + ` === 2`)
	show(b, "list")

	searchArchive(t, parcel, b, show, found)

	// A filter, and a wrong one.
	b.Go(s.URL + "/archive")
	b.Run(`document.querySelector("#f-tag").value = "` + tag.String() + `"`)
	b.Click(".filters button")
	b.Wait(found + ` === 1 && $(".cards.archived a").getAttribute("href").includes("` + refund.String() + `") && $("#f-tag").value`)
	b.Go(s.URL + "/archive?from=2026-02-01&to=2026-01-01")
	b.Wait(`text(".field.wrong").includes("before the first one")`)
	show(b, "wrong")

	checkTranscript(t, s, b, show)

	// A customer's reviewer.
	rita := testkit.NewTab(t)
	checkReviewerArchive(t, o, s, mia, parcel, show, found, rita)
	for name, tab := range map[string]*testkit.Tab{"the supervisor": b, "the reviewer": rita} {
		for _, line := range tab.Console() {
			if !strings.Contains(line, "422") { // the wrong filter
				t.Errorf("%s's console: %s", name, line)
			}
		}
	}
}

// checkArchiveScreen draws a screen wide and narrow, light and dark.
func checkArchiveScreen(t *testing.T, b *testkit.Tab, name string) {
	t.Helper()
	for size, width := range map[string]int64{"wide": 1280, "narrow": 390} {
		for scheme, dark := range map[string]bool{"light": false, "dark": true} {
			b.Size(width, 800, dark)
			time.Sleep(150 * time.Millisecond) // transitions
			full := "archive-" + name + "-" + size + "-" + scheme
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

// addArchiveDetails gives the conversations a tag, a suggestion and details of the visitor.
func addArchiveDetails(o testkit.Org, mia access.Actor, run func(sql string, args ...any), parcel, refund uuid.UUID) uuid.UUID {
	tag, entry := uuid.New(), uuid.New()
	run("insert into tags (org_id, id, name) values ($1, $2, 'Complaint')", o.ID, tag)
	run("insert into conversation_tags (org_id, conversation_id, tag_id) values ($1, $2, $3)", o.ID, refund, tag)
	run("insert into faq_entries (org_id, id, state) values ($1, $2, 'live')", o.ID, entry)
	run(
		"insert into faq_texts (org_id, entry_id, language, question, answer) values ($1, $2, 'en', 'Where is my order?', 'On its way.')",
		o.ID, entry)
	run(
		"insert into faq_choices (org_id, id, entry_id, kind, query, user_id, conversation_id, seq) values ($1, "+
			"gen_random_uuid(), $2, 'edited', 'where', $3, $4, 1)",
		o.ID, entry, mia.ID(), parcel)
	run(`update conversations set country = 'NO',
		data = '{"plan": "Gold"}', trail = '[{"url": "https://shop.example/tea/green?from=a-very-long-address-that-must-break-somewhere", "title": "Start", "at": "2026-01-01T10:00:00Z"}]' where id = $1`, parcel)
	return tag
}

// searchArchive searches by words.
func searchArchive(t *testing.T, parcel uuid.UUID, b *testkit.Tab, show func(b *testkit.Tab, name string), found string) {
	t.Helper()
	// Words.
	b.Type("#f-q", "parcel carrier"+kb.Enter)
	b.Wait(`location.search.includes("q=parcel") && ` + found + ` === 2`)
	b.Wait(`$(".cards.archived mark") && text(".cards.archived mark") === "parcel"`)
	if first := testkit.Eval[string](b, `document.querySelector(".cards.archived a").getAttribute("href")`); !strings.HasPrefix(first, "/archive/"+parcel.String()) {
		t.Errorf("the one with both words is not the first: %s", first)
	}
	show(b, "found")
	b.Run(`document.querySelector("#f-q").value = ""`)
	b.Type("#f-q", "nowhere"+kb.Enter)
	b.Wait(`text(".empty").startsWith("No results")`)
	show(b, "nothing")
}

// checkReviewerArchive checks that a customer's reviewer finds and saves nothing that is for staff.
func checkReviewerArchive(t *testing.T, o testkit.Org, s *serve.Server, mia access.Actor, parcel uuid.UUID, show func(b *testkit.Tab, name string), found string, rita *testkit.Tab) {
	t.Helper()
	rita.LogIn(s.URL, o.Users[access.Reviewer].Email, testkit.Password, "/archive")
	rita.Wait(found + ` === 2 && !$("#f-tag") && !$("#f-group") && !$("#f-customer")`)
	show(rita, "reviewer")
	rita.Type("#f-q", "voucher"+kb.Enter)
	rita.Wait(`text(".empty").startsWith("No results")`)
	rita.Go(s.URL + "/archive/" + parcel.String())
	rita.Wait(`$(".transcript") && !$(".message.note") && !$(".internal") && !$(".suggested")`)
	show(rita, "reviewer-transcript")
	saved := testkit.Eval[string](rita, `fetch(document.querySelector(".exports a[href$=json]").href).then((r) => r.text())`)
	if !strings.Contains(saved, "It left the depot") || strings.Contains(saved, "voucher") ||
		strings.Contains(saved, "Gold") || strings.Contains(saved, mia.ID().String()) {
		t.Errorf("saved by a reviewer: %s", saved)
	}
}

// checkTranscript reads a conversation that was found by a word of a note, and saves it as text.
func checkTranscript(t *testing.T, s *serve.Server, b *testkit.Tab, show func(b *testkit.Tab, name string)) {
	t.Helper()
	b.Go(s.URL + "/archive?q=voucher")
	b.Wait(`text(".cards.archived em") === "Note:"`)
	b.Click(".cards.archived a")
	b.Wait(`$(".message.note mark") && text(".message.note mark") === "voucher"`)
	b.Wait(
		`text(".suggested").includes("Where is my order?") && text(".internal").includes("Gold") && text(".transcript").includes("<b>parcel</b>")`)
	show(b, "transcript")
	if code := testkit.Eval[string](b,
		`fetch(document.querySelector(".exports a[href$=txt]").href).then(async (r) => r.headers.get("Content-Disposition") + r.headers.get("Content-Security-Policy") + await r.text())`); !strings.HasPrefix(code, `attachment; filename="conversation-`) ||
		!strings.Contains(code, "default-src 'none'") || !strings.Contains(code, "offer a voucher") {
		t.Errorf("saved as text: %s", code)
	}
}
