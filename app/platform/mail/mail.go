// Package jobs does what can be done after the answer. Today that is mail.
//
// Owns: the queues of letters that wait to be sent.
//
// Must not touch: what a letter is about.
//
// Always true: Send never waits for the mail server; what does not fit into a queue is refused with an error, never dropped silently;
// letters of people who prove who they are never wait for those of organizations, and these are served in turns; a letter is tried
// several times while the program runs, and what is still unsent at its end is logged (docs/decisions/0005-mail-without-a-job-table.md,
// 0029-fair-shares-of-mail-and-memory.md).
package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/wneessen/go-mail"
)

// Message is a mail. Text is its plain text; HTML, where there is some, says the same.
type Message struct {
	To, Subject, Text, HTML string

	FromName string // what the sender is called; its address is the installation's. Empty: nothing
	ReplyTo  string // the address for replies; empty: the sender's
	Language string // of the text (BCP 47); empty: en

	// Org is the organization that the letter is sent for; zero: for whoever asked to log in, to sign up or for a new password.
	Org uuid.UUID
}

// Mailer sends letters through an SMTP server, a few at once.
type Mailer struct {
	client       func(until time.Time) (*mail.Client, error) // nil: no mail server is configured
	from         string
	abuseAddress string
	tlsConfig    *tls.Config
	queues       queues

	sent, failed, retried atomic.Int64
	deferred              chan func(context.Context)
}

// NewMailer reads an address such as smtp://user:password@mail.example:587?from=parley@shop.example. The scheme smtp uses
// STARTTLS where the server offers it, smtps uses TLS from the start. An empty address gives a Mailer that is Off.
func NewMailer(address string) (*Mailer, error) {
	m := &Mailer{deferred: make(chan func(context.Context), 1000)}
	m.queues.init()
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
	port, _ := strconv.Atoi(u.Port())
	m.tlsConfig = &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}
	opts := []mail.Option{mail.WithTimeout(replyTimeout), mail.WithTLSPortPolicy(mail.TLSOpportunistic), mail.WithTLSConfig(m.tlsConfig)}
	if u.Scheme == "smtps" && port == 0 {
		port = 465
	}
	if port != 0 {
		opts = append(opts, mail.WithPort(port))
	}
	if password, ok := u.User.Password(); ok {
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(u.User.Username()), mail.WithPassword(password))
	}
	m.client = func(until time.Time) (*mail.Client, error) {
		dial := mail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{Timeout: replyTimeout}).DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			conn = deadlineConn{conn, until}
			if err := conn.SetDeadline(until); err != nil || u.Scheme != "smtps" {
				return conn, err
			}
			c := tls.Client(conn, m.tlsConfig) // go-mail sees from its type that it is secure
			if err := c.HandshakeContext(ctx); err != nil {
				conn.Close()
				return nil, err
			}
			return c, nil
		})
		return mail.NewClient(u.Hostname(), append(slices.Clone(opts), dial)...)
	}
	if _, err := m.client(time.Now()); err != nil {
		return nil, fmt.Errorf("SMTP_URL: %w", err)
	}
	if err := mail.NewMsg().From(m.from); err != nil {
		return nil, fmt.Errorf("SMTP_URL needs a sender, for example ?from=parley@shop.example: %w", err)
	}
	return m, nil
}

// IsOff reports whether no mail server is configured, so that links are shown instead of sent.
func (m *Mailer) IsOff() bool { return m.client == nil }

// From is the address that letters come from; empty when the mailer is Off.
func (m *Mailer) From() string { return m.from }

// AbuseAddress is the address at which unwanted letters can be reported.
func (m *Mailer) AbuseAddress() string { return m.abuseAddress }

// Send puts a letter into its queue. It does nothing when the mailer is Off. fail.Busy if the queue is full.
func (m *Mailer) Send(l Message) error {
	if m.IsOff() {
		return nil
	}
	return m.queues.enqueue(&queued{Message: l, retryDelay: firstRetryDelay})
}

// CheckCapacity returns fail.Busy if the queue of an organization (the zero id: of people who prove who they are) is full.
func (m *Mailer) CheckCapacity(org uuid.UUID) error {
	if m.IsOff() {
		return nil
	}
	return m.queues.check(org, 0)
}

// RunLater runs work that leads to letters of people who prove who they are, after the answer has been given. fail.Busy if too much is
// waiting.
func (m *Mailer) RunLater(work func(context.Context)) error {
	select {
	case m.deferred <- work:
		return nil
	default:
		m.queues.refused.Add(1)
		return errFull
	}
}

const (
	accountWorkers      = 2 // workers that send nothing but letters of people who prove who they are
	organizationWorkers = 4 // workers that send letters of organizations, and those others when there are many
	deferredWorkers     = 2 // workers that find out what Later was asked

	replyTimeout    = 20 * time.Second // the mail server's time for one answer
	sendTimeout     = 40 * time.Second // and for a whole letter
	firstRetryDelay = time.Second
	lastRetryDelay  = 5 * time.Minute
)

