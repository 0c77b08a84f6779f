package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/visitor"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// directionMarks are texts that would reverse the direction of the text beside them. Each has zq in it, by which it
// is found in a page.
var directionMarks = map[string]string{
	"an override":          "\u202ezq Anna",
	"an open isolate":      "\u2066zq Anna",
	"ends and an override": "zq Anna\u2069\u2069\u2069\u202e",
	"several":              "\u2067\u202bzq\u2068 Anna\u202e",
	"marks":                "\u200fzq Anna\u200f",
	"letters":              "שרה zq שרה",
}

// foreignFaults is a script that lists what is wrong with strangers' text in a page: text of ours that does not run
// from left to right, strangers' text outside of what isolates it, and attributes that a stranger's text leaks out
// of.
const foreignFaults = `(() => {
	const faults = [], isolating = "bdi, [dir=auto], .body, .foreign, .draft .text";
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n; (n = walker.nextNode());) {
		const e = n.parentElement;
		if (!n.data.trim() || e.closest("script, style, textarea, option")) continue;
		if (e.closest(isolating)) continue;
		let at, open = 0;
		for (let i = 0; i < n.data.length; i++) {
			if ("\u2066\u2067\u2068".includes(n.data[i])) open++;
			if (n.data[i] === "\u2069") open--;
			if (open) continue; // a stranger's, in its own direction
			const range = document.createRange();
			range.setStart(n, i);
			range.setEnd(n, i + 1);
			const r = range.getClientRects()[0];
			if (!r || !r.width) continue;
			if (at && Math.abs(r.top - at.top) < 2 && r.left < at.left - 0.5) { faults.push("turned around: " + JSON.stringify(n.data.trim()) + " in " + e.outerHTML.slice(0, 200)); break; }
			at = r;
		}
		if (n.data.includes("zq") && !isolatedIn(n.data)) faults.push("not isolated: " + JSON.stringify(n.data) + " in " + e.outerHTML.slice(0, 200));
	}
	function isolatedIn(s) { // nothing that could turn the rest around stands outside of an isolate, and all of them end
		let open = 0, outside = "";
		for (const c of s) {
			if ("\u2066\u2067\u2068".includes(c)) open++;
			else if (c === "\u2069") { if (--open < 0) return false; }
			else if (!open) outside += c;
		}
		return open === 0 && !/[\u0590-\u08ff\u200f\u061c\u202a-\u202e\ufb1d-\ufdff\ufe70-\ufefc]/.test(outside);
	}
	for (const e of document.querySelectorAll("[title], [aria-label], [alt], [placeholder], [data-confirm]"))
		for (const name of ["title", "aria-label", "alt", "placeholder", "data-confirm", "data-confirm-effect"]) {
			const value = e.getAttribute(name);
			if (value?.includes("zq") && !isolatedIn(value)) faults.push(name + " is not isolated: " + JSON.stringify(value));
		}
	if (document.title.includes("zq") && !isolatedIn(document.title)) faults.push("the page's title: " + document.title);
	return faults;
})()`

// TestBrowserForeignText shows that what strangers write changes the direction of nothing but itself, on every
// screen where staff reads it.
func TestBrowserForeignText(t *testing.T) {
	t.Parallel()
	ctx, o := context.Background(), testkit.NewOrg(t)
	s := startServer(t, nil)
	owner := o.As(access.Owner)
	b := testkit.NewTab(t)
	b.Size(1400, 900, false)
	b.LogIn(s.URL, o.Users[access.Owner].Email, testkit.Password, "/desk")
	b.Wait(`document.body.classList.contains("ready")`)
	right := func(b *testkit.Tab, where string) {
		t.Helper()
		if n := testkit.Eval[int](b, `(document.body.innerText.match(/zq/g) || []).length`); n == 0 {
			t.Errorf("%s: no text of a stranger is shown", where)
		}
		for _, fault := range testkit.Eval[[]string](b, foreignFaults) {
			t.Errorf("%s: %s", where, fault)
		}
	}

	visitors := map[uuid.UUID]access.Actor{}
	var ids []uuid.UUID
	for _, text := range directionMarks {
		id, v := startForeignConversation(ctx, t, s, o, text)
		visitors[id] = v
		ids = append(ids, id)
	}
	b.Wait(fmt.Sprintf(
		`document.querySelectorAll("#queue li").length === %d && document.querySelector("#queue").innerText.match(/zq/g).length >= %d`,
		len(ids), 2*len(ids)))
	right(b, "the line")

	for _, id := range ids {
		if _, err := s.Routing.Take(ctx, owner, "Olga", id); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Conversations.SendAsAgent(ctx, owner, id, uuid.New(), conversation.Note, "zq note \u202eof mine\u2069"); err != nil {
			t.Fatal(err)
		}
		if err := s.Conversations.Tag(ctx, owner, id, "zq שרה"); err != nil {
			t.Fatal(err)
		}
	}
	b.Wait(fmt.Sprintf(`document.querySelectorAll("#mine li").length === %d`, len(ids)))
	for _, id := range ids {
		b.Click("#mine-" + id.String() + " button")
		b.Wait(`$("#about-` + id.String() + ` .trail") && $("#pane-` + id.String() + `.focus")`)
		right(b, "a pane and its column")
	}
	monitor := checkMonitorText(s, b, right, ids)

	checkNotificationText(ctx, t, o, s, b, right, visitors, ids)

	for _, id := range ids {
		if _, err := s.Conversations.Close(ctx, owner, id); err != nil {
			t.Fatal(err)
		}
		if err := s.Conversations.Rate(ctx, visitors[id], id, conversation.Rating{
			Value:   2,
			Reasons: []string{directionMarks["several"], "slow"},
			Comment: directionMarks["an override"],
		}); err != nil {
			t.Fatal(err)
		}
		if err := s.Visitors.AddBlock(ctx, owner, visitor.Block{
			Visitor: visitors[id].ID(),
			Reason:  directionMarks["an open isolate"],
		}); err != nil {
			t.Fatal(err)
		}
	}
	checkPagesText(s, right, monitor)
	checkTranscriptText(ctx, t, s, owner, right, monitor, ids)
}

