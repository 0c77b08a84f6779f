package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"image"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"parley/app/domain/conversation"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// TestBrowserFiles shows that files go both ways: an image is shown, anything else is a card; harmful files are
// refused with a reason; and only the two sides have access to them.
func TestBrowserFiles(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	visitor, desk := testkit.NewTab(t), testkit.NewTab(t)
	openChat(visitor, customerPage(t, s.URL, o.Key))
	visitor.Type("chat .composer textarea", "Look at this"+kb.Enter)
	visitor.Wait(`$("chat .message.visitor:not(.pending)")`)
	dropFile(visitor, inChat(".composer textarea"), "paste", "broken teapot.png", "image/png", pngOf(640, 480))
	visitor.Wait(`$("chat .message .file") && !$("chat .message.pending")`)
	dropFile(visitor, inChat(".panel"), "drop", "letter.html", "image/png", []byte("<!DOCTYPE html><script>alert(1)</script>"))
	visitor.Wait(
		`[...document.getElementById("parley").shadowRoot.querySelectorAll(".progress")].some((e) => e.innerText.includes("not allowed here"))`)

	desk.Size(1280, 800, false)
	desk.LogIn(s.URL, o.Users[access.Agent].Email, testkit.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready")`)
	desk.Click("#take-next")
	desk.Wait(`$(".pane .file.image img") && $(".pane .file.image img").naturalWidth === 640`)
	desk.Wait(`text("#mine .last") === "broken teapot.png"`)

	// The agent's: staged by pasting, sent with the text.
	desk.Click(".pane textarea")
	dropFile(desk, `document.querySelector(".pane textarea")`, "paste", "returns.txt", "text/plain", []byte("Put the label on the parcel."))
	desk.Wait(`text(".staged li span") === "returns.txt"`)
	desk.Keys("Here is how to send it back." + kb.Enter)
	desk.Wait(`[...document.querySelectorAll(".pane .message.agent")].length === 2 && !document.querySelector(".staged li")`)
	visitor.Wait(`$("chat .message.agent .file.card")`)
	order := testkit.Eval[string](visitor,
		`[...document.getElementById("parley").shadowRoot.querySelectorAll(".message.agent")].map((e) => e.querySelector(".text, .file").innerText).join("|")`)
	if order != "Here is how to send it back.|returns.txt" {
		t.Errorf("the visitor reads %q", order)
	}
	visitor.Wait(`$("chat .mark").textContent.includes("Read")`)
	visitor.Reload()
	visitor.Wait(`$("chat .mark")?.textContent.includes("Read")`)
	link := testkit.Eval[string](visitor, inChat(".message.agent .file.card")+".href")
	saveWidgetScreenshot(t, visitor, "files")
	res, err := http.Get(link)
	if err != nil || res.StatusCode != http.StatusOK ||
		!strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment") ||
		res.Header.Get("Content-Type") != "application/octet-stream" ||
		!strings.Contains(res.Header.Get("Content-Security-Policy"), "sandbox") || res.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the card's link: %v %v", err, res)
	}
	forged := strings.Replace(link, "/files/", "/files/A", 1)
	if res, err := http.Get(forged); err != nil || res.StatusCode != http.StatusNotFound {
		t.Errorf("a forged link: %v %v", err, res.StatusCode)
	}

	// Deleted, it is nowhere any more.
	desk.Click(".pane textarea")
	deleteFile(t, visitor, desk, link)

	// The visitor says who it is: the pane says so.
	token := testkit.Eval[string](visitor, `JSON.parse(localStorage.getItem("parley.`+o.Key+`")).token`)
	if err := s.Conversations.SaveContactDetails(ctx, access.Visitor(o.ID, o.Website, visitorID(t, token, o)),
		conversation.ContactDetails{Name: "Uwe"}); err != nil {
		t.Fatal(err)
	}
	desk.Wait(`text(".pane h2") === "Uwe" && text(".pane label[id^=to-]") === "Your message to Uwe"`)

	useSnippetWithFile(ctx, t, o, s, desk)
	desk.Wait(`text(".staged li span") === "Terms.txt"`)
	desk.Keys(kb.Enter)
	visitor.Wait(
		`[...document.getElementById("parley").shadowRoot.querySelectorAll(".file.card")].some((e) => e.innerText.includes("Terms.txt"))`)
	saveWidgetScreenshot(t, desk, "desk-files")
}

// useSnippetWithFile writes a snippet that brings a file along.
func useSnippetWithFile(ctx context.Context, t *testing.T, o testkit.Org, s *serve.Server, desk *testkit.Tab) {
	t.Helper()
	var err error
	// A snippet brings a file along.
	file, err := s.Files.Put(ctx, o.As(access.Owner), newFile("Terms.txt", "All our terms."))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.FAQ.SaveSnippet(ctx, o.As(access.Owner), snippetWith(file.ID)); err != nil {
		t.Fatal(err)
	}
	desk.Reload()
	desk.Wait(`document.body.classList.contains("ready") && $(".pane textarea")`)
	desk.Type(".pane textarea", "/terms")
	desk.Wait(`$(".pane .snippets li")`)
	desk.Keys(kb.Enter)
}

// deleteFile deletes the agent's file, which is nowhere any more.
func deleteFile(t *testing.T, visitor, desk *testkit.Tab, link string) {
	t.Helper()
	desk.Keys(kb.ArrowUp)
	visitor.Wait(`!$("chat .message.agent .file")`)
	desk.Wait(`text(".pane .message.agent .body.erased") === "Deleted"`)
	if res, err := http.Get(link); err != nil || res.StatusCode != http.StatusNotFound {
		t.Errorf("what was taken back can be had: %v %v", err, res.StatusCode)
	}
}

func pngOf(width, height int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, width, height))); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// dropFile puts a file into an element as if it had been pasted or dropped.
func dropFile(b *testkit.Tab, where, event, name, kind string, content []byte) {
	b.Run(`{ const bytes = Uint8Array.from(atob("` + base64.StdEncoding.EncodeToString(content) + `"), (c) => c.charCodeAt(0)), data = new DataTransfer();
		data.items.add(new File([bytes], "` + name + `", { type: "` + kind + `" }));
		const target = ` + where + `;
		target.dispatchEvent("` + event + `" === "paste" ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }) : new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true })); }`)
}
