package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/apptest"
	"parley/app/chat"
	"parley/app/faq"
	"parley/app/files"
	"parley/app/org"
)

// inChat is an expression for an element of the widget.
func inChat(selector string) string {
	return `document.getElementById("parley").shadowRoot.querySelector("` + selector + `")`
}

// pictured keeps a picture of a tab where SCREENSHOTS says.
func pictured(t *testing.T, b *apptest.Tab, name string) {
	t.Helper()
	if dir := os.Getenv("SCREENSHOTS"); dir != "" {
		time.Sleep(200 * time.Millisecond) // transitions
		if err := os.WriteFile(filepath.Join(dir, "widget-"+name+".png"), b.Picture(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func settle(t testing.TB, s *server, o apptest.Org, change func(*org.Settings)) {
	t.Helper()
	err := s.org.ChangeSettings(context.Background(), o.As(access.Manager), o.Website, func(x *org.Settings) error { change(x); return nil })
	if err != nil {
		t.Fatal(err)
	}
}

func pngOf(width, height int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, width, height))); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// openChat opens the panel of a customer's page.
func openChat(b *apptest.Tab, page string) {
	b.Go(page)
	b.Wait(`$("chat .launcher").getClientRects().length`)
	b.Click("chat .launcher")
	b.Wait(`$("chat .panel") && !$("chat .panel").hidden`)
}

// give puts a file into an element as if it had been pasted or dropped.
func give(b *apptest.Tab, where, event, name, kind string, content []byte) {
	b.Run(`{ const bytes = Uint8Array.from(atob("` + base64.StdEncoding.EncodeToString(content) + `"), (c) => c.charCodeAt(0)), data = new DataTransfer();
		data.items.add(new File([bytes], "` + name + `", { type: "` + kind + `" }));
		const target = ` + where + `;
		target.dispatchEvent("` + event + `" === "paste" ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }) : new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true })); }`)
}

// Files go both ways: what is an image is shown, anything else is a card; what could do harm is refused in words; and nobody
// but the two sides gets at them.
func TestBrowserFiles(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	visitor, desk := apptest.NewTab(t), apptest.NewTab(t)
	openChat(visitor, customerPage(t, s.url, o.Key))
	visitor.Type("chat .composer textarea", "Look at this"+kb.Enter)
	visitor.Wait(`$("chat .message.visitor:not(.pending)")`)
	give(visitor, inChat(".composer textarea"), "paste", "broken teapot.png", "image/png", pngOf(640, 480))
	visitor.Wait(`$("chat .message .file") && !$("chat .message.pending")`)
	give(visitor, inChat(".panel"), "drop", "letter.html", "image/png", []byte("<!DOCTYPE html><script>alert(1)</script>"))
	visitor.Wait(`[...document.getElementById("parley").shadowRoot.querySelectorAll(".progress")].some((e) => e.innerText.includes("cannot be sent"))`)

	desk.Size(1280, 800, false)
	desk.LogIn(s.url, o.Users[access.Agent].Email, apptest.Password, "/desk")
	desk.Wait(`document.body.classList.contains("ready")`)
	desk.Click("#take-next")
	desk.Wait(`$(".pane .file.image img") && $(".pane .file.image img").naturalWidth === 640`)
	desk.Wait(`text("#mine .last") === "broken teapot.png"`)

	// The agent's: staged by pasting, sent with the text.
	desk.Click(".pane textarea")
	give(desk, `document.querySelector(".pane textarea")`, "paste", "returns.txt", "text/plain", []byte("Put the label on the parcel."))
	desk.Wait(`text(".staged li span") === "returns.txt"`)
	desk.Keys("Here is how to send it back." + kb.Enter)
	desk.Wait(`[...document.querySelectorAll(".pane .message.agent")].length === 2 && !document.querySelector(".staged li")`)
	visitor.Wait(`$("chat .message.agent .file.card")`)
	order := apptest.Eval[string](visitor, `[...document.getElementById("parley").shadowRoot.querySelectorAll(".message.agent")].map((e) => e.querySelector(".text, .file").innerText).join("|")`)
	if order != "Here is how to send it back.|returns.txt" {
		t.Errorf("the visitor reads %q", order)
	}
	visitor.Wait(`$("chat .mark").textContent.includes("Read")`)
	visitor.Reload()
	visitor.Wait(`$("chat .mark")?.textContent.includes("Read")`)
	link := apptest.Eval[string](visitor, inChat(".message.agent .file.card")+".href")
	pictured(t, visitor, "files")
	res, err := http.Get(link)
	if err != nil || res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment") || res.Header.Get("Content-Type") != "application/octet-stream" ||
		!strings.Contains(res.Header.Get("Content-Security-Policy"), "sandbox") || res.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the card's link: %v %v", err, res)
	}
	forged := strings.Replace(link, "/files/", "/files/A", 1)
	if res, err := http.Get(forged); err != nil || res.StatusCode != http.StatusNotFound {
		t.Errorf("a forged link: %v %v", err, res.StatusCode)
	}

	// Taken back, it is nowhere any more.
	desk.Click(".pane textarea")
	desk.Keys(kb.ArrowUp)
	visitor.Wait(`!$("chat .message.agent .file")`)
	desk.Wait(`text(".pane .message.agent .body.erased") === "taken back"`)
	if res, err := http.Get(link); err != nil || res.StatusCode != http.StatusNotFound {
		t.Errorf("what was taken back can be had: %v %v", err, res.StatusCode)
	}

	// The visitor says who it is: the pane says so.
	token := apptest.Eval[string](visitor, `JSON.parse(localStorage.getItem("parley.`+o.Key+`")).token`)
	if err := s.chat.LeaveAddress(ctx, access.Visitor(o.ID, o.Website, visitorID(t, token, o)), chat.Address{Name: "Uwe"}); err != nil {
		t.Fatal(err)
	}
	desk.Wait(`text(".pane h2") === "Uwe" && text(".pane label[id^=to-]") === "Your message to Uwe"`)

	// A snippet brings a file along.
	file, err := s.files.Put(ctx, o.As(access.Owner), newFile("Terms.txt", "All our terms."))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.faq.SaveSnippet(ctx, o.As(access.Owner), snippetWith(file.ID)); err != nil {
		t.Fatal(err)
	}
	desk.Reload()
	desk.Wait(`document.body.classList.contains("ready") && $(".pane textarea")`)
	desk.Type(".pane textarea", "/terms")
	desk.Wait(`$(".pane .snippets li")`)
	desk.Keys(kb.Enter)
	desk.Wait(`text(".staged li span") === "Terms.txt"`)
	desk.Keys(kb.Enter)
	visitor.Wait(`[...document.getElementById("parley").shadowRoot.querySelectorAll(".file.card")].some((e) => e.innerText.includes("Terms.txt"))`)
	pictured(t, desk, "desk-files")
}

// After the end: the verdict, once and changeable, for managers by agent; the talk to keep; and what is answered to somebody
// who has gone comes by mail, with a way back into the chat.
func TestBrowserAfterTheChat(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	smtp, letters := apptest.MailServer(t, 0)
	s := serveTest(t, func(c *config) {
		c.SMTPURL, c.letterAfter, c.settingsMinute = smtp, 300*time.Millisecond, 10*time.Millisecond
	})
	settle(t, s, o, func(x *org.Settings) {
		x.Rating.Reasons = []string{"Friendly", "Quick"}
		x.Questions = []org.Question{{Kind: "name", Label: "Your name", Required: true}, {Kind: "email", Label: "Your e-mail address"}, {Kind: "choice", Label: "Customer?", Choices: []string{"Yes", "Not yet"}}, {Kind: "consent", Label: "I agree", Required: true, Link: "https://shop.example/privacy"}}
		x.Privacy = "We keep **nothing** longer than needed."
	})
	visitor := apptest.NewTab(t)
	page := customerPage(t, s.url, o.Key)
	openChat(visitor, page)

	// The questions come first, and say what is missing.
	visitor.Wait(`$("chat .questions")`)
	visitor.Wait(`document.getElementById("parley").shadowRoot.activeElement?.closest(".questions")`)
	visitor.Accessible("questions")
	pictured(t, visitor, "questions")
	visitor.Click("chat .questions .send")
	visitor.Wait(`text("chat .question .problem") === "Please fill this in."`)
	visitor.Type("chat .question:nth-of-type(1) input", "Anna")
	visitor.Type("chat .question:nth-of-type(2) input", "anna@home.example")
	visitor.Click("chat .consent input")
	visitor.Click("chat .questions .send")
	visitor.Wait(`document.getElementById("parley").shadowRoot.activeElement?.tagName === "TEXTAREA"`)
	visitor.Keys("Where is my parcel?" + kb.Enter)
	visitor.Wait(`$("chat .message.visitor:not(.pending)")`)
	conversation := uuid.MustParse(onlyConversation(t, s, o))
	agent := o.As(access.Agent)
	if _, err := s.queue.Take(ctx, agent, "Mia", conversation); err != nil {
		t.Fatal(err)
	}
	visitor.Wait(`text("chat .status").startsWith("Mia")`)
	around, err := s.chat.Around(ctx, agent, conversation)
	for try := 0; err == nil && (around.Name != "Anna" || around.Data["I agree"] != "✓") && try < 50; try++ {
		time.Sleep(50 * time.Millisecond)
		around, err = s.chat.Around(ctx, agent, conversation)
	}
	if err != nil || around.Name != "Anna" || around.Email != "anna@home.example" || around.Data["I agree"] != "✓" {
		t.Errorf("the agent knows %+v (%v)", around, err)
	}

	// Read: nothing is mailed. Gone: the answer is.
	if _, err := s.chat.SayAsAgent(ctx, agent, conversation, uuid.New(), chat.Text, "One moment, please."); err != nil {
		t.Fatal(err)
	}
	visitor.Wait(`$("chat .message.agent")`)
	time.Sleep(600 * time.Millisecond)
	select {
	case l := <-letters:
		t.Errorf("what was read is mailed: %s", l.Text)
	default:
	}
	visitor.Go("about:blank")
	if _, err := s.chat.SayAsAgent(ctx, agent, conversation, uuid.New(), chat.Text, "It left us **today**."); err != nil {
		t.Fatal(err)
	}
	var letter apptest.Mail
	select {
	case letter = <-letters:
	case <-time.After(10 * time.Second):
		t.Fatal("no letter came")
	}
	if letter.To != "anna@home.example" || !strings.Contains(letter.Text, "It left us today.") || strings.Contains(letter.Text, "One moment") {
		t.Errorf("the letter to %s says %s", letter.To, letter.Text)
	}
	_, back, _ := strings.Cut(letter.Text, "Reply in the chat:\n")
	back, _, _ = strings.Cut(back, "\n")
	visitor = apptest.NewTab(t) // on another device
	openByLink(visitor, strings.TrimSpace(back))
	visitor.Click("h1")
	visitor.Wait(`[...document.getElementById("parley").shadowRoot.querySelectorAll(".message.agent")].length === 2`)
	if hash := apptest.Eval[string](visitor, "location.hash"); hash != "" {
		t.Errorf("the code stays in the address: %s", hash)
	}

	// The visitor ends it, rates, changes its mind.
	visitor.Click("chat .menu summary")
	visitor.Wait(`$("chat .items .item")`)
	pictured(t, visitor, "menu")
	visitor.Click("chat .items .item")
	visitor.Wait(`$("chat .rating") && !$("chat .rating").hidden`)
	visitor.Wait(`document.getElementById("parley").shadowRoot.querySelector(".log").innerText.includes("You have ended the conversation")`)
	visitor.Accessible("rating")
	visitor.Click("chat .star:nth-child(2)")
	visitor.Wait(`$("chat .rating .reasons")`)
	visitor.Click("chat .reasons .subject")
	visitor.Type("chat .rating textarea", "It took a while")
	pictured(t, visitor, "rating")
	visitor.Click("chat .rating .send")
	visitor.Wait(`text("chat .rating").startsWith("Thank you!")`)
	visitor.Click("chat .rating .link")
	visitor.Click("chat .star:nth-child(4)")
	visitor.Click("chat .rating .send")
	visitor.Wait(`text("chat .rating").startsWith("Thank you!")`)
	past, err := s.archive.Read(ctx, o.As(access.Manager), conversation, "")
	if r := past.Rating; err != nil || r.Value != 4 || len(r.Reasons) != 1 || r.Comment != "It took a while" {
		t.Errorf("the verdict is %+v %v", r, err)
	}

	// The talk to keep: as a file, and by mail without what only staff sees.
	visitor.Click("chat .menu summary")
	visitor.Run(`window.saved = ""; const make = URL.createObjectURL; URL.createObjectURL = (blob) => { blob.text().then((t) => { saved = t; }); return make.call(URL, blob); };
		[...document.getElementById("parley").shadowRoot.querySelectorAll(".item")].find((e) => e.innerText === "Save as text").click()`)
	visitor.Wait(`saved.includes("Where is my parcel?") && saved.includes("It left us today.")`)
	visitor.Click("chat .menu summary")
	visitor.Run(`[...document.getElementById("parley").shadowRoot.querySelectorAll(".item")].find((e) => e.innerText === "Send by e-mail").click()`)
	visitor.Wait(`$("chat .contact input") && $("chat .contact input").getClientRects().length`)
	visitor.Type("chat .contact input", "anna@work.example"+kb.Enter)
	select {
	case letter = <-letters:
	case <-time.After(10 * time.Second):
		t.Fatal("no transcript came")
	}
	if letter.To != "anna@work.example" || !strings.Contains(letter.Text, "Where is my parcel?") || strings.Contains(letter.Text, "can be written to") {
		t.Errorf("the transcript to %s says %s", letter.To, letter.Text)
	}

	manager := apptest.NewTab(t)
	manager.Size(1280, 800, false)
	manager.LogIn(s.url, o.Users[access.Manager].Email, apptest.Password, "/admin/ratings")
	manager.Wait(`text("table.list").includes("4.0 ★")`)
	manager.Accessible("ratings")
	pictured(t, manager, "ratings-page")
	manager.Go(s.url + "/review?rating=good")
	manager.Wait(`document.querySelectorAll("a[href^='/review/']").length > 0`)
	manager.Go(s.url + "/review/" + conversation.String())
	manager.Wait(`text(".verdict").includes("★★★★☆") && text(".verdict").includes("It took a while")`)
	manager.Accessible("rated conversation")
	pictured(t, manager, "rated-conversation")
	manager.Go(s.url + "/review?rating=bad")
	manager.Wait(`document.body.innerText.includes("Nothing") || document.body.innerText.includes("No ")`)
}

// A visitor who falls silent is asked, and then let go.
func TestSilentVisitors(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	s := serveTest(t, func(c *config) { c.letterAfter, c.settingsMinute = time.Hour, 100*time.Millisecond })
	settle(t, s, o, func(x *org.Settings) { x.WarnAfter, x.EndAfter = 1, 1 })
	v := newVisitor(t, s, o, "")
	v.say("Hello?")
	conversation := uuid.MustParse(v.conversation)
	if _, err := s.queue.Take(ctx, o.As(access.Agent), "Mia", conversation); err != nil {
		t.Fatal(err)
	}
	if _, err := s.chat.SayAsAgent(ctx, o.As(access.Agent), conversation, uuid.New(), chat.Text, "How can I help you?"); err != nil {
		t.Fatal(err)
	}
	var bodies []string
	for range 100 {
		time.Sleep(50 * time.Millisecond)
		messages, err := s.chat.After(ctx, o.As(access.Agent), conversation, 0)
		if err != nil {
			t.Fatal(err)
		}
		bodies = nil
		for _, m := range messages {
			if m.Kind == chat.System {
				bodies = append(bodies, m.Body)
			}
		}
		if len(bodies) == 3 {
			break
		}
	}
	same(t, "what the program said", bodies, []string{chat.Taken, chat.Silent, chat.Lapsed})
}

// A process that ends takes no letter with it, and no question to a silent visitor: another goes on when a desk opens there.
func TestLettersOutliveAProcess(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	smtp, letters := apptest.MailServer(t, 0)
	one := serveTest(t, func(c *config) { c.SMTPURL, c.letterAfter, c.settingsMinute = smtp, time.Hour, time.Hour })
	settle(t, one, o, func(x *org.Settings) { x.WarnAfter, x.EndAfter = 1, 1 })
	v := newVisitor(t, one, o, "")
	v.say("Hello?")
	conversation := uuid.MustParse(v.conversation)
	if err := one.chat.LeaveAddress(ctx, access.Visitor(o.ID, o.Website, visitorID(t, v.token, o)), chat.Address{Email: "anna@home.example"}); err != nil {
		t.Fatal(err)
	}
	if _, err := one.queue.Take(ctx, o.As(access.Agent), "Mia", conversation); err != nil {
		t.Fatal(err)
	}
	v.Close()
	if _, err := one.chat.SayAsAgent(ctx, o.As(access.Agent), conversation, uuid.New(), chat.Text, "How can I help you?"); err != nil {
		t.Fatal(err)
	}
	one.Stop()
	two := serveTest(t, func(c *config) {
		c.SMTPURL, c.letterAfter, c.settingsMinute = smtp, 100*time.Millisecond, 300*time.Millisecond
	})
	openDesk(t, agentAt(t, two, o, access.Agent))
	select {
	case l := <-letters:
		if l.To != "anna@home.example" || !strings.Contains(l.Text, "How can I help you?") {
			t.Errorf("the letter to %s says %s", l.To, l.Text)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the letter was lost with its process")
	}
	for range 100 {
		c, err := two.chat.Get(ctx, o.As(access.Agent), conversation)
		if err != nil {
			t.Fatal(err)
		}
		if c.State == chat.Closed {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("the silent visitor was forgotten with its process")
}

// What the site signs of its visitor is believed once, until it expires; what was said before becomes the visitor's, and it
// finds its talk on another device.
func TestKnownVisitors(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	if err := s.org.RenewIdentityKey(ctx, o.As(access.Manager), o.Website); err != nil {
		t.Fatal(err)
	}
	w, err := s.org.Website(ctx, o.As(access.Manager), o.Website)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(key, id string, until time.Time, method jwt.SigningMethod) string {
		var secret any = []byte(key)
		if method == jwt.SigningMethodNone {
			secret = jwt.UnsafeAllowNoneSignatureType
		}
		text, err := jwt.NewWithClaims(method, jwt.MapClaims{"sub": "customer-7", "name": "Anna", "email": "anna@home.example", "exp": until.Unix(), "jti": id}).SignedString(secret)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	soon := time.Now().Add(time.Hour)
	hello := func(token, identity string) (welcome, string) {
		t.Helper()
		p := openRaw(t, s, o, "")
		defer p.conn.Close()
		p.put(`{"type":"hello","protocol":1,"token":"` + token + `","identity":"` + identity + `"}`)
		return p.welcomed()
	}
	for name, bad := range map[string]string{"another key": sign("another key", "1", soon, jwt.SigningMethodHS256), "expired": sign(w.IdentityKey, "2", time.Now().Add(-time.Hour), jwt.SigningMethodHS256),
		"for a month": sign(w.IdentityKey, "3", time.Now().AddDate(0, 1, 0), jwt.SigningMethodHS256), "unsigned": sign("", "4", soon, jwt.SigningMethodNone), "another method": sign(w.IdentityKey, "5", soon, jwt.SigningMethodHS512), "nonsense": "x.y.z"} {
		if got, refused := hello("", bad); refused != "unauthenticated" {
			t.Errorf("%s: %+v %q", name, got, refused)
		}
	}
	anonymous := newVisitor(t, s, o, "")
	anonymous.say("I am nobody yet")
	first, refused := hello(anonymous.token, sign(w.IdentityKey, "6", soon, jwt.SigningMethodHS256))
	if refused != "" || first.Token == "" || first.Conversation == nil || first.Conversation.ID.String() != anonymous.conversation {
		t.Fatalf("the talk did not become the visitor's: %+v %q", first, refused)
	}
	second, refused := hello("", sign(w.IdentityKey, "7", soon, jwt.SigningMethodHS256))
	if refused != "" || second.Conversation == nil || second.Conversation.ID.String() != anonymous.conversation {
		t.Errorf("on another device: %+v %q", second, refused)
	}
	if around, err := s.chat.Around(ctx, o.As(access.Agent), uuid.MustParse(anonymous.conversation)); err != nil || around.Name != "Anna" || around.Email != "anna@home.example" {
		t.Errorf("the agent knows %+v %v", around, err)
	}
	// Somebody who was nobody on a second device, and had ended a talk there.
	other := newVisitor(t, s, o, "")
	other.say("Another talk")
	if err := s.chat.EndByVisitor(ctx, access.Visitor(o.ID, o.Website, visitorID(t, other.token, o)), uuid.MustParse(other.conversation)); err != nil {
		t.Fatal(err)
	}
	again := sign(w.IdentityKey, "8", soon, jwt.SigningMethodHS256)
	if _, refused := hello(other.token, again); refused != "" {
		t.Fatal(refused)
	}
	if around, err := s.chat.Around(ctx, o.As(access.Supervisor), uuid.MustParse(anonymous.conversation)); err != nil || len(around.Earlier) != 1 || around.Earlier[0].ID.String() != other.conversation {
		t.Errorf("the talks are not one visitor's: %+v %v", around.Earlier, err)
	}
	if _, err := s.db.As(access.System(o.ID, "test")).Exec(ctx, "update identity_uses set at = at - interval '1 hour'"); err != nil {
		t.Fatal(err)
	}
	if got, refused := hello(first.Token, again); refused != "" || got.Token != "" { // who is that visitor already comes back with it
		t.Errorf("coming back: %+v %q", got, refused)
	}
	if _, refused := hello(anonymous.token, ""); refused != "" {
		t.Error(refused)
	}
	if got, _ := hello(anonymous.token, ""); got.Conversation != nil { // whoever has the token of before sees nothing of it
		t.Errorf("with the token of before: %+v", got)
	}
	if got, refused := hello("", again); refused != "unauthenticated" {
		t.Errorf("a sign-in was taken twice: %+v %q", got, refused)
	}
	// The next to log in at the same browser is another person: the former's talk goes on, and is not the other's.
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": "customer-8", "exp": soon.Unix(), "jti": "9"}).SignedString([]byte(w.IdentityKey))
	if err != nil {
		t.Fatal(err)
	}
	if got, refused := hello(first.Token, signed); refused != "" || got.Conversation != nil {
		t.Errorf("another person: %+v %q", got, refused)
	}
	if c, err := s.chat.Get(ctx, o.As(access.Agent), uuid.MustParse(anonymous.conversation)); err != nil || c.State != chat.Waiting {
		t.Errorf("the former's talk is %v %v", c.State, err)
	}
}

// Who is blocked is cut off at once and stays out, by visitor or by address; a slip that would block everybody is refused.
func TestBlocks(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	v := newVisitor(t, s, o, "")
	v.say("You fools")
	supervisor := o.As(access.Supervisor)
	if err := s.chat.AddBlock(ctx, o.As(access.Agent), chat.Block{Network: "203.0.113.7"}); err == nil {
		t.Error("an agent has blocked addresses")
	}
	for _, bad := range []string{"everybody", "0.0.0.0/0", "10.0.0.0/7", "::/0", ""} {
		if err := s.chat.AddBlock(ctx, supervisor, chat.Block{Network: bad}); err == nil {
			t.Errorf("%q was blocked", bad)
		}
	}
	if err := s.chat.AddBlock(ctx, supervisor, chat.Block{Visitor: visitorID(t, v.token, o)}); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; { // it is cut off
		if _, err := v.Next(deadline); err != nil {
			if time.Now().After(deadline) {
				t.Fatal("a blocked visitor is not cut off")
			}
			break
		}
	}
	p := openRaw(t, s, o, "")
	p.put(`{"type":"hello","protocol":1,"token":"` + v.token + `"}`)
	if _, refused := p.welcomed(); refused != "forbidden" {
		t.Errorf("a blocked visitor: %q", refused)
	}
	newVisitor(t, s, o, "").say("Somebody else may")
	if err := s.chat.AddBlock(ctx, supervisor, chat.Block{Network: "127.0.0.0/8"}); err != nil {
		t.Fatal(err)
	}
	if err := s.chat.AddBlock(ctx, supervisor, chat.Block{Network: "::1/128"}); err != nil {
		t.Fatal(err)
	}
	p = openRaw(t, s, o, "")
	p.put(`{"type":"hello","protocol":1}`)
	if _, refused := p.welcomed(); refused != "forbidden" {
		t.Errorf("a blocked address: %q", refused)
	}
	res, err := http.DefaultClient.Do(func() *http.Request {
		r, err := http.NewRequest(http.MethodPost, s.url+"/widget/v1/files?key="+o.Key+"&id="+uuid.NewString()+"&name=a.txt", strings.NewReader("A file"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", "https://shop.example")
		r.Header.Set("Authorization", "Bearer "+v.token)
		return r
	}())
	if err != nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("a blocked visitor sends a file: %v %v", err, res.StatusCode)
	}
	list, err := s.chat.Blocks(ctx, supervisor)
	if err != nil || len(list) != 3 {
		t.Fatal(list, err)
	}
	for _, b := range list {
		if err := s.chat.DropBlock(ctx, supervisor, b.ID); err != nil {
			t.Fatal(err)
		}
	}
	newVisitor(t, s, o, "").say("All may again")
}

// pageOf serves a page with the two lines, something in its head, and something in its body.
func pageOf(t testing.TB, s *server, key, html, head, body string) string {
	t.Helper()
	return serveHandler(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!DOCTYPE html><html %s><head><title>A page</title><meta name="viewport" content="width=device-width, initial-scale=1">%s
<script async src="%s/widget.js" data-key="%s"></script>
<link rel="stylesheet" href="%s/widget.css"></head><body>%s</body></html>`, html, head, s.url, key, s.url, body)
	}))
}

// On hostile pages, in other languages, on phones: it looks and works as it should.
func TestBrowserWidgetEverywhere(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	settle(t, s, o, func(x *org.Settings) {
		x.Zone = "Europe/Berlin"
		x.Greetings = []org.Greeting{{Text: "Guten Tag! Wie können wir helfen?", Language: "de", Status: "Wir antworten meist in wenigen Minuten"}, {Text: "مرحبا! كيف يمكننا مساعدتك؟", Language: "ar"},
			{Text: "Help for the checkout", Page: "/checkout"}, {Text: "Nobody says this", States: []org.Presence{org.Online}, From: "08:00", To: "08:01", Days: []int{1}}}
		x.Texts = map[string]map[string]string{"de": {"write": "Ihre Frage …"}}
		x.Look.Color = "#7a1fa2"
	})
	b := apptest.NewTab(t)
	at := func() [4]float64 {
		return apptest.Eval[[4]float64](b, `(() => { const r = `+inChat(".launcher")+`.getBoundingClientRect(); return [r.left, r.top, innerWidth - r.right, innerHeight - r.bottom]; })()`)
	}

	// A page that undoes everything of all its elements and adds to what scripts build on.
	b.Size(1280, 800, false)
	b.Go(pageOf(t, s, o.Key, `lang="de"`, `<style>* { all: unset; color: red; position: static; display: block; font: 40px serif; opacity: .9 } div { transform: rotate(3deg) }</style>
		<script>Object.defineProperty(crypto, "randomUUID", { value: undefined }); Array.prototype.evil = function () {}; Array.prototype.toJSON = function () { return "[]"; }; Object.defineProperty(Object.prototype, "wicked", { value: 1, enumerable: true, configurable: true, writable: true }); document.write("<p>written</p>");</script>`, "<h1>Everything is undone</h1>"))
	b.Wait(`$("chat .launcher") && $("chat .launcher").getClientRects().length`)
	if p := at(); p[2] != 20 || p[3] != 20 {
		t.Errorf("on a hostile page the launcher is %v pixels from the corner", p)
	}
	b.Click("chat .launcher")
	b.Wait(`text("chat .greeting") === "Guten Tag! Wie können wir helfen?"`)
	b.Wait(`text("chat .status") === "Wir antworten meist in wenigen Minuten"`)
	if got := apptest.Eval[string](b, inChat(".composer textarea")+".placeholder"); got != "Ihre Frage …" {
		t.Errorf("the text of the website's own is %q", got)
	}
	if got := apptest.Eval[string](b, `getComputedStyle(`+inChat(".greeting")+`).color + getComputedStyle(`+inChat(".panel")+`).transform`); strings.Contains(got, "255, 0, 0") {
		t.Errorf("the page's styles reach into the panel: %s", got)
	}
	b.Type("chat .composer textarea", "Hallo"+kb.Enter)
	b.Wait(`$("chat .message.visitor:not(.pending)")`)
	b.Wait(`text("chat .status") !== ""`)
	pictured(t, b, "hostile-german") // axe-core itself does not run here
	for _, line := range b.Console() {
		t.Errorf("on the console: %s", line)
	}
	give(b, inChat(".panel"), "drop", "kanne.png", "image/png", pngOf(640, 480))
	b.Wait(`$("chat .file img")?.naturalWidth === 640 && $("chat .file img").width === 240`)
	give(b, inChat(".panel"), "drop", "brief.html", "text/html", []byte("<!DOCTYPE html><p>Hallo"))
	b.Wait(`$("chat .progress")?.innerText.includes("Diese Art von Datei kann hier nicht gesendet werden.")`)

	// From right to left, on a phone, in the dark.
	b = apptest.NewTab(t)
	b.Size(390, 780, true)
	b.Go(pageOf(t, s, o.Key, `lang="ar" dir="rtl"`, "", "<h1>متجر</h1>"))
	b.Wait(`$("chat .launcher") && $("chat .launcher").getClientRects().length`)
	if p := at(); p[0] != 20 {
		t.Errorf("from right to left the launcher is %v pixels from the sides", p)
	}
	if label := apptest.Eval[string](b, inChat(".launcher")+`.getAttribute("aria-label")`); label != "فتح الدردشة" {
		t.Errorf("the launcher is called %q", label)
	}
	b.Click("chat .launcher")
	b.Wait(`text("chat .greeting").startsWith("مرحبا")`)
	b.Type("chat .composer textarea", "أين طردي؟"+kb.Enter)
	b.Wait(`$("chat .message.visitor:not(.pending)")`)
	if full := apptest.Eval[bool](b, `(() => { const r = `+inChat(".panel")+`.getBoundingClientRect(); return r.width === innerWidth && r.height === innerHeight; })()`); !full {
		t.Error("on a phone the panel does not fill the screen")
	}
	b.Accessible("arabic")
	pictured(t, b, "arabic-phone-dark")

	// The page's own script: what opens the chat, what it is told; and another page of the same site.
	settle(t, s, o, func(x *org.Settings) { x.Look = org.Look{Left: true, Own: ".help"} })
	b = apptest.NewTab(t)
	b.Size(1280, 800, false)
	b.Go(pageOf(t, s, o.Key, `lang="en"`, `<script>window.parley = function () { (parley.q = parley.q || []).push(arguments); }; window.told = [];
		for (const e of ["open", "close", "started", "message", "unread"]) parley("on", e, (x) => told.push(e)); parley("set", { plan: "Pro" });</script>`, `<button class="help">Ask us</button>`) + "/checkout/2")
	b.Wait(`document.getElementById("parley")`)
	time.Sleep(300 * time.Millisecond)
	if apptest.Eval[bool](b, inChat(".launcher")+".getClientRects().length > 0") {
		t.Error("the launcher shows, though the page has its own")
	}
	b.Click(".help")
	b.Wait(`text("chat .greeting") === "Help for the checkout"`)
	b.Wait(`told.join() === "open"`)
	b.Run(`history.pushState({}, "", "/thanks"); parley("close"); parley("start", { text: "Where is my order?" })`)
	b.Wait(`!$("chat .panel").hidden && $("chat .composer textarea").value === "Where is my order?"`)
	b.Click("chat .composer .send")
	b.Wait(`told.includes("started") && $("chat .message.visitor:not(.pending)")`)
	b.Run(`parley("dance")`)
	if c := b.Console(); len(c) != 1 || !strings.Contains(c[0], `there is no parley(`) {
		t.Errorf("the console says %q", c)
	}

	// An invitation comes once, and not again on the next page.
	settle(t, s, o, func(x *org.Settings) { x.Look, x.Invite = org.Look{}, org.Invite{Text: "Can we help you?", Scroll: 50} })
	page := pageOf(t, s, o.Key, `lang="en"`, "", `<div style="height: 3000px">Long</div>`)
	b = apptest.NewTab(t)
	b.Size(1280, 800, false)
	b.Go(page)
	b.Wait(`$("chat .launcher") && $("chat .launcher").getClientRects().length`)
	time.Sleep(300 * time.Millisecond)
	b.Run("scrollTo(0, 2000)")
	b.Wait(`text("chat .invite .words") === "Can we help you?"`)
	b.Accessible("invitation")
	pictured(t, b, "invitation")
	b.Reload()
	b.Wait(`$("chat .launcher") && $("chat .launcher").getClientRects().length`)
	time.Sleep(300 * time.Millisecond)
	b.Run("scrollTo(0, 2500)")
	time.Sleep(500 * time.Millisecond)
	if apptest.Eval[bool](b, "!!"+inChat(".invite")) {
		t.Error("the invitation came twice")
	}
	if stored := apptest.Eval[string](b, `Object.keys(localStorage).join() + document.cookie`); stored != "parley."+o.Key+".invited" {
		t.Errorf("stored before opening: %s", stored)
	}
}

// Who is logged in at the site is known in the chat, with what was said before; who logs out leaves nothing behind.
func TestBrowserKnownVisitor(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	if err := s.org.RenewIdentityKey(ctx, o.As(access.Manager), o.Website); err != nil {
		t.Fatal(err)
	}
	w, err := s.org.Website(ctx, o.As(access.Manager), o.Website)
	if err != nil {
		t.Fatal(err)
	}
	signed := func(sub, id string) string {
		text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": sub, "name": "Anna", "exp": time.Now().Add(time.Hour).Unix(), "jti": id}).SignedString([]byte(w.IdentityKey))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	page := pageOf(t, s, o.Key, `lang="en"`, "", "<h1>Shop</h1>")
	b := apptest.NewTab(t)
	openChat(b, page)
	b.Type("chat .composer textarea", "I am nobody yet"+kb.Enter)
	b.Wait(`$("chat .message.visitor:not(.pending)")`)
	b.Run(`parley("identify", "` + signed("anna", "1") + `")`)
	b.Wait(`$("chat .message.visitor:not(.pending)") && JSON.parse(localStorage.getItem("parley.` + o.Key + `")).signed`)
	if _, err := s.queue.Take(ctx, o.As(access.Agent), "Mia", uuid.MustParse(onlyConversation(t, s, o))); err != nil {
		t.Fatal(err)
	}
	b.Wait(`text("chat .status") === "Mia is here for you"`)
	b.Reload() // the page signs anew; once it forgets to
	b.Wait(`$("chat .message.visitor")`)
	b.Run(`parley("identify", "` + signed("anna", "2") + `")`)
	time.Sleep(500 * time.Millisecond)
	b.Type("chat .composer textarea", "Still me"+kb.Enter)
	b.Wait(`document.getElementById("parley").shadowRoot.querySelectorAll(".message.visitor:not(.pending)").length === 2`)

	other := apptest.NewTab(t).Another()
	other.Go(page)
	other.Wait(`document.getElementById("parley")`)
	other.Run(`localStorage.clear(); sessionStorage.clear(); parley("identify", "` + signed("anna", "3") + `")`)
	other.Click("chat .launcher")
	other.Wait(`document.getElementById("parley").shadowRoot.querySelectorAll(".message.visitor").length === 2`)
	third := other.Another() // a second tab of the same browser
	third.Go(page)
	third.Wait(`document.getElementById("parley") && document.getElementById("parley").shadowRoot.querySelectorAll(".message.visitor").length === 2`)
	other.Type("chat .composer textarea", "my card is 4111")
	other.Run(`parley("set", { plan: "Anna's" }); parley("identify", null)`)
	other.Wait(`$("chat .composer textarea").value === "" && !sessionStorage.getItem("parley.` + o.Key + `.trail")?.includes("/secret") && JSON.stringify(parleyChat.data) === "{}"`)
	third.Wait(`!document.getElementById("parley").shadowRoot.querySelector(".message")`)
	other.Wait(`!document.getElementById("parley").shadowRoot.querySelector(".message") && !(JSON.parse(localStorage.getItem("parley.` + o.Key + `")) || {}).conversation`)
	if around, err := s.chat.Around(ctx, o.As(access.Agent), uuid.MustParse(onlyConversation(t, s, o))); err != nil || around.Name != "Anna" {
		t.Errorf("the agent knows %+v %v", around, err)
	}
	// The shop's session has lapsed, and the next person logs in without anybody having logged out.
	b.Type("chat .composer textarea", "my secret")
	b.Run(`parley("identify", "` + signed("ben", "4") + `")`)
	b.Wait(`!document.getElementById("parley").shadowRoot.querySelector(".message") && $("chat .composer textarea").value === ""`)
	b.Type("chat .composer textarea", "I am Ben"+kb.Enter)
	b.Wait(`document.getElementById("parley").shadowRoot.querySelectorAll(".message.visitor:not(.pending)").length === 1`)
	if around, err := s.chat.Around(ctx, o.As(access.Agent), uuid.MustParse(apptest.Eval[string](b, `JSON.parse(localStorage.getItem("parley.`+o.Key+`")).conversation`))); err != nil || len(around.Earlier) != 0 || around.Email != "" {
		t.Errorf("of Ben the agent knows %+v %v", around, err)
	}
}

// Where a website asks for it, a new visitor's browser does some work first, and its person notices nothing.
func TestBrowserProofOfWork(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	settle(t, s, o, func(x *org.Settings) { x.Proof = true })
	p := openRaw(t, s, o, "")
	p.put(`{"type":"hello","protocol":1}`)
	if _, refused := p.welcomed(); refused != "work" {
		t.Errorf("without work: %q", refused)
	}
	b := apptest.NewTab(t)
	openChat(b, pageOf(t, s, o.Key, `lang="en"`, "", ""))
	b.Type("chat .composer textarea", "Hello"+kb.Enter)
	b.Wait(`$("chat .message.visitor:not(.pending)")`)
	b.Reload()
	b.Wait(`$("chat .message.visitor:not(.pending)")`)
}

// The agent's picture, as this customer's visitors see it.
func TestBrowserAgentsPicture(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	manager := apptest.NewTab(t)
	manager.LogIn(s.url, o.Users[access.Manager].Email, apptest.Password, "/admin/people/"+o.As(access.Agent).ID().String())
	manager.Wait(`$("[name^=picture-]")`)
	manager.Run(`{ const data = new DataTransfer(); data.items.add(new File([Uint8Array.from(atob("` + base64.StdEncoding.EncodeToString(pngOf(40, 40)) + `"), (c) => c.charCodeAt(0))], "mia.png", { type: "image/png" }));
		const field = document.querySelector("[name^=picture-]"); field.files = data.files; document.querySelector("[name^=alias-]").value = "Mia of the shop"; field.form.requestSubmit(); }`)
	manager.Wait(`$("img.face") && $("img.face").naturalWidth === 40`)
	manager.Accessible("person")
	visitor := apptest.NewTab(t)
	openChat(visitor, pageOf(t, s, o.Key, `lang="en"`, "", ""))
	visitor.Type("chat .composer textarea", "Hello"+kb.Enter)
	visitor.Wait(`$("chat .message.visitor:not(.pending)")`)
	if _, err := s.queue.Take(ctx, o.As(access.Agent), "Mia", uuid.MustParse(onlyConversation(t, s, o))); err != nil {
		t.Fatal(err)
	}
	visitor.Wait(`text("chat .status") === "Mia of the shop is here for you" && $("chat .face").naturalWidth === 40 && $("chat .face").getClientRects().length`)
	visitor.Reload()
	visitor.Wait(`$("chat .face") && $("chat .face").naturalWidth === 40`)
}

// The second look that comes with it is another one altogether, and works.
func TestBrowserAnotherLook(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	look, err := os.ReadFile("../widget/themes/paper.css")
	if err != nil {
		t.Fatal(err)
	}
	page := serveHandler(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/paper.css" {
			w.Header().Set("Content-Type", "text/css")
			w.Write(look)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><head><title>A page</title><script async src="%s/widget.js" data-key="%s"></script>
<link rel="stylesheet" href="/paper.css" data-parley></head><body><h1>A bookshop</h1></body></html>`, s.url, o.Key)
	}))
	for _, size := range []int64{1280, 390} {
		b := apptest.NewTab(t)
		b.Size(size, 800, false)
		openChat(b, page)
		b.Type("chat .composer textarea", "Do you have letters?"+kb.Enter)
		b.Wait(`$("chat .message.visitor:not(.pending)")`)
		b.Accessible("paper")
		pictured(t, b, "paper-"+itoa(int(size)))
		if family := apptest.Eval[string](b, `getComputedStyle(`+inChat(".text")+`).fontFamily`); !strings.Contains(family, "Georgia") {
			t.Errorf("it is set in %s", family)
		}
	}
}

// The picture of the page: shown first, without what is in the fields, sent when the visitor says so.
func TestBrowserPictureOfThePage(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	settle(t, s, o, func(x *org.Settings) { x.Files.Shots = true })
	b := apptest.NewTab(t)
	b.Size(1280, 800, false)
	openChat(b, pageOf(t, s, o.Key, `lang="en"`, "", `<h1>Checkout</h1><p>Your card was refused.</p><form><label>Card <input value="4111 1111 1111 1111"></label></form>`))
	b.Click("chat .shot")
	b.Wait(`$("chat .sheet canvas")`)
	pictured(t, b, "picture-of-the-page")
	b.Click("chat .sheet .send")
	b.Wait(`$("chat .message.visitor .file img") && $("chat .message.visitor .file img").naturalWidth > 1000`)
}

// What managers set is what visitors get; the page shows it before it is saved, and keeps what was typed wrong.
func TestBrowserWidgetSettings(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	b := apptest.NewTab(t)
	b.Size(1280, 900, false)
	b.LogIn(s.url, o.Users[access.Manager].Email, apptest.Password, "/admin/websites/"+o.Website.String()+"/widget")
	stage := `document.querySelector("#stage > div").shadowRoot.querySelector`
	b.Wait(stage + `(".greeting").textContent === "Hello from ` + o.Name + `"`)
	b.Type(`[name="0-text"]`, "Good evening!")
	b.Run(`{ const set = (s, v) => { const e = document.querySelector(s); e.value = v; e.dispatchEvent(new Event("input", { bubbles: true })); };
		set('[name="0-from"]', "18:00"); set('[name="0-to"]', "08:00"); set("#see-at", "2026-11-23T19:30"); }`)
	b.Wait(stage + `(".greeting").textContent === "Good evening!"`)
	b.Run(`{ const e = document.querySelector("#see-at"); e.value = "2026-11-23T12:00"; e.dispatchEvent(new Event("input", { bubbles: true })); }`)
	b.Wait(stage + `(".greeting").textContent === "Hello from ` + o.Name + `"`)
	for _, size := range []int64{1280, 390} {
		b.Size(size, 900, size == 390)
		time.Sleep(300 * time.Millisecond) // transitions
		b.Accessible("widget settings")
		if over := apptest.Eval[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
			t.Errorf("%d pixels wider than the screen", over)
		}
		pictured(t, b, "settings-"+itoa(int(size)))
	}
	b.Size(1280, 900, false)
	b.Run(`document.querySelector("form[action$=greetings]").requestSubmit()`)
	b.Wait(`text(".notice.good")`)
	b.Wait(`document.querySelector('[name="0-from"]').value === "18:00"`)

	b.Run(`{ document.querySelector("#f-holidays").value = "Christmas"; document.querySelector('[name="1-text"]').value = "Merry Christmas"; document.querySelector("form[action$=greetings]").requestSubmit(); }`)
	b.Wait(`text("main").includes("“Christmas” is not a day")`)
	b.Wait(`document.querySelector("#f-holidays").value === "Christmas" && document.querySelector('[name="1-text"]').value === "Merry Christmas"`)
	b.Run(`{ document.querySelector("#f-texts").value = "de.wrote = Was möchten Sie wissen?"; document.querySelector("form[action$=texts]").requestSubmit(); }`)
	b.Wait(`text("form[action$=texts]").includes("has no text “wrote”") && document.querySelector("#f-texts").value.includes("de.wrote")`)
	b.Run(`document.querySelector("form[action$=texts] summary").click()`)
	b.Wait(`text("form[action$=texts] li").startsWith("open Open chat")`)
	pictured(t, b, "texts")
	b.Run(`document.querySelector("form[action$=identity]").requestSubmit()`)
	b.Wait(`text("#signing").includes("jsonwebtoken")`)
	b.Run(`document.querySelector('[name="1-text"]').value = "First of all"; document.querySelector('[name="1-place"]').value = 1; document.querySelector("#f-holidays").value = ""; document.querySelector("form[action$=greetings]").requestSubmit()`)
	b.Wait(`text(".notice.good") && document.querySelector('[name="0-text"]').value === "First of all" && document.querySelector('[name="1-text"]').value === "Good evening!"`)
	w, err := s.org.Website(context.Background(), o.As(access.Manager), o.Website)
	if err != nil || len(w.Settings.Greetings) != 2 || w.IdentityKey == "" {
		t.Errorf("kept: %+v %v", w.Settings, err)
	}
}

func newFile(name, text string) files.New {
	return files.New{ID: uuid.New(), Use: files.OfSnippet, Name: name, Bytes: []byte(text), Allowed: files.Sorts, Most: 1000}
}

func snippetWith(file uuid.UUID) faq.Snippet {
	return faq.Snippet{Name: "terms", Body: "Here are our terms.", File: file}
}

// welcome is what hello was answered with.
type welcome struct {
	Token        string
	Conversation *struct{ ID uuid.UUID }
}

// welcomed is the answer to hello: a welcome, or the code of a refusal.
func (r *rawSocket) welcomed() (w welcome, refused string) {
	r.t.Helper()
	frame := r.next()
	var code struct{ Type, Code string }
	if err := json.Unmarshal([]byte(frame), &code); err != nil {
		r.t.Fatal(err)
	}
	if code.Type == "refused" {
		return w, code.Code
	}
	if err := json.Unmarshal([]byte(frame), &w); err != nil {
		r.t.Fatal(err)
	}
	return w, ""
}