// checkMonitorText checks how the live monitor shows text of both directions.
func checkMonitorText(s *serve.Server, b *testkit.Tab, right func(b *testkit.Tab, where string), ids []uuid.UUID) *testkit.Tab {
	monitor := b.OpenAnother()
	monitor.Size(1400, 900, false)
	monitor.Go(s.URL + "/monitor")
	monitor.Wait(fmt.Sprintf(`document.querySelectorAll(".agents [data-conversation]").length === %d`, len(ids)))
	right(monitor, "the live monitor")
	return monitor
}

// checkNotificationText checks notifications and the palette, which have no elements to isolate text with.
func checkNotificationText(ctx context.Context, t *testing.T, o testkit.Org, s *serve.Server, b *testkit.Tab, right func(b *testkit.Tab, where string), visitors map[uuid.UUID]access.Actor, ids []uuid.UUID) {
	t.Helper()
	// A notification and the palette have no elements to isolate with.
	b.Run(`window.shown = []; window.Notification = class { static permission = "granted"; constructor(title, o) { shown.push([title, o.body]) } close() {} };
		window.away = true; document.hasFocus = () => !away; Object.defineProperty(document, "hidden", { get: () => away });`)
	for i, id := range ids {
		if _, err := s.Conversations.SendAsVisitor(ctx, visitors[id], conversation.VisitorMessage{
			ID:           uuid.New(),
			Conversation: id,
			Body:         directionMarks["several"] + "\n" + directionMarks["ends and an override"],
			Customer:     o.Customer,
		}); err != nil {
			t.Fatal(err)
		}
		b.Wait(fmt.Sprintf("shown.length === %d", i+1))
	}
	for _, n := range testkit.Eval[[][]string](b, "shown") {
		for _, text := range n {
			if !contained(text) {
				t.Errorf("a notification says %q", text)
			}
		}
	}
	b.Run(`window.away = false; document.dispatchEvent(new Event("visibilitychange"))`)
	b.Keys("k", chromedp.ModifierCtrl)
	b.Wait(fmt.Sprintf(`[...document.querySelectorAll("#palette li")].filter((li) => li.innerText.includes("zq")).length === %d`, len(ids)))
	right(b, "the palette")
}

// checkPagesText checks the pages of the archive and of management.
func checkPagesText(s *serve.Server, right func(b *testkit.Tab, where string), monitor *testkit.Tab) {
	for _, page := range []string{"/archive", "/archive?q=zq", "/admin/ratings", "/admin/blocked"} {
		monitor.Go(s.URL + page)
		right(monitor, page)
	}
}

// contained reports whether every isolate of a text is ended in its line, and every control for directions is inside
// one.
func contained(s string) bool {
	for line := range strings.SplitSeq(s, "\n") {
		open := 0
		for _, r := range line {
			switch {
			case r >= '\u2066' && r <= '\u2068':
				open++
			case r == '\u2069':
				open--
			case r >= '\u202a' && r <= '\u202e' || r == '\u200f' || r >= '\u0590' && r <= '\u05ff':
				if open == 0 {
					return false
				}
			}
			if open < 0 {
				return false
			}
		}
		if open != 0 {
			return false
		}
	}
	return true
}

// startForeignConversation begins a conversation with a text in all that a stranger can write: message, page, contact details, data, trail.
func startForeignConversation(ctx context.Context, t *testing.T, s *serve.Server, o testkit.Org, text string) (uuid.UUID, access.Actor) {
	t.Helper()
	v := visitor.NewAnonymous(o.ID, o.Website)
	r, err := s.Conversations.SendAsVisitor(ctx, v, conversation.VisitorMessage{
		ID:       uuid.New(),
		Body:     text + " message",
		Customer: o.Customer,
		Page: conversation.Page{
			URL:       "https://shop.example/" + text,
			Title:     text,
			Referrer:  "https://other.example/" + text,
			UserAgent: text + " Firefox/1",
			Language:  text[:min(len(text), 30)],
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Conversations.SaveContactDetails(ctx, v, conversation.ContactDetails{
		Name:  text,
		Email: "anna@home.example",
	}); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(map[string]string{text: text, "plan": text})
	if err != nil {
		t.Fatal(err)
	}
	trail, err := json.Marshal([]conversation.PageView{
		{URL: "https://shop.example/" + text, Title: text},
		{URL: "https://shop.example/a/" + text},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.DB.As(access.System(o.ID, "test")).Exec(ctx, "update conversations set data = $2, trail = $3 where id = $1",
		r.Conversation, data, trail); err != nil {
		t.Fatal(err)
	}
	return r.Conversation, v
}

// checkTranscriptText checks the transcripts of conversations, plain and with marks, and their saved text.
func checkTranscriptText(
	ctx context.Context, t *testing.T, s *serve.Server, owner access.Actor, right func(b *testkit.Tab, where string), monitor *testkit.Tab,
	ids []uuid.UUID,
) {
	t.Helper()
	for _, id := range ids {
		monitor.Go(s.URL + "/archive/" + id.String())
		right(monitor, "a transcript")
		monitor.Go(s.URL + "/archive/" + id.String() + "?q=zq")
		right(monitor, "a transcript with marks")
		c, err := s.Archive.Get(ctx, owner, id, "")
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(c.Text(), "\n") {
			if !contained(line) {
				t.Errorf("the saved text has %q", line)
			}
		}
	}
}
