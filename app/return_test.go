package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"parley/app/access"
	"parley/app/apptest"
	"parley/app/chat"
	"parley/app/files"
	"parley/app/org"
)

// useCode posts a mailed link's code as the widget does; from may be an address of the world.
func useCode(t testing.TB, s *server, key, from, code string) (status int, answer struct{ Token, Message, Reason string }) {
	t.Helper()
	status, header, body := postReturn(t, s, key, from, `{"code":"`+code+`"}`)
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatalf("%d %s: %v", status, body, err)
	}
	if header.Get("Access-Control-Allow-Origin") != "https://shop.example" {
		t.Errorf("the page may not read the answer %s", body)
	}
	if wait := header.Get("Retry-After"); (wait != "") != (status == http.StatusTooManyRequests) {
		t.Errorf("%d says to wait %q", status, wait)
	}
	return status, answer
}

// postReturn posts a body to where codes are taken.
func postReturn(t testing.TB, s *server, key, from, raw string) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, s.url+"/widget/v1/return?key="+key, strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "https://shop.example")
	if from != "" {
		req.Header.Set("X-Forwarded-For", from)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(body)
}

// newCode is the code that a letter to a visitor would carry.
func newCode(t testing.TB, s *server, o apptest.Org, visitor uuid.UUID) string {
	t.Helper()
	code, err := s.chat.NewCode(context.Background(), o.ID, o.Website, visitor)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// helloWith says hello with a token and returns what it is answered with.
func helloWith(t testing.TB, s *server, o apptest.Org, token string) (welcome, string) {
	t.Helper()
	p := openRaw(t, s, o, "")
	defer p.conn.Close()
	p.put(`{"type":"hello","protocol":1,"token":"` + token + `"}`)
	return p.welcomed()
}

// refusedCode checks that a code is refused in words that the widget has in its languages.
func refusedCode(t testing.TB, s *server, key, code, what string) {
	t.Helper()
	if status, answer := useCode(t, s, key, "", code); status != http.StatusNotFound || answer.Token != "" || answer.Message == "" || answer.Reason != "code" {
		t.Errorf("%s: %d %+v", what, status, answer)
	}
}

// A mailed link's code gives its conversation to whoever comes by it, with a file in it, and ends the access of whoever had it before:
// who sends the link to somebody else hears nothing. It works once.
func TestReturn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	before := newVisitor(t, s, o, "")
	before.say("Hello")
	who := access.Visitor(o.ID, o.Website, visitorID(t, before.token, o))
	in := newFile("a.txt", "Words")
	in.Use, in.Visitor = files.OfMessage, who.ID()
	file, err := s.files.Put(ctx, who, in)
	if err != nil {
		t.Fatal(err)
	}
	code := newCode(t, s, o, who.ID())
	status, got := useCode(t, s, o.Key, "", code)
	if status != http.StatusOK || got.Token == "" {
		t.Fatalf("by the link: %d %+v", status, got)
	}
	now := access.Visitor(o.ID, o.Website, visitorID(t, got.Token, o))
	if now.ID() == who.ID() {
		t.Error("who comes by the link is who was there before")
	}
	if err := s.files.Said(ctx, who, file.ID, uuid.MustParse(before.conversation)); err != nil { // it was on its way
		t.Error(err)
	}
	if _, err := s.files.Get(ctx, now, file.ID); err != nil {
		t.Errorf("the conversation's file: %v", err)
	}
	for {
		if _, err := before.Next(time.Now().Add(10 * time.Second)); err != nil {
			break // cut off
		}
	}
	if again, refused := helloWith(t, s, o, before.token); refused != "" || again.Conversation != nil {
		t.Errorf("who was there before has %+v %q", again, refused)
	}
	refusedCode(t, s, o.Key, code, "a code for the second time")
	if again, refused := helloWith(t, s, o, got.Token); refused != "" || again.Conversation == nil || again.Conversation.ID.String() != before.conversation {
		t.Errorf("with the token: %+v %q", again, refused)
	}
}

