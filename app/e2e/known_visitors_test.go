package e2e

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/org"
	"parley/app/platform/access"
	"parley/app/tools/testkit"
)

// TestKnownVisitors shows that what a site signs about its visitor is believed once, until it expires; that the
// conversation so far becomes the visitor's; and that the visitor finds it on another device.
func TestKnownVisitors(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	if err := s.Org.RotateIdentityKey(ctx, o.As(access.Manager), o.Website); err != nil {
		t.Fatal(err)
	}
	w, err := s.Org.GetWebsite(ctx, o.As(access.Manager), o.Website)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(key, id string, until time.Time, method jwt.SigningMethod) string {
		t.Helper()
		return signVisitor(t, key, id, until, method)
	}
	soon := time.Now().Add(time.Hour)
	hello := func(token, identity string) (welcome, string) {
		t.Helper()
		p := openRaw(t, s, o, "")
		defer p.conn.Close()
		p.send(`{"type":"hello","protocol":1,"token":"` + token + `","identity":"` + identity + `"}`)
		return p.welcomed()
	}
	checkBadIdentities(t, w, sign, soon, hello)
	anonymous := newVisitor(t, s, o, "")
	anonymous.send("I am nobody yet")
	first, refused := hello(anonymous.token, sign(w.IdentityKey, "6", soon, jwt.SigningMethodHS256))
	if refused != "" || first.Token == "" || first.Conversation == nil || first.Conversation.ID.String() != anonymous.conversation {
		t.Fatalf("the talk did not become the visitor's: %+v %q", first, refused)
	}
	second, refused := hello("", sign(w.IdentityKey, "7", soon, jwt.SigningMethodHS256))
	if refused != "" || second.Conversation == nil || second.Conversation.ID.String() != anonymous.conversation {
		t.Errorf("on another device: %+v %q", second, refused)
	}
	if around, err := s.Conversations.GetDetails(ctx, o.As(access.Agent), uuid.MustParse(anonymous.conversation)); err != nil || around.Name != "Anna" || around.Email != "anna@home.example" {
		t.Errorf("the agent knows %+v %v", around, err)
	}
	// A visitor who was anonymous on a second device, and had ended a conversation there.
	other := newVisitor(t, s, o, "")
	other.send("Another talk")
	if err := s.Conversations.CloseByVisitor(ctx, access.Visitor(o.ID, o.Website, visitorID(t, other.token, o)),
		uuid.MustParse(other.conversation)); err != nil {
		t.Fatal(err)
	}
	again := sign(w.IdentityKey, "8", soon, jwt.SigningMethodHS256)
	if _, refused := hello(other.token, again); refused != "" {
		t.Fatal(refused)
	}
	if around, err := s.Conversations.GetDetails(ctx, o.As(access.Supervisor), uuid.MustParse(anonymous.conversation)); err != nil || len(around.Previous) != 1 || around.Previous[0].ID.String() != other.conversation {
		t.Errorf("the talks are not one visitor's: %+v %v", around.Previous, err)
	}
	if _, err := s.DB.As(access.System(o.ID, "test")).Exec(ctx, "update used_identity_tokens set at = at - interval '1 hour'"); err != nil {
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
	checkAnotherPerson(t, w, soon, hello, first.Token)
	if c, err := s.Conversations.Get(ctx, o.As(access.Agent), uuid.MustParse(anonymous.conversation)); err != nil || c.State != conversation.Waiting {
		t.Errorf("the former's talk is %v %v", c.State, err)
	}
}

// checkBadIdentities checks that wrong and expired signatures are refused.
func checkBadIdentities(t *testing.T, w org.Website, sign func(key string, id string, until time.Time, method jwt.SigningMethod) string, soon time.Time, hello func(token string, identity string) (welcome, string)) {
	t.Helper()
	for name, bad := range map[string]string{
		"another key":    sign("another key", "1", soon, jwt.SigningMethodHS256),
		"expired":        sign(w.IdentityKey, "2", time.Now().Add(-time.Hour), jwt.SigningMethodHS256),
		"for a month":    sign(w.IdentityKey, "3", time.Now().AddDate(0, 1, 0), jwt.SigningMethodHS256),
		"unsigned":       sign("", "4", soon, jwt.SigningMethodNone),
		"another method": sign(w.IdentityKey, "5", soon, jwt.SigningMethodHS512),
		"nonsense":       "x.y.z",
	} {
		if got, refused := hello("", bad); refused != "unauthenticated" {
			t.Errorf("%s: %+v %q", name, got, refused)
		}
	}
}

// TestBrowserKnownVisitor shows that who is logged in at the site is known in the chat, with the conversation from
// before, and that logging out leaves nothing behind.
func TestBrowserKnownVisitor(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	if err := s.Org.RotateIdentityKey(ctx, o.As(access.Manager), o.Website); err != nil {
		t.Fatal(err)
	}
	w, err := s.Org.GetWebsite(ctx, o.As(access.Manager), o.Website)
	if err != nil {
		t.Fatal(err)
	}
	signed := func(sub, id string) string {
		text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
			"sub":  sub,
			"name": "Anna",
			"exp":  time.Now().Add(time.Hour).Unix(),
			"jti":  id,
		}).SignedString([]byte(w.IdentityKey))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	page := newPage(t, s, o.Key, `lang="en"`, "", "<h1>Shop</h1>")
	b := testkit.NewTab(t)
	openChat(b, page)
	b.Type("chat .composer textarea", "I am nobody yet"+kb.Enter)
	b.Wait(`$("chat .message.visitor:not(.pending)")`)
	b.Run(`parley("identify", "` + signed("anna", "1") + `")`)
	b.Wait(`$("chat .message.visitor:not(.pending)") && JSON.parse(localStorage.getItem("parley.` + o.Key + `")).signed`)
	if _, err := s.Routing.Take(ctx, o.As(access.Agent), "Mia", uuid.MustParse(onlyConversation(t, s, o))); err != nil {
		t.Fatal(err)
	}
	b.Wait(`text("chat .status") === "Mia is here for you"`)
	b.Reload() // the page signs anew; once it forgets to
	b.Wait(`$("chat .message.visitor")`)
	b.Run(`parley("identify", "` + signed("anna", "2") + `")`)
	time.Sleep(500 * time.Millisecond)
	b.Type("chat .composer textarea", "Still me"+kb.Enter)
	b.Wait(`document.getElementById("parley").shadowRoot.querySelectorAll(".message.visitor:not(.pending)").length === 2`)

	other := testkit.NewTab(t).OpenAnother()
	other.Go(page)
	other.Wait(`document.getElementById("parley")`)
	other.Run(`localStorage.clear(); sessionStorage.clear(); parley("identify", "` + signed("anna", "3") + `")`)
	other.Click("chat .launcher")
	other.Wait(`document.getElementById("parley").shadowRoot.querySelectorAll(".message.visitor").length === 2`)
	third := other.OpenAnother() // a second tab of the same browser
	third.Go(page)
	third.Wait(
		`document.getElementById("parley") && document.getElementById("parley").shadowRoot.querySelectorAll(".message.visitor").length === 2`)
	other.Type("chat .composer textarea", "my card is 4111")
	other.Run(`parley("set", { plan: "Anna's" }); parley("identify", null)`)
	other.Wait(
		`$("chat .composer textarea").value === "" && !sessionStorage.getItem("parley.` + o.Key + `.trail")?.includes("/secret") && JSON.stringify(parleyChat.data) === "{}"`)
	third.Wait(`!document.getElementById("parley").shadowRoot.querySelector(".message")`)
	other.Wait(
		`!document.getElementById("parley").shadowRoot.querySelector(".message") && !(JSON.parse(localStorage.getItem("parley.` + o.Key + `")) || {}).conversation`)
	if around, err := s.Conversations.GetDetails(ctx, o.As(access.Agent), uuid.MustParse(onlyConversation(t, s, o))); err != nil || around.Name != "Anna" {
		t.Errorf("the agent knows %+v %v", around, err)
	}
	// The shop's session has lapsed, and the next person logs in without anybody having logged out.
	b.Type("chat .composer textarea", "my secret")
	b.Run(`parley("identify", "` + signed("ben", "4") + `")`)
	b.Wait(`!document.getElementById("parley").shadowRoot.querySelector(".message") && $("chat .composer textarea").value === ""`)
	b.Type("chat .composer textarea", "I am Ben"+kb.Enter)
	b.Wait(`document.getElementById("parley").shadowRoot.querySelectorAll(".message.visitor:not(.pending)").length === 1`)
	if around, err := s.Conversations.GetDetails(ctx, o.As(access.Agent),
		uuid.MustParse(testkit.Eval[string](b, `JSON.parse(localStorage.getItem("parley.`+o.Key+`")).conversation`))); err != nil || len(around.Previous) != 0 || around.Email != "" {
		t.Errorf("of Ben the agent knows %+v %v", around, err)
	}
}

