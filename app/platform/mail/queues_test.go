package mail

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/uuid"

	"parley/app/platform/fail"
	"parley/app/tools/testkit"
)

func newQueued(org uuid.UUID, to string) *queued {
	return &queued{Message: Message{Org: org, To: to, Text: "text"}, retryDelay: time.Second}
}

// Organizations take turns, however many letters each has, and letters of people who prove who they are wait for none of them.
func TestOrganizationsTakeTurns(t *testing.T) {
	t.Parallel()
	var q queues
	q.init()
	a, b, c := uuid.New(), uuid.New(), uuid.New()
	put := func(org uuid.UUID, to string) {
		t.Helper()
		if err := q.enqueue(newQueued(org, to)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 300 {
		put(a, fmt.Sprint("a", i))
	}
	put(b, "b0")
	put(c, "c0")
	put(b, "b1")
	put(uuid.Nil, "reset")
	next := func(only bool) *queued { return q.next(context.Background(), only) }
	if w := next(true); w.To != "reset" {
		t.Errorf("who proves who it is waits for %s", w.To)
	}
	order := ""
	var sent []*queued
	for range 5 {
		w := next(false)
		order += w.To + " "
		sent = append(sent, w)
	}
	if order != "a0 b0 c0 a1 b1 " {
		t.Errorf("sent in the order %s", order)
	}
	// Two of a are being sent: its next one waits until one of them is done, or paused.
	put(c, "c1")
	if w := next(false); w.To != "c1" {
		t.Errorf("%s is sent beside two of the same organization", w.To)
	}
	q.pause(sent[0])
	if w := next(false); w.To != "a2" {
		t.Errorf("%s comes after a pause", w.To)
	}
	q.requeue(sent[0])
	q.finish(sent[3])
	if w := next(false); w.To != "a3" {
		t.Errorf("%s comes next", w.To)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if q.next(ctx, true) != nil {
		t.Error("a letter after the end")
	}
}

// What does not fit is refused with words, to who has too many; another organization is not concerned. What was sent makes room.
func TestQueueLimits(t *testing.T) {
	t.Parallel()
	var q queues
	q.init()
	a, b := uuid.New(), uuid.New()
	for range maxMessagesPerOrg {
		if err := q.enqueue(newQueued(a, "a")); err != nil {
			t.Fatal(err)
		}
	}
	err := q.enqueue(newQueued(a, "a"))
	if e := fail.As(err); e == nil || e.Kind != fail.Busy || e.RetryAfter <= 0 || !strings.Contains(e.Message, "Your organization") {
		t.Errorf("one too many: %v", err)
	}
	if q.check(a, 0) == nil || q.check(b, 0) != nil || q.check(uuid.Nil, 0) != nil {
		t.Error("the wrong queue is full")
	}
	large := newQueued(b, "b")
	large.Text = strings.Repeat("x", 5<<20)
	if err := q.enqueue(large); err != nil {
		t.Error(err)
	}
	if err := q.enqueue(&queued{Message: large.Message}); fail.KindOf(err) != fail.Busy {
		t.Errorf("more bytes than an organization may have waiting: %v", err)
	}
	q.finish(q.next(context.Background(), false))
	if err := q.enqueue(newQueued(a, "a")); err != nil {
		t.Errorf("after one was sent: %v", err)
	}
	for range maxMessages/maxMessagesPerOrg + 1 {
		org := uuid.New()
		for range maxMessagesPerOrg {
			err = q.enqueue(newQueued(org, "x"))
		}
	}
	if fail.KindOf(err) != fail.Busy || q.messages > maxMessages || q.check(uuid.Nil, 0) != nil {
		t.Errorf("%d letters of all organizations: %v", q.messages, err)
	}
	for range maxAccountMessages + 1 {
		err = q.enqueue(newQueued(uuid.Nil, "x"))
	}
	if fail.KindOf(err) != fail.Busy {
		t.Errorf("one too many of people who prove who they are: %v", err)
	}
}

// A mail server that hangs for one recipient holds nobody else up: not another organization, and not a new password.
func TestOneHangingRecipient(t *testing.T) {
	t.Parallel()
	url, letters := testkit.HangingMailServer(t, 0, func(to string) bool { return strings.HasPrefix(to, "hangs") })
	m, err := NewMailer(url)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); m.Run(ctx) }()
	defer func() { cancel(); <-done }()
	bad := uuid.New()
	for i := range 400 {
		if err := m.Send(Message{Org: bad, To: fmt.Sprintf("hangs%d@shop.example", i), Subject: "Join", Text: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	m.Send(Message{Org: uuid.New(), To: "other@shop.example", Subject: "Join", Text: "x"})
	m.Send(Message{To: "reset@shop.example", Subject: "A new password", Text: "x"})
	for range 2 {
		select {
		case l := <-letters:
			if l.To != "other@shop.example" && l.To != "reset@shop.example" {
				t.Errorf("a letter to %s", l.To)
			}
		case <-time.After(15 * time.Second): // less than a letter may take
			t.Fatal("others wait for one that hangs")
		}
	}
}

func TestSafeName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Brightline":                   "Brightline",
		"Müller & Söhne (Köln), Inc.":  "Müller & Söhne (Köln), Inc.",
		"Dr. Anna O'Neil-Lee":          "Dr. Anna O'Neil-Lee",
		"שרה כהן":                      "שרה כהן",
		"उत्तर प्रदेश":                 "उत्तर प्रदेश",
		"shop.example":                 "shop. example",
		"Win! https://evil.example/x?": "Win! evil. example x",
		"www.evil.example":             "evil. example",
		"evil。example":                 "evil example",
		"evil．example":                 "evil. example",
		"write to a@evil.example":      "write to a evil. example",
		"a\r\nBcc: x@evil.example":     "a Bcc x evil. example",
		"call +49 (170) 123-45-67":     "call",
		"x\u202egnp.exe\u2066\u200b":   "xgnp. exe",
		"★ Free money ★ <b>now</b>":    "Free money b now b",
		"\u3164\u2800":                 "somebody",
		"":                             "somebody",
		strings.Repeat("ab ", 40):      strings.TrimSpace(strings.Repeat("ab ", 13)) + "…",
		strings.Repeat("a", 400):       strings.Repeat("a", 40) + "…",
	} {
		if got := SafeName(in, 40, "somebody"); got != want {
			t.Errorf("%q becomes %q, not %q", in, got, want)
		}
	}
}

func FuzzSafeName(f *testing.F) {
	f.Add("Win! https://evil.example/x?")
	f.Fuzz(func(t *testing.T, s string) {
		got := SafeName(s, 40, "somebody")
		if n := len([]rune(got)); n > 42 || n == 0 {
			t.Fatalf("%q becomes %q", s, got)
		}
		runes := []rune(got)
		for i, r := range runes {
			if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) || strings.ContainsRune("@/:\\<>\"", r) ||
				r == '.' && i+1 < len(runes) && (unicode.IsLetter(runes[i+1]) || unicode.IsDigit(runes[i+1])) {
				t.Fatalf("%q becomes %q", s, got)
			}
		}
	})
}