// Every mail has its own code. After one was used, the others lead to the conversation all the same, also when two are used at once.
func TestReturnByTwoMails(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	v := newVisitor(t, s, o, "")
	v.say("Hello")
	who := visitorID(t, v.token, o)
	older, newer, third := newCode(t, s, o, who), newCode(t, s, o, who), newCode(t, s, o, who)
	for _, code := range []string{newer, older} {
		status, got := useCode(t, s, o.Key, "", code)
		if status != http.StatusOK {
			t.Fatalf("%d %+v", status, got)
		}
		if back, refused := helloWith(t, s, o, got.Token); refused != "" || back.Conversation == nil || back.Conversation.ID.String() != v.conversation {
			t.Errorf("%+v %q", back, refused)
		}
		v.token = got.Token
	}
	fourth := newCode(t, s, o, visitorID(t, v.token, o))
	tokens := make(chan string, 2)
	var both sync.WaitGroup
	for _, code := range []string{third, fourth} {
		both.Go(func() {
			if status, got := useCode(t, s, o.Key, "", code); status != http.StatusOK {
				t.Errorf("two mails at once: %d %+v", status, got)
			} else {
				tokens <- got.Token
			}
		})
	}
	both.Wait()
	close(tokens)
	lead := 0
	for token := range tokens {
		if back, _ := helloWith(t, s, o, token); back.Conversation != nil {
			lead++
		}
	}
	if lead != 1 {
		t.Errorf("%d of two visitors have the conversation", lead)
	}
}

// Of many posts of one code at once, one wins.
func TestReturnAtOnce(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	servers := []*server{serveTest(t, nil), serveTest(t, nil)}
	v := newVisitor(t, servers[0], o, "")
	v.say("Hello")
	code := newCode(t, servers[0], o, visitorID(t, v.token, o))
	won := make(chan string, 10)
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			switch status, got := useCode(t, servers[i%2], o.Key, "", code); status {
			case http.StatusOK:
				won <- got.Token
			case http.StatusNotFound:
			default:
				t.Errorf("%d %+v", status, got)
			}
		})
	}
	all.Wait()
	if len(won) != 1 {
		t.Fatalf("%d of 10 posts of one code were answered with a token", len(won))
	}
	if back, refused := helloWith(t, servers[0], o, <-won); refused != "" || back.Conversation == nil {
		t.Errorf("%+v %q", back, refused)
	}
}

// A socket takes visitors' tokens and nothing else: no code, and no signed link of earlier mails. The code's address takes codes and
// nothing else: no visitor's token.
func TestTokensAndCodesAreApart(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	v := newVisitor(t, s, o, "")
	v.say("Hello")
	who := visitorID(t, v.token, o)
	code := newCode(t, s, o, who)
	// As they were signed: the token's bytes, with a key derived for links.
	raw, err := base64.RawURLEncoding.DecodeString(v.token)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, chat.NewTokens(testSecret).Derive("link"))
	mac.Write(raw[:len(raw)-16])
	link := base64.RawURLEncoding.EncodeToString(append(raw[:len(raw)-16:len(raw)-16], mac.Sum(nil)[:16]...))
	for what, token := range map[string]string{"a code": code, "a former link": link} {
		if got, refused := helloWith(t, s, o, token); refused != "unauthenticated" {
			t.Errorf("hello with %s: %+v %q", what, got, refused)
		}
	}
	for what, wrong := range map[string]string{"a visitor's token": v.token, "a former link": link, "nothing": "",
		"a code that never was": strings.Repeat("A", 27), "a code cut off": code[:20]} {
		refusedCode(t, s, o.Key, wrong, what)
	}
	if status, answer := useCode(t, s, o.Key, "", code); status != http.StatusOK {
		t.Errorf("the code was used up: %d %+v", status, answer)
	}
}

