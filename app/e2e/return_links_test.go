package e2e

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

	"parley/app/domain/files"
	"parley/app/domain/org"
	"parley/app/domain/visitor"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// useCode posts a mailed link's code as the widget does; from may be an address outside.
func useCode(t testing.TB, s *serve.Server, key, from, code string) (status int, answer struct{ Token, Message, Reason string }) {
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

// postReturn posts a body to the route that takes codes.
func postReturn(t testing.TB, s *serve.Server, key, from, raw string) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, s.URL+"/widget/v1/return?key="+key, strings.NewReader(raw))
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

// newCode returns the code that a mail to a visitor would carry.
func newCode(t testing.TB, s *serve.Server, o testkit.Org, visitor uuid.UUID) string {
	t.Helper()
	code, err := s.Visitors.CreateReturnCode(context.Background(), o.ID, o.Website, visitor)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// helloWith sends hello with a token and returns the answer.
func helloWith(t testing.TB, s *serve.Server, o testkit.Org, token string) (welcome, string) {
	t.Helper()
	p := openRaw(t, s, o, "")
	defer p.conn.Close()
	p.send(`{"type":"hello","protocol":1,"token":"` + token + `"}`)
	return p.welcomed()
}

// refusedCode checks that a code is refused with a reason that the widget has in its languages.
func refusedCode(t testing.TB, s *serve.Server, key, code, what string) {
	t.Helper()
	if status, answer := useCode(t, s, key, "", code); status != http.StatusNotFound || answer.Token != "" ||
		answer.Message == "" || answer.Reason != "code" {
		t.Errorf("%s: %d %+v", what, status, answer)
	}
}

// TestReturnLink shows that a mailed link's code gives its conversation to whoever opens it, with a file in it, and
// ends the access of whoever had it before: who sends the link on receives nothing more. It works once.
func TestReturnLink(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	before := newVisitor(t, s, o, "")
	before.send("Hello")
	who := access.Visitor(o.ID, o.Website, visitorID(t, before.token, o))
	in := newFile("a.txt", "Words")
	in.Purpose, in.Visitor = files.ForMessage, who.ID()
	file, err := s.Files.Put(ctx, who, in)
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
	if err := s.Files.AttachToConversation(ctx, who, file.ID, uuid.MustParse(before.conversation)); err != nil { // it was on its way
		t.Error(err)
	}
	if _, err := s.Files.Get(ctx, now, file.ID); err != nil {
		t.Errorf("the conversation's file: %v", err)
	}
	for {
		if _, err := before.Next(time.Now().Add(testkit.Patience)); err != nil {
			break // cut off
		}
	}
	if again, refused := helloWith(t, s, o, before.token); refused != "" || again.Conversation != nil {
		t.Errorf("who was there before has %+v %q", again, refused)
	}
	refusedCode(t, s, o.Key, code, "a code for the second time")
	if again, refused := helloWith(t, s, o, got.Token); refused != "" || again.Conversation == nil ||
		again.Conversation.ID.String() != before.conversation {
		t.Errorf("with the token: %+v %q", again, refused)
	}
}

// TestReturnLinksOfTwoMails shows that every mail has its own code: after one was used, the others lead to the
// conversation all the same, also when two are used at once.
func TestReturnLinksOfTwoMails(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	v := newVisitor(t, s, o, "")
	v.send("Hello")
	who := visitorID(t, v.token, o)
	older, newer, third := newCode(t, s, o, who), newCode(t, s, o, who), newCode(t, s, o, who)
	for _, code := range []string{newer, older} {
		status, got := useCode(t, s, o.Key, "", code)
		if status != http.StatusOK {
			t.Fatalf("%d %+v", status, got)
		}
		if back, refused := helloWith(t, s, o, got.Token); refused != "" || back.Conversation == nil ||
			back.Conversation.ID.String() != v.conversation {
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

// TestReturnLinkUsedAtOnce shows that of many posts of one code at once, one wins.
func TestReturnLinkUsedAtOnce(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	servers := []*serve.Server{startServer(t, nil), startServer(t, nil)}
	v := newVisitor(t, servers[0], o, "")
	v.send("Hello")
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

// TestTokensAreNotCodes shows that a socket takes visitors' tokens only, neither codes nor signed links of earlier
// mails, and that the code's route takes codes only, no visitor's token.
func TestTokensAreNotCodes(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	v := newVisitor(t, s, o, "")
	v.send("Hello")
	who := visitorID(t, v.token, o)
	code := newCode(t, s, o, who)
	// As they were signed: the token's bytes, with a key derived for links.
	raw, err := base64.RawURLEncoding.DecodeString(v.token)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, visitor.NewTokens(testSecret).DeriveKey("link"))
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

// TestReturnCodesAreBound shows that a code is good on its own website only, until it expires, and that the database
// has only its hash, readable by the system only.
func TestReturnCodesAreBound(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o, other := testkit.NewOrg(t), testkit.NewOrg(t)
	s := startServer(t, nil)
	v := newVisitor(t, s, o, "")
	v.send("Hello")
	code := newCode(t, s, o, visitorID(t, v.token, o))
	id, err := s.Org.AddWebsite(ctx, o.As(access.Owner), o.Customer, org.WebsiteInput{Name: "Another", Host: "shop.example"})
	if err != nil {
		t.Fatal(err)
	}
	another, err := s.Org.GetWebsite(ctx, o.As(access.Owner), id)
	if err != nil {
		t.Fatal(err)
	}
	refusedCode(t, s, another.Key, code, "on another website")
	refusedCode(t, s, other.Key, code, "in another organization")

	var row string
	var hash []byte
	system := s.DB.As(access.System(o.ID, "test"))
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
		if err := s.DB.As(who).QueryRow(ctx, "select count(*) from visitor_codes").Scan(&n); err != nil || n != 0 {
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

// TestReturnOfKnownVisitor shows that a visitor whom the site has signed in stays itself, and that a code whose
// conversations have become another's leads to nothing.
func TestReturnOfKnownVisitor(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	v := newVisitor(t, s, o, "")
	v.send("Hello")
	nobody := access.Visitor(o.ID, o.Website, visitorID(t, v.token, o))
	before := newCode(t, s, o, nobody.ID())
	known, err := s.Conversations.Identify(ctx, o.ID, o.Website, nobody,
		visitor.IdentityClaims{Subject: "customer-7", ExpiresAt: time.Now().Add(time.Hour)}, "signed", "")
	if err != nil {
		t.Fatal(err)
	}
	refusedCode(t, s, o.Key, before, "the code of who was nobody")
	refusedCode(t, s, o.Key, newCode(t, s, o, known.ID()), "a code of whom the site signs in")
}

// TestReturnOfBlockedVisitor shows that whoever is blocked stays blocked, whatever link is used.
func TestReturnOfBlockedVisitor(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	v := newVisitor(t, s, o, "")
	v.send("Hello")
	code := newCode(t, s, o, visitorID(t, v.token, o))
	if err := s.Visitors.AddBlock(ctx, o.As(access.Supervisor), visitor.Block{
		Visitor: visitorID(t, v.token, o),
		Reason:  "Harm",
	}); err != nil {
		t.Fatal(err)
	}
	status, got := useCode(t, s, o.Key, "", code)
	if status != http.StatusOK {
		t.Fatalf("%d %+v", status, got)
	}
	p := openRaw(t, s, o, "")
	p.send(`{"type":"hello","protocol":1,"token":"` + got.Token + `"}`)
	if answer := p.next(); !strings.Contains(answer, `"reason":"blocked"`) {
		t.Errorf("hello of a blocked visitor who came by a link: %s", answer)
	}
}

// TestReturnRateLimit shows that codes cannot be guessed: attempts from one network are limited, and a client is
// told when to try again.
func TestReturnRateLimit(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, func(c *serve.Config) { c.Limits.Requests.PerSecond, c.Limits.Requests.Burst = 0.001, 3 })
	v := newVisitor(t, s, o, "")
	v.send("Hello")
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

// isCodeUsed reports whether a code was used.
func isCodeUsed(t testing.TB, s *serve.Server, o testkit.Org, code string) bool {
	t.Helper()
	hash := sha256.Sum256([]byte(code))
	var at *time.Time
	err := s.DB.As(access.System(o.ID, "test")).QueryRow(context.Background(),
		"select used_at from visitor_codes where hash = $1", hash[:]).Scan(&at)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		t.Fatal(err)
	}
	return at != nil
}
