// Package mail sends mails through an SMTP server.
//
// Owns: the connection to the mail server, the headers of every mail, and how names may stand in mails.
//
// Must not touch: what a mail is about, and when it is sent. Mails that wait are jobs (app/platform/jobs) of the packages that know what is
// in them; a mail is written when it is sent.
//
// Always true: sending a mail ends within 40 seconds, whatever the mail server does.
package mail

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/wneessen/go-mail"
)

// Message is a mail. Text is its plain text; HTML, where there is some, says the same.
type Message struct {
	To, Subject, Text, HTML string

	FromName string // what the sender is called; its address is the installation's. Empty: nothing
	ReplyTo  string // the address for replies; empty: the sender's
	Language string // of the text (BCP 47); empty: en
}

// Mailer sends mails.
type Mailer struct {
	client       func(work context.Context, until time.Time) (*mail.Client, error) // nil: no mail server is configured
	from         string
	abuseAddress string
	tlsConfig    *tls.Config

	sent, failed, retried atomic.Int64
}

const (
	replyTimeout = 20 * time.Second // the mail server's time for one answer
	sendTimeout  = 40 * time.Second // and for a whole mail
)

// NewMailer reads an address such as smtp://user:password@mail.example:587?from=parley@shop.example. The scheme smtp uses
// STARTTLS where the server offers it, smtps uses TLS from the start. An empty address gives a Mailer that is off.
func NewMailer(address string) (*Mailer, error) {
	m := &Mailer{}
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
	if m.abuseAddress = u.Query().Get("report"); m.abuseAddress == "" {
		m.abuseAddress = m.from
	}
	m.tlsConfig = &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}
	m.client = m.newClient(u)
	if _, err := m.client(context.Background(), time.Now()); err != nil {
		return nil, fmt.Errorf("SMTP_URL: %w", err)
	}
	if err := mail.NewMsg().From(m.from); err != nil {
		return nil, fmt.Errorf("SMTP_URL needs a sender, for example ?from=parley@shop.example: %w", err)
	}
	return m, nil
}

// clientOptions reads how to log in to the server of an SMTP_URL.
func (m *Mailer) clientOptions(u *url.URL) []mail.Option {
	opts := []mail.Option{mail.WithTimeout(replyTimeout), mail.WithTLSPortPolicy(mail.TLSOpportunistic), mail.WithTLSConfig(m.tlsConfig)}
	port, _ := strconv.Atoi(u.Port())
	if u.Scheme == "smtps" && port == 0 {
		port = 465
	}
	if port != 0 {
		opts = append(opts, mail.WithPort(port))
	}
	if password, ok := u.User.Password(); ok {
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(u.User.Username()), mail.WithPassword(password))
	}
	return opts
}

// IsOff reports whether no mail server is configured, so that links are shown instead of sent.
func (m *Mailer) IsOff() bool { return m.client == nil }

// From is the address that mails come from; empty when the Mailer is off.
func (m *Mailer) From() string { return m.from }

// AbuseAddress is the address at which unwanted mails can be reported.
func (m *Mailer) AbuseAddress() string { return m.abuseAddress }

// Counts says how many mails were sent since the start, how many were given up, and how many attempts failed after which the mail
// is tried again.
func (m *Mailer) Counts() (sent, failed, again int64) {
	return m.sent.Load(), m.failed.Load(), m.retried.Load()
}