// A code is good on its own website only, until it expires; the database has nothing but its hash, and only for the system.
func TestCodesAreBound(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o, other := apptest.NewOrg(t), apptest.NewOrg(t)
	s := serveTest(t, nil)
	v := newVisitor(t, s, o, "")
	v.say("Hello")
	code := newCode(t, s, o, visitorID(t, v.token, o))
	id, err := s.org.AddWebsite(ctx, o.As(access.Owner), o.Customer, org.NewWebsite{Name: "Another", Host: "shop.example"})
	if err != nil {
		t.Fatal(err)
	}
	another, err := s.org.Website(ctx, o.As(access.Owner), id)
	if err != nil {
		t.Fatal(err)
	}
	refusedCode(t, s, another.Key, code, "on another website")
	refusedCode(t, s, other.Key, code, "in another organization")

	var row string
	var hash []byte
	system := s.db.As(access.System(o.ID, "test"))
	if err := system.QueryRow(ctx, "select x::text, hash from visitor_codes x").Scan(&row, &hash); err != nil {
		t.Fatal(err)
	}
	want := sha256.Sum256([]byte(code))
	secret, err := base64.RawURLEncoding.DecodeString(code)
	if err != nil || len(secret) != 20 {
		t.Fatalf("a code of %d bytes, %v", len(secret), err)
	}
	if !bytes.Equal(hash, want[:]) || strings.Contains(row, code) || bytes.Contains(hash, secret) {
		t.Errorf("the database has %s", row)
	}
	for _, who := range []access.Actor{o.As(access.Owner), o.As(access.Agent), access.Visitor(o.ID, o.Website, visitorID(t, v.token, o))} {
		var n int
		if err := s.db.As(who).QueryRow(ctx, "select count(*) from visitor_codes").Scan(&n); err != nil || n != 0 {
			t.Errorf("%s sees %d codes, %v", who.Role(), n, err)
		}
	}

	old := base64.RawURLEncoding.EncodeToString(bytes.Repeat([]byte{7}, 20))
	sum := sha256.Sum256([]byte(old))
	if _, err := system.Exec(ctx, `insert into visitor_codes (org_id, hash, website_id, visitor_id, expires_at)
		select org_id, $1, website_id, visitor_id, now() - interval '1 second' from visitor_codes`, sum[:]); err != nil {
		t.Fatal(err)
	}
	refusedCode(t, s, o.Key, old, "a code that has expired")
	next := newCode(t, s, o, visitorID(t, v.token, o)) // and forgets those that have expired
	var n int
	if err := system.QueryRow(ctx, "select count(*) from visitor_codes").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d codes are stored, %v", n, err)
	}
	for _, good := range []string{code, next} {
		if status, answer := useCode(t, s, o.Key, "", good); status != http.StatusOK {
			t.Errorf("%d %+v", status, answer)
		}
	}
}

// A visitor whom the site has signed stays itself. A code whose conversations have become another's leads to nothing.
func TestReturnOfAKnownVisitor(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	v := newVisitor(t, s, o, "")
	v.say("Hello")
	nobody := access.Visitor(o.ID, o.Website, visitorID(t, v.token, o))
	before := newCode(t, s, o, nobody.ID())
	known, err := s.chat.Identify(ctx, o.ID, o.Website, nobody, chat.Claims{Subject: "customer-7", Until: time.Now().Add(time.Hour)}, "signed", "")
	if err != nil {
		t.Fatal(err)
	}
	refusedCode(t, s, o.Key, before, "the code of who was nobody")
	refusedCode(t, s, o.Key, newCode(t, s, o, known.ID()), "a code of whom the site signs in")
}

// Whoever is blocked stays blocked, whatever link it comes by.
func TestReturnOfABlockedVisitor(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	v := newVisitor(t, s, o, "")
	v.say("Hello")
	code := newCode(t, s, o, visitorID(t, v.token, o))
	if err := s.chat.AddBlock(ctx, o.As(access.Supervisor), chat.Block{Visitor: visitorID(t, v.token, o), Reason: "Harm"}); err != nil {
		t.Fatal(err)
	}
	status, got := useCode(t, s, o.Key, "", code)
	if status != http.StatusOK {
		t.Fatalf("%d %+v", status, got)
	}
	p := openRaw(t, s, o, "")
	p.put(`{"type":"hello","protocol":1,"token":"` + got.Token + `"}`)
	if answer := p.next(); !strings.Contains(answer, `"reason":"blocked"`) {
		t.Errorf("hello of a blocked visitor who came by a link: %s", answer)
	}
}

// Codes are not guessed: what comes from one network is limited, and a client is told when to try again.
func TestReturnIsLimited(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	s := serveTest(t, func(c *config) { c.Limits.Requests.ASecond, c.Limits.Requests.AtOnce = 0.001, 3 })
	v := newVisitor(t, s, o, "")
	v.say("Hello")
	for range 3 {
		if status, answer := useCode(t, s, o.Key, "203.0.113.7", strings.Repeat("A", 27)); status != http.StatusNotFound {
			t.Errorf("%d %+v", status, answer)
		}
	}
	code := newCode(t, s, o, visitorID(t, v.token, o))
	if status, answer := useCode(t, s, o.Key, "203.0.113.7", code); status != http.StatusTooManyRequests || answer.Reason != "busy" {
		t.Errorf("%d %+v", status, answer)
	}
	if status, answer := useCode(t, s, o.Key, "203.0.113.8", code); status != http.StatusOK {
		t.Errorf("from another network: %d %+v", status, answer)
	}
}

