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
	"errors"
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
	work   chan func(context.Context)
}

// NewMailer reads an address such as smtp://user:password@mail.example:587?from=parley@shop.example. The scheme smtp uses
// STARTTLS where the server offers it, smtps uses TLS from the start. An empty address gives a Mailer that is Off.
func NewMailer(address string) (*Mailer, error) {
	m := &Mailer{line: make(chan Letter, 1000), work: make(chan func(context.Context), 1000)}
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

// Later runs work that leads to letters after the answer has been given, one after another. When too much is waiting it is
// dropped and logged.
func (m *Mailer) Later(work func(context.Context)) {
	select {
	case m.work <- work:
	default:
		slog.Error("too much is waiting to be mailed; a request was dropped")
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
		case work := <-m.work:
			work(ctx)
		case l := <-m.line:
			m.deliver(ctx, l, time.Second)
		}
	}
}

// deliver tries once. A letter that may be taken later goes back into the line after a growing pause, so that one address
// does not hold up the others; one that was refused for good is given up.
func (m *Mailer) deliver(ctx context.Context, l Letter, pause time.Duration) {
	err := m.send(ctx, l)
	var refused *mail.SendError
	switch {
	case err == nil || ctx.Err() != nil:
	case errors.As(err, &refused) && !refused.IsTemp(), pause > 5*time.Minute:
		slog.Error("a letter could not be sent", "subject", l.Subject, "error", err)
	default:
		slog.Warn("a letter could not be sent, trying again", "subject", l.Subject, "in", pause, "error", err)
		time.AfterFunc(pause, func() {
			select {
			case m.work <- func(ctx context.Context) { m.deliver(ctx, l, 4*pause) }:
			default:
				slog.Error("too much is waiting to be mailed; a letter was dropped", "subject", l.Subject)
			}
		})
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