// Run sends letters until ctx ends.
func (m *Mailer) Run(ctx context.Context) error {
	var all sync.WaitGroup
	for range deferredWorkers {
		all.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case work := <-m.deferred:
					work(ctx)
				}
			}
		})
	}
	for i := range accountWorkers + organizationWorkers {
		all.Go(func() {
			for {
				l := m.queues.next(ctx, i < accountWorkers)
				if l == nil {
					return
				}
				m.deliver(ctx, l)
			}
		})
	}
	stop := context.AfterFunc(ctx, m.queues.wake)
	defer stop()
	all.Wait()
	if n := m.Waiting(); n > 0 {
		slog.Warn("stopping with letters unsent", "letters", n)
	}
	return nil
}

// Waiting is how many letters are not sent yet.
func (m *Mailer) Waiting() int { return m.queues.waiting() }

// Refused is how many letters were refused since the start because a queue was full.
func (m *Mailer) Refused() int64 { return m.queues.refused.Load() }

// Counts says how many letters were sent since the start, how many were given up, and how many attempts failed after which the letter
// was tried again.
func (m *Mailer) Counts() (sent, failed, again int64) {
	return m.sent.Load(), m.failed.Load(), m.retried.Load()
}

// Check connects to the mail server and logs in, and sends nothing. It does nothing when the mailer is Off.
func (m *Mailer) Check(ctx context.Context) error {
	if m.IsOff() {
		return nil
	}
	until := time.Now().Add(replyTimeout)
	if end, set := ctx.Deadline(); set && end.Before(until) {
		until = end
	}
	client, err := m.client(until)
	if err != nil {
		return err
	}
	if err := client.DialWithContext(ctx); err != nil {
		return err
	}
	return client.Close()
}

// SendNow sends a letter once and waits until the mail server has taken it.
func (m *Mailer) SendNow(ctx context.Context, l Message) error { return m.send(ctx, l) }

// deliver tries once. A letter that may be taken later goes back into its queue after a growing pause, so that one address does not
// hold up the others; one that was refused for good is given up.
func (m *Mailer) deliver(ctx context.Context, l *queued) {
	err := m.send(ctx, l.Message)
	var refused *mail.SendError
	switch {
	case err == nil:
		m.sent.Add(1)
	case ctx.Err() != nil:
	case errors.As(err, &refused) && !refused.IsTemp(), l.retryDelay > lastRetryDelay:
		m.failed.Add(1)
		slog.Error("a letter could not be sent", "subject", l.Subject, "error", err)
	default:
		m.retried.Add(1)
		slog.Warn("a letter could not be sent, trying again", "subject", l.Subject, "in", l.retryDelay, "error", err)
		m.queues.pause(l)
		time.AfterFunc(l.retryDelay, func() { m.queues.requeue(l) })
		l.retryDelay *= 4
		return
	}
	m.queues.finish(l)
}

func (m *Mailer) send(ctx context.Context, l Message) error {
	msg := mail.NewMsg()
	if err := msg.From(m.from); err != nil {
		return err
	}
	if l.FromName != "" {
		if err := msg.FromFormat(l.FromName, msg.GetFrom()[0].Address); err != nil {
			return err
		}
	}
	if err := msg.To(l.To); err != nil {
		return err
	}
	if l.ReplyTo != "" {
		if err := msg.ReplyTo(l.ReplyTo); err != nil {
			return err
		}
	}
	msg.Subject(l.Subject)
	msg.SetBodyString(mail.TypeTextPlain, l.Text)
	if l.HTML != "" {
		msg.AddAlternativeString(mail.TypeTextHTML, l.HTML)
	}
	msg.SetMessageID()
	msg.SetDate()
	// No program answers that somebody is on holiday (RFC 3834); Exchange goes by a header of its own.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	msg.SetGenHeader("Content-Language", cmp.Or(l.Language, "en"))
	until := time.Now().Add(sendTimeout)
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	client, err := m.client(until)
	if err != nil {
		return err
	}
	return client.DialAndSendWithContext(ctx, msg)
}

// deadlineConn is a connection on which nothing lasts longer than until, however often its deadline is moved.
type deadlineConn struct {
	net.Conn
	until time.Time
}

func (c deadlineConn) SetDeadline(t time.Time) error {
	if t.IsZero() || t.After(c.until) {
		t = c.until
	}
	return c.Conn.SetDeadline(t)
}

func (c deadlineConn) SetReadDeadline(t time.Time) error {
	if t.IsZero() || t.After(c.until) {
		t = c.until
	}
	return c.Conn.SetReadDeadline(t)
}

func (c deadlineConn) SetWriteDeadline(t time.Time) error {
	if t.IsZero() || t.After(c.until) {
		t = c.until
	}
	return c.Conn.SetWriteDeadline(t)
}
