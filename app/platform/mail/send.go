package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"time"

	"github.com/wneessen/go-mail"

	"parley/app/platform/jobs"
)

var errUnsendable = errors.New("no address to send a mail to")

// Deliver sends a mail as the work of a job. It returns nil if the mail server has taken the mail, jobs.GiveUp if it never will, and
// otherwise an error after which the job is tried again. It must not be called when the Mailer is off.
func (m *Mailer) Deliver(ctx context.Context, attempt jobs.Attempt, l Message) error {
	err := m.Send(ctx, l)
	switch {
	case err == nil:
		m.sent.Add(1)
	case ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled): // this instance ends
	case isPermanent(err):
		m.failed.Add(1)
		return jobs.GiveUp(err)
	case attempt.Last:
		m.failed.Add(1)
	default:
		m.retried.Add(1)
	}
	return err
}

// isPermanent reports whether an error says that the mail will never be taken: its address is none, or the server has
// refused it with a code of 500 to 599. A server that is away, hangs or is busy may take it later.
func isPermanent(err error) bool {
	var refused *mail.SendError
	return errors.Is(err, errUnsendable) || errors.As(err, &refused) && refused.ErrorCode() >= 500
}

// Send sends a mail once and waits until the mail server has taken it.
func (m *Mailer) Send(ctx context.Context, l Message) error {
	msg, err := m.compose(l)
	if err != nil {
		return err
	}
	until := time.Now().Add(sendTimeout)
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	client, err := m.client(ctx, until)
	if err != nil {
		return err
	}
	return client.DialAndSendWithContext(ctx, msg)
}

// compose returns a mail with all its headers.
func (m *Mailer) compose(l Message) (*mail.Msg, error) {
	msg := mail.NewMsg()
	if err := msg.From(m.from); err != nil {
		return nil, err
	}
	if l.FromName != "" {
		if err := msg.FromFormat(l.FromName, msg.GetFrom()[0].Address); err != nil {
			return nil, err
		}
	}
	if err := msg.To(l.To); err != nil {
		return nil, fmt.Errorf("%w: %w", errUnsendable, err)
	}
	if l.ReplyTo != "" {
		if err := msg.ReplyTo(l.ReplyTo); err != nil {
			return nil, fmt.Errorf("%w: %w", errUnsendable, err)
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
	return msg, nil
}

// Check connects to the mail server and logs in, and sends nothing. It does nothing when the Mailer is off.
func (m *Mailer) Check(ctx context.Context) error {
	if m.IsOff() {
		return nil
	}
	until := time.Now().Add(replyTimeout)
	if end, set := ctx.Deadline(); set && end.Before(until) {
		until = end
	}
	client, err := m.client(ctx, until)
	if err != nil {
		return err
	}
	if err := client.DialWithContext(ctx); err != nil {
		return err
	}
	return client.Close()
}

// newClient returns what makes a client of the server of an SMTP_URL, all of whose work ends at a time, and with a context.
func (m *Mailer) newClient(u *url.URL) func(work context.Context, until time.Time) (*mail.Client, error) {
	opts := m.clientOptions(u)
	return func(work context.Context, until time.Time) (*mail.Client, error) {
		dial := mail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{Timeout: replyTimeout}).DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			context.AfterFunc(work, func() { conn.Close() }) // in the middle of a conversation, which knows no context
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
}
