package mail_test

import (
	"strings"
	"testing"

	"parley/app/platform/jobs"
	"parley/app/platform/mail"
	"parley/app/tools/testkit"
)

// A mail arrives whole. What the mail server says decides what becomes of it: another attempt, or none.
func TestDeliver(t *testing.T) {
	t.Parallel()
	url, letters := testkit.MailServer(t, 1)
	m, err := mail.NewMailer(url)
	if err != nil {
		t.Fatal(err)
	}
	text := "Grüße!\n.\nA line with a dot alone above, and https://chat.example/join/abc_-123 in it.\n"
	l := mail.Message{To: "anna@shop.example", Subject: "Join us", Text: text}
	if err := m.Deliver(t.Context(), jobs.Attempt{Number: 1}, l); err == nil || jobs.IsGivenUp(err) {
		t.Errorf("a busy server: %v", err)
	}
	if err := m.Deliver(t.Context(), jobs.Attempt{Number: 2}, l); err != nil {
		t.Fatal(err)
	}
	if got := <-letters; got.To != "anna@shop.example" || got.Subject != "Join us" ||
		strings.TrimSpace(strings.ReplaceAll(got.Text, "\r\n", "\n")) != strings.TrimSpace(text) {
		t.Errorf("arrived as %+q", got)
	}
	if err := m.Deliver(t.Context(), jobs.Attempt{Number: 1}, mail.Message{To: "nobody", Text: "x"}); !jobs.IsGivenUp(err) {
		t.Errorf("no address: %v", err)
	}
	if sent, failed, again := m.Counts(); sent != 1 || failed != 1 || again != 1 {
		t.Errorf("%d sent, %d failed, %d again", sent, failed, again)
	}
}

func TestSMTPURL(t *testing.T) {
	t.Parallel()
	if m, err := mail.NewMailer(""); err != nil || !m.IsOff() {
		t.Errorf("without an address: %v", err)
	}
	for _, bad := range []string{
		"mail.example", "http://mail.example", "smtp://", "smtp://mail.example", "smtp://mail.example?from=nobody",
	} {
		if _, err := mail.NewMailer(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	for _, good := range []string{
		"smtp://mail.example?from=a@b.example", "smtps://a@b.example:secret@mail.example",
		"smtp://u%40b.example:p@mail.example:2525",
	} {
		if m, err := mail.NewMailer(good); err != nil || m.IsOff() {
			t.Errorf("%q: %v", good, err)
		}
	}
}