// used reports whether a code was used up.
func used(t testing.TB, s *server, o apptest.Org, code string) bool {
	t.Helper()
	hash := sha256.Sum256([]byte(code))
	var at *time.Time
	err := s.db.As(access.System(o.ID, "test")).QueryRow(context.Background(), "select used_at from visitor_codes where hash = $1", hash[:]).Scan(&at)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		t.Fatal(err)
	}
	return at != nil
}

// openByLink opens a mailed link and waits until its panel is open by itself and waits for a person.
func openByLink(b *apptest.Tab, link string) {
	b.T.Helper()
	b.Go(link)
	b.Wait(`$("chat .panel") && !$("chat .panel").hidden`)
	b.Wait(`performance.getEntriesByType("resource").some((e) => e.name.includes("/widget/mailedLink-"))`)
}

// codeSent is an expression: the page has sent a code.
const codeSent = `performance.getEntriesByType("resource").some((e) => e.name.includes("/widget/v1/"+"return"))`

// A mailed link is not used up by who fetches the page, nor by a program that runs the page's scripts; a person's first move uses it,
// once. What is typed meanwhile goes into the conversation.
func TestBrowserReturn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	v := newVisitor(t, s, o, "")
	v.say("Where is my parcel?")
	conversation := uuid.MustParse(v.conversation)
	if _, err := s.queue.Take(ctx, o.As(access.Agent), "Mia", conversation); err != nil {
		t.Fatal(err)
	}
	if _, err := s.chat.SayAsAgent(ctx, o.As(access.Agent), conversation, uuid.New(), chat.Text, "It left us today."); err != nil {
		t.Fatal(err)
	}
	code := newCode(t, s, o, visitorID(t, v.token, o))
	page := customerPage(t, s.url, o.Key)
	link := page + "/?from=mail#parley=" + code
	for _, address := range []string{link, s.url + "/widget/v1/return?key=" + o.Key + "&code=" + code} { // as scanners do
		res, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	program := apptest.NewTab(t)
	openByLink(program, link)
	program.Run(`for (const type of ["pointerdown", "pointermove", "touchstart", "wheel", "scroll", "keydown", "click"]) {
			window.dispatchEvent(new Event(type));
			document.body.dispatchEvent(new Event(type, { bubbles: true }));
		}
		document.body.style.height = "5000px";
		window.scrollTo(0, 500);
		document.querySelector("h1").click();
		document.getElementById("parley").shadowRoot.querySelector("textarea").click();
		await new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))`)
	if apptest.Eval[bool](program, codeSent) || used(t, s, o, code) {
		t.Error("a program has used the code up")
	}
	if shown := apptest.Eval[int](program, `document.getElementById("parley").shadowRoot.querySelectorAll(".message").length`); shown != 0 {
		t.Error("a program sees the conversation")
	}
	program.Go("about:blank")

	person := apptest.NewTab(t)
	openByLink(person, link)
	if at := apptest.Eval[string](person, "location.search + location.hash"); at != "?from=mail" {
		t.Errorf("the address is %s", at)
	}
	person.Click("h1")
	person.Wait(`$("chat .message.agent")?.innerText.includes("It left us today.")`)
	if !used(t, s, o, code) {
		t.Error("the code was not used up")
	}
	person.Type("chat .composer textarea", "Thank you!\r")
	person.Wait(`[...document.getElementById("parley").shadowRoot.querySelectorAll(".message.visitor:not(.pending)")].length === 2`)
	if id := onlyConversation(t, s, o); id != v.conversation {
		t.Errorf("a conversation %s has begun", id)
	}
	person.Go("about:blank")
	person.Go(link) // in the browser that has the conversation, the link shows it again
	person.Click("h1")
	person.Wait(`[...document.getElementById("parley").shadowRoot.querySelectorAll(".message")].length === 3`)
	if apptest.Eval[bool](person, codeSent) {
		t.Error("a browser that has the conversation asks for it")
	}

	// On another device it is used up: the panel says so, and goes on as an ordinary chat with what was typed.
	late := apptest.NewTab(t)
	openByLink(late, link)
	late.Type("chat .composer textarea", "Is anybody there?\r")
	late.Wait(`text("chat .log").includes("This link was used before or has expired.")`)
	late.Wait(`$("chat .message.visitor:not(.pending)")?.innerText.includes("Is anybody there?")`)
	late.Wait(`!text("chat .log").includes("It left us today.") && text("chat .log").includes("This link was used before")`)
	late.Accessible("used link")
	pictured(t, late, "used-link")
	messages, err := s.chat.After(ctx, o.As(access.Agent), conversation, 0)
	if err != nil || len(messages) != 4 {
		t.Errorf("the conversation has %d messages (%v)", len(messages), err)
	}
}

