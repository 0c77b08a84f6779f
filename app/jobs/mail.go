// Package jobs does what can be done after the answer. Today that is mail.
//
// Owns: the line of letters that wait to be sent.
//
// Must not touch: what a letter is about.
//
// Always true: Send never waits for the mail server; a letter is tried several times while the program runs, and what is
// still unsent at its end is logged (docs/decisions/0005-mail-without-a-job-table.md).
package jobs

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"time"

	"github.com/wneessen/go-mail"
)

// Letter is a plain-text mail.
type Letter struct{ To, Subject, Text string }

// Mailer sends letters through an SMTP server, one after another.
type Mailer struct {
	client *mail.Client // nil: no mail server is configured
	from   string
	line   chan Letter
}

// NewMailer reads an address such as smtp://user:password@mail.example:587?from=parley@shop.example. The scheme smtp uses
// STARTTLS where the server offers it, smtps uses TLS from the start. An empty address gives a Mailer that is Off.
func NewMailer(address string) (*Mailer, error) {
	m := &Mailer{line: make(chan Letter, 1000)}
	if address == "" {
		return m, nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, fmt.Errorf("SMTP_URL must look like smtp://user:password@mail.example:587?from=parley@shop.example")
	}
	m.from = u.Query().Get("from")
	if m.from == "" {
		m.from = u.User.Username()
	}
	port, _ := strconv.Atoi(u.Port())
	opts := []mail.Option{mail.WithTimeout(20 * time.Second), mail.WithTLSPortPolicy(mail.TLSOpportunistic),
		mail.WithTLSConfig(&tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12})}
	if u.Scheme == "smtps" {
		opts = append(opts, mail.WithSSL())
	}
	if port != 0 {
		opts = append(opts, mail.WithPort(port))
	}
	if password, ok := u.User.Password(); ok {
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(u.User.Username()), mail.WithPassword(password))
	}
	if m.client, err = mail.NewClient(u.Hostname(), opts...); err != nil {
		return nil, fmt.Errorf("SMTP_URL: %w", err)
	}
	if err := mail.NewMsg().From(m.from); err != nil {
		return nil, fmt.Errorf("SMTP_URL needs a sender, for example ?from=parley@shop.example: %w", err)
	}
	return m, nil
}

// Off reports whether no mail server is configured, so that links are shown instead of sent.
func (m *Mailer) Off() bool { return m.client == nil }

// Send puts a letter into the line. It does nothing when the mailer is Off.
func (m *Mailer) Send(l Letter) {
	if m.Off() {
		return
	}
	select {
	case m.line <- l:
	default:
		slog.Error("the line of letters is full; a letter was dropped", "subject", l.Subject)
	}
}

// Run sends letters until ctx ends.
func (m *Mailer) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			if n := len(m.line); n > 0 {
				slog.Warn("stopping with letters unsent", "letters", n)
			}
			return nil
		case l := <-m.line:
			m.deliver(ctx, l)
		}
	}
}

func (m *Mailer) deliver(ctx context.Context, l Letter) {
	for wait := time.Second; ; wait *= 4 {
		err := m.send(ctx, l)
		if err == nil || ctx.Err() != nil {
			return
		}
		if wait > time.Minute {
			slog.Error("a letter could not be sent", "subject", l.Subject, "error", err)
			return
		}
		slog.Warn("a letter could not be sent, trying again", "subject", l.Subject, "in", wait, "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

func (m *Mailer) send(ctx context.Context, l Letter) error {
	msg := mail.NewMsg()
	if err := msg.From(m.from); err != nil {
		return err
	}
	if err := msg.To(l.To); err != nil {
		return err
	}
	msg.Subject(l.Subject)
	msg.SetBodyString(mail.TypeTextPlain, l.Text)
	msg.SetMessageID()
	msg.SetDate()
	return m.client.DialAndSendWithContext(ctx, msg)
}
