package mail_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"parley/app/platform/mail"
	"parley/app/tools/testkit"
)

// A letter arrives whole, also when the mail server is busy at first.
func TestSend(t *testing.T) {
	t.Parallel()
	url, letters := testkit.MailServer(t, 1)
	m, err := mail.NewMailer(url)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); m.Run(ctx) }()
	text := "Grüße!\n.\nA line with a dot alone above, and https://chat.example/join/abc_-123 in it.\n"
	m.Send(mail.Message{To: "anna@shop.example", Subject: "Join us", Text: text})
	select {
	case got := <-letters:
		if got.To != "anna@shop.example" || got.Subject != "Join us" || strings.TrimSpace(strings.ReplaceAll(got.Text, "\r\n", "\n")) != strings.TrimSpace(text) {
			t.Errorf("arrived as %+q", got)
		}
	case <-time.After(20 * time.Second):
		t.Error("no letter")
	}
	cancel()
	<-done
}

func TestSMTPURL(t *testing.T) {
	t.Parallel()
	if m, err := mail.NewMailer(""); err != nil || !m.IsOff() {
		t.Errorf("without an address: %v", err)
	}
	for _, bad := range []string{"mail.example", "http://mail.example", "smtp://", "smtp://mail.example", "smtp://mail.example?from=nobody"} {
		if _, err := mail.NewMailer(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	for _, good := range []string{"smtp://mail.example?from=a@b.example", "smtps://a@b.example:secret@mail.example", "smtp://u%40b.example:p@mail.example:2525"} {
		if m, err := mail.NewMailer(good); err != nil || m.IsOff() {
			t.Errorf("%q: %v", good, err)
		}
	}
}