// A visitor's token in an address is not taken: whoever opens it writes into a conversation of their own, and a conversation that
// the browser has stays.
func TestBrowserPlantedToken(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	page := customerPage(t, s.url, o.Key)
	attacker := newVisitor(t, s, o, "")
	attacker.say("I wait for whoever comes")
	planted := page + "/#parley=" + attacker.token

	fresh := apptest.NewTab(t)
	openByLink(fresh, planted)
	fresh.Type("chat .composer textarea", "My card number is 1234\r")
	fresh.Wait(`text("chat .log").includes("This link was used before or has expired.")`)
	fresh.Wait(`$("chat .message.visitor:not(.pending)")`)
	own := func(b *apptest.Tab) string {
		t.Helper()
		return apptest.Eval[string](b, `JSON.parse(localStorage.getItem("parley.`+o.Key+`")).token`)
	}
	if visitorID(t, own(fresh), o) == visitorID(t, attacker.token, o) || apptest.Eval[int](fresh, `document.getElementById("parley").shadowRoot.querySelectorAll(".message").length`) != 1 {
		t.Error("whoever opens a planted link writes into the attacker's conversation")
	}
	before := own(fresh)
	fresh.Go("about:blank")
	fresh.Go(page + "/#parley=" + newCode(t, s, o, visitorID(t, attacker.token, o))) // nor does a planted code end a conversation
	fresh.Click("h1")
	fresh.Wait(`$("chat .message.visitor:not(.pending)")?.innerText.includes("1234")`)
	if visitorID(t, own(fresh), o) != visitorID(t, before, o) {
		t.Error("a link has replaced the browser's conversation")
	}
	messages, err := s.chat.After(context.Background(), o.As(access.Agent), uuid.MustParse(attacker.conversation), 0)
	if err != nil || len(messages) != 1 {
		t.Errorf("the attacker's conversation has %d messages (%v)", len(messages), err)
	}
}

// A page whose fragment is its script's own shows the same after a mail's link: the code behind the fragment is gone, the script is told,
// and the way back through the history does not lead to it.
func TestBrowserReturnToAFragment(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	v := newVisitor(t, s, o, "")
	v.say("Where is my parcel?")
	page := customerPage(t, s.url, o.Key)
	for own, link := range map[string]string{"#/tea": "#/tea?parley=", "#/tea?sort=price": "#/tea?sort=price&parley=", "#top": "#top&parley="} {
		b := apptest.NewTab(t)
		code := newCode(t, s, o, visitorID(t, v.token, o))
		openByLink(b, page+"/?from=mail"+link+code)
		b.Wait(`location.hash === "` + own + `"`)
		if at := apptest.Eval[string](b, "location.search + location.hash + history.length"); at != "?from=mail"+own+apptest.Eval[string](b, "String(history.length)") || strings.Contains(at, code) {
			t.Errorf("the address is %s", at)
		}
		b.Click("h1")
		b.Wait(`$("chat .message.visitor")?.innerText.includes("Where is my parcel?")`)
		v.token = apptest.Eval[string](b, `JSON.parse(localStorage.getItem("parley.`+o.Key+`")).token`)
		b.Go("about:blank")
	}
}

// A network that is lost when the code is sent costs nothing: the panel says so, keeps what is typed and tries again.
func TestBrowserReturnWithoutNetwork(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	v := newVisitor(t, s, o, "")
	v.say("Where is my parcel?")
	network := newLink(t, s.url)
	b := apptest.NewTab(t)
	openByLink(b, customerPage(t, network.url, o.Key)+"/#parley="+newCode(t, s, o, visitorID(t, v.token, o)))
	network.set(true)
	b.Type("chat .composer textarea", "I am back\r")
	b.Wait(`text("chat .notice").includes("No connection") && $("chat .message.pending")`)
	network.set(false)
	b.Wait(`text("chat .log").includes("Where is my parcel?") && text("chat .log").includes("I am back") && !$("chat .message.pending")`)
	if id := onlyConversation(t, s, o); id != v.conversation {
		t.Errorf("a conversation %s has begun", id)
	}
}
