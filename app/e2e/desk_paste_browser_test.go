package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/google/uuid"

	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// paste gives the focused field data from the clipboard: text, HTML and files as programs offer them.
const paste = `window.give = (type, data, to = document.activeElement) => {
	const d = new DataTransfer();
	for (const [kind, text] of Object.entries(data.text || {})) d.setData(kind, text);
	for (const name of data.files || []) d.items.add(new File(["x"], name, { type: /png$/.test(name) ? "image/png" : "application/pdf" }));
	const e = type === "drop" ? new DragEvent("drop", { dataTransfer: d, bubbles: true, cancelable: true }) : new ClipboardEvent("paste", { clipboardData: d, bubbles: true, cancelable: true });
	to.dispatchEvent(e);
	if (!e.defaultPrevented && data.text?.["text/plain"]) document.execCommand("insertText", false, data.text["text/plain"]); // as the browser does
};
window.paste = (data, to) => give("paste", data, to);
window.drop = (data, to) => give("drop", data, to);`

// TestBrowserPasteAtTheDesk shows that cells and passages of documents paste their text and offer their picture;
// pictures and files alone are attached; HTML alone pastes its text; control characters are left out. Dropping is
// the same. A text over the limit stays whole, is counted, and is not sent.
func TestBrowserPasteAtTheDesk(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	v, a := startConversation(t, s, o, "Where is my parcel?")
	desk := testkit.NewTab(t)
	runBefore(desk, paste)
	desk.Size(1500, 900, false)
	desk.LogIn(s.URL, o.Users[access.Agent].Email, testkit.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready") && $(".pane.shown")`)
	field := "#text-" + a.String()
	area := `document.querySelector("` + field + `")`
	pane := "#pane-" + a.String()
	empty := func() {
		t.Helper()
		desk.Run(
			`for (const e of document.querySelectorAll(".staged button, .brought button:last-child")) e.click(); ` + area + `.value = ""; ` + area + `.dispatchEvent(new Event("input", { bubbles: true })); ` + area + `.focus()`)
	}
	desk.Click(field)
	checkPastedContent(t, desk, area, pane, empty)
	// A vertical tab is gone, its words are not one.
	empty()
	desk.Run(`paste({ text: { "text/plain": "Title\x0bSubtitle" } })`)
	desk.Wait(`/^Title\sSubtitle$/.test(` + area + `.value) && !` + area + `.value.includes("\x0b")`)

	// The picture comes along when it is wanted.
	empty()
	takeOfferedPicture(t, desk, area)

	// Over the limit.
	empty()
	checkReplyLimit(t, o, s, v, a, desk, field, area, pane)

	checkOtherLimits(a, desk, pane)

	// The pages on which the visitor is are shown as they change.
	w := newVisitor(t, s, o, v.token)
	if err := w.WriteFrame(map[string]any{
		"type":         "about",
		"conversation": a,
		"trail":        []map[string]any{{"url": "https://shop.example/cups", "title": "Cups of tea", "at": time.Now()}},
	}); err != nil {
		t.Fatal(err)
	}
	desk.Wait(`$("#trail-` + a.String() + `")?.innerText.includes("Cups of tea")`)

	// The end of the thread stays in view, whatever takes space from it.
	w.send(strings.Repeat("A line\n", 100) + "The end")
	end := `((t) => t.clientHeight > 100 && t.scrollTop > 100 && t.scrollHeight - t.scrollTop - t.clientHeight < 2)($("#thread-` + a.String() + `"))`
	desk.Wait(`$("#thread-` + a.String() + `").innerText.includes("The end") && ` + end)
	empty()
	desk.Run(`paste({ text: { "text/plain": "a\tb\n".repeat(20) }, files: ["image.png"] })`)
	desk.Wait(`$(".brought") && ` + area + `.clientHeight > 200 && ` + end)

	// A snippet that does not exist is not sent as a reply, unless it is meant.
	empty()
	checkUnknownSnippet(a, desk, area, w)

	checkLongNames(t, desk, pane)

	checkPhoneView(t, a, desk, field, area, pane, end)
	desk.Wait(end)
}

// takeOfferedPicture takes the picture that was offered with pasted cells.
func takeOfferedPicture(t *testing.T, desk *testkit.Tab, area string) {
	t.Helper()
	desk.Run(`paste({ text: { "text/plain": "a\tb" }, files: ["image.png"] })`)
	desk.Accessible("the offered picture")
	if dir := os.Getenv("SCREENSHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "offered-picture.png"), desk.Screenshot(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	desk.Click(".brought button")
	desk.Wait(`!$(".brought") && text(".staged").includes("image.png") && ` + area + `.value === "a\tb"`)
}

// checkPastedContent pastes or drops each kind of content, and checks what becomes of it.
func checkPastedContent(t *testing.T, desk *testkit.Tab, area, pane string, empty func()) {
	t.Helper()
	for name, c := range map[string]struct{ give, text, staged, offered string }{
		"cells":               {`paste({ text: { "text/plain": "a\tb\n1\t2", "text/html": "<table><tr><td>a<td>b</table>" }, files: ["image.png"] })`, "a\tb\n1\t2", "", "an image"},
		"cells as HTML only":  {`paste({ text: { "text/html": "<style>td{}</style><table><tr><td>a</td><td>b</td></tr><tr><td>1</td><td>2</td></tr></table>" } })`, "a\tb\n1\t2", "", ""},
		"a passage":           {`paste({ text: { "text/html": "<p>One  <b>two</b></p><p>three<br>four</p><ul><li>five</li></ul>" }, files: ["image.png"] })`, "One two\nthree\nfour\nfive", "", "an image"},
		"a picture":           {`paste({ files: ["image.png"] })`, "", "image.png", ""},
		"a picture of a page": {`paste({ text: { "text/html": "<img src='https://shop.example/a.png'>" }, files: ["image.png"] })`, "", "image.png", ""},
		"with its address":    {`paste({ text: { "text/html": "<a href='/x'><img src='https://shop.example/a.png'></a>", "text/plain": "https://shop.example/a.png" }, files: ["a.png"] })`, "", "a.png", ""},
		"files of a folder":   {`paste({ text: { "text/plain": "/home/mia/a.pdf\nfile:///home/mia/b.pdf" }, files: ["a.pdf", "b.pdf"] })`, "", "a.pdf,b.pdf", ""},
		"a file by its name":  {`paste({ text: { "text/plain": "a.pdf" }, files: ["a.pdf"] })`, "", "a.pdf", ""},
		"an address in cells": {`paste({ text: { "text/plain": "https://shop.example", "text/html": "<table><tr><td>https://shop.example</table>" }, files: ["image.png"] })`, "https://shop.example", "", "an image"},
		"a presentation":      {`paste({ text: { "text/plain": "Q3\x1b results\x07" } })`, "Q3 results", "", ""},
		"dropped cells":       {`drop({ text: { "text/plain": "a\tb", "text/html": "<table><tr><td>a<td>b</table>" }, files: ["image.png"] })`, "a\tb", "", "an image"},
		"dropped beside":      {`drop({ text: { "text/plain": "a\tb" }, files: ["image.png"] }, document.querySelector("` + pane + ` .thread"))`, "a\tb", "", "an image"},
		"dropped files":       {`drop({ files: ["a.pdf", "b.pdf"] }, document.querySelector("` + pane + ` .thread"))`, "", "a.pdf,b.pdf", ""},
	} {
		empty()
		desk.Run(c.give)
		desk.Run(`await new Promise((go) => setTimeout(go, 30))`)
		got := testkit.Eval[[]string](desk,
			`[`+area+`.value, [...document.querySelectorAll(".staged li span")].map((e) => e.textContent).join(), document.querySelector(".brought span")?.textContent || ""]`)
		if got[0] != c.text || got[1] != c.staged || !strings.Contains(got[2], c.offered) || (got[2] == "") != (c.offered == "") {
			t.Errorf("%s: the text is %q, attached is %q, offered %q", name, got[0], got[1], got[2])
		}
	}
}

// checkReplyLimit checks that a reply over the limit is refused in place, and sent when it is short enough.
func checkReplyLimit(t *testing.T, o testkit.Org, s *serve.Server, v *visitorClient, a uuid.UUID, desk *testkit.Tab, field, area, pane string) {
	t.Helper()
	desk.Run(`paste({ text: { "text/plain": "x".repeat(4119) + "😀" } })`)
	desk.Wait(area + `.value.length === 4121 && text(".composer .characters.over").startsWith("4,120 of 4,000 characters")`)
	desk.Accessible("over the limit")
	if dir := os.Getenv("SCREENSHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "over-the-limit.png"), desk.Screenshot(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	desk.Keys(kb.Enter)
	desk.Wait(
		`text("#error-` + a.String() + `").includes("message is too long") && ` + area + `.value.length === 4121 && !$("[data-composer]").out.length`)
	desk.Wait(`getComputedStyle($(".composer .characters.over [role=status]")).display === "none"`) // said once
	desk.Click(pane + " .send")
	desk.Wait(area + `.value.length === 4121`)
	desk.Run(area + `.setRangeText("", 0, 120); ` + area + `.dispatchEvent(new Event("input", { bubbles: true }))`)
	desk.Wait(`text(".composer .characters:not(.over)").trim() === "4,000 of 4,000 characters" && text("#error-` + a.String() + `") === ""`)
	desk.Run(`document.activeElement.matches("` + field + `") || ` + area + `.focus()`)
	desk.Keys(kb.Enter)
	newVisitor(t, s, o, v.token).awaitText(strings.Repeat("x", 3999) + "😀")
	desk.Wait(area + `.value === "" && $(".composer .characters").hidden`)
}

// checkOtherLimits checks the limits of a tag, the search and the comment of a transfer.
func checkOtherLimits(a uuid.UUID, desk *testkit.Tab, pane string) {
	// So it is with a tag, the search and the transfer's comment.
	desk.Wait(`$("#tag-` + a.String() + `")`)
	desk.Click("#tag-" + a.String())
	desk.Run(`paste({ text: { "text/plain": "t".repeat(51) } })`)
	desk.Keys(kb.Enter)
	desk.Wait(
		`$("#tag-` + a.String() + `").value.length === 51 && text(".tags .characters.over").includes("51 of 50 characters") && text(".tags .characters.over").includes("Too long") && !$(".tags li")`)
	desk.Keys(kb.Backspace + kb.Enter)
	desk.Wait(`text(".tags li")?.includes("t".repeat(50))`)
	desk.Click("#search-" + a.String())
	desk.Run(`paste({ text: { "text/plain": "green\ttea\x0bcup\r\n" } })`)
	desk.Wait(`$("#search-` + a.String() + `").value === "green tea cup"`)
	desk.Run(`document.activeElement.value = ""; paste({ text: { "text/plain": "l".repeat(201) } })`)
	desk.Wait(`text(".faq-search .characters.over").includes("201 of 200 characters")`)
	desk.Run(`document.querySelector("` + pane + ` [data-transfer]").open = true`)
	desk.Wait(`document.activeElement.id === "to-` + a.String() + `"`) // the form has come
	desk.Wait(`($("#comment-` + a.String() + `").focus(), document.activeElement.id.startsWith("comment-"))`)
	desk.Run(
		`paste({ text: { "text/plain": "c".repeat(1001) } }); document.querySelector("#to-` + a.String() + ` option:last-child") && (document.querySelector(".transfer-form select").selectedIndex = 1)`)
	desk.Click(".transfer-form button.primary")
	desk.Wait(
		`text(".transfer-form .characters.over").includes("1,001 of 1,000 characters") && $("#comment-` + a.String() + `").value.length === 1001`)
	desk.Run(`document.querySelector("` + pane + ` [data-transfer]").open = false`)
}

// checkUnknownSnippet checks that a snippet that does not exist is sent only when Enter is pressed again.
func checkUnknownSnippet(a uuid.UUID, desk *testkit.Tab, area string, w *visitorClient) {
	desk.Keys("/ph-a" + kb.Enter)
	desk.Wait(
		`text("#error-` + a.String() + `") === "There is no snippet /ph-a. Press Enter again to send it as typed." && ` + area + `.value === "/ph-a" && !$("[data-composer]").out.length`)
	desk.Keys("b")
	desk.Wait(`text("#error-` + a.String() + `") === ""`)
	desk.Keys(kb.Enter)
	desk.Wait(`text("#error-` + a.String() + `").startsWith("There is no snippet /ph-ab.")`)
	desk.Keys(kb.Enter)
	w.awaitText("/ph-ab")
}

// checkLongNames checks that long names leave the rest of the desk its place.
func checkLongNames(t *testing.T, desk *testkit.Tab, pane string) {
	t.Helper()
	// Long names leave the rest its place.
	desk.Run(`document.querySelector("` + pane + ` .place").textContent = "A shop · " + "g".repeat(68);
		document.querySelector("` + pane + ` .at").insertAdjacentHTML("beforeend", '<a href="https://shop.example/cups">shop.example/cups</a>');
		document.querySelector("#status").add(new Option("Away: " + "w".repeat(50), "x", true, true))`)
	desk.Wait(`$("` + pane + ` .at a:last-child").clientWidth > 60 && $("` + pane + ` .at").scrollWidth <= $("` + pane + ` .at").clientWidth &&
		$("#availability .load").clientHeight < 30 && $("#availability").scrollWidth <= $("#availability").clientWidth && $("#aside").scrollWidth <= $("#aside").clientWidth`)
	if dir := os.Getenv("SCREENSHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "long-names.png"), desk.Screenshot(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// checkPhoneView checks that a conversation opens at its end on a phone.
func checkPhoneView(t *testing.T, a uuid.UUID, desk *testkit.Tab, field, area, pane, end string) {
	t.Helper()
	// On a phone a conversation opens at its end, which stays in view when the window becomes wide.
	desk.Size(390, 844, true)
	desk.Reload()
	desk.Wait(`document.body.classList.contains("ready") && $("` + pane + ` .composer") && $("#panes").clientHeight === 0`)
	desk.Click("#mine-" + a.String() + " button")
	desk.Wait(end)
	desk.Run(
		`document.activeElement.matches("` + field + `") || ` + area + `.focus(); paste({ text: { "text/plain": "a\tb" }, files: ["image.png"] })`)
	desk.Wait(`$(".brought") && ` + end)
	desk.Accessible("a pasted picture on a phone")
	if dir := os.Getenv("SCREENSHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "phone-dark-offered.png"), desk.Screenshot(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	desk.Click(pane + " .back")
	desk.Reload()
	desk.Wait(`document.body.classList.contains("ready") && $("#panes").clientHeight === 0`)
	desk.Size(1280, 800, false)
}