// welcome is what hello was answered with.
type welcome struct {
	Token        string
	Conversation *struct{ ID uuid.UUID }
}

// welcomed returns the answer to hello: a welcome, or the code of a refusal.
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

// signVisitor returns what a site signs about its visitor Anna: id is the token's, not the visitor's.
func signVisitor(t *testing.T, key, id string, until time.Time, method jwt.SigningMethod) string {
	t.Helper()
	var secret any = []byte(key)
	if method == jwt.SigningMethodNone {
		secret = jwt.UnsafeAllowNoneSignatureType
	}
	text, err := jwt.NewWithClaims(method, jwt.MapClaims{
		"sub":   "customer-7",
		"name":  "Anna",
		"email": "anna@home.example",
		"exp":   until.Unix(),
		"jti":   id,
	}).SignedString(secret)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// checkAnotherPerson logs another person in at the same browser: the former's conversation goes on, and is not the other's.
func checkAnotherPerson(
	t *testing.T, w org.Website, soon time.Time, hello func(token, identity string) (welcome, string), token string,
) {
	t.Helper()
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": "customer-8",
		"exp": soon.Unix(),
		"jti": "9",
	}).SignedString([]byte(w.IdentityKey))
	if err != nil {
		t.Fatal(err)
	}
	if got, refused := hello(token, signed); refused != "" || got.Conversation != nil {
		t.Errorf("another person: %+v %q", got, refused)
	}
}
