package testkit

import (
	"bufio"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"testing"
)

// Mail is a mail that the test's mail server has received.
type Mail struct {
	To, Subject, Text string
	HTML              string      // the other form of the text; empty: there is none
	Header            mail.Header // as it was sent; Subject is decoded
}

// MailServer starts a small SMTP server and returns its address as SMTP_URL wants it, and the mails it receives. It
// refuses the first deliveries, so many as refusals says, as a busy server does.
func MailServer(t testing.TB, refusals int) (url string, mails <-chan Mail) {
	t.Helper()
	return HangingMailServer(t, refusals, func(string) bool { return false })
}

// HangingMailServer is MailServer, but does not answer any more once it is given an address that hangs.
func HangingMailServer(t testing.TB, refusals int, hangs func(to string) bool) (url string, mails <-chan Mail) {
	t.Helper()
	ended := make(chan struct{})
	t.Cleanup(func() { close(ended) })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	out := make(chan Mail, 100)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			busy := refusals > 0
			refusals--
			go serveSMTP(conn, busy, out, hangs, ended)
		}
	}()
	return fmt.Sprintf("smtp://%s?from=parley@brightline.example", listener.Addr()), out
}

// read takes a message apart as a mail program does.
func (m *Mail) read(message *mail.Message) {
	m.Header, m.Text, m.HTML = message.Header, "", ""
	m.Subject, _ = new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject"))
	kind, params, _ := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if kind != "multipart/alternative" {
		text, _ := io.ReadAll(quotedprintable.NewReader(message.Body))
		m.Text = string(text)
		return
	}
	parts := multipart.NewReader(message.Body, params["boundary"])
	for {
		part, err := parts.NextPart() // which decodes quoted-printable
		if err != nil {
			return
		}
		text, _ := io.ReadAll(part)
		switch kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type")); kind {
		case "text/plain":
			m.Text = strings.ReplaceAll(string(text), "\r\n", "\n")
		case "text/html":
			m.HTML = strings.ReplaceAll(string(text), "\r\n", "\n")
		}
	}
}

func serveSMTP(conn net.Conn, busy bool, out chan<- Mail, hangs func(string) bool, ended <-chan struct{}) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	say := func(line string) { io.WriteString(conn, line+"\r\n") }
	say("220 test ESMTP")
	var m Mail
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch strings.ToUpper(verb) {
		case "EHLO", "HELO":
			say("250-test")
			say("250 8BITMIME")
		case "MAIL":
			if busy {
				say("451 try again later")
			} else {
				say("250 OK")
			}
		case "RCPT":
			m.To = strings.Trim(strings.TrimPrefix(strings.ToUpper(rest), "TO:"), "<>")
			m.To = strings.ToLower(m.To)
			if hangs(m.To) {
				<-ended
				return
			}
			say("250 OK")
		case "DATA":
			say("354 go on")
			var data strings.Builder
			for {
				l, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if l == ".\r\n" {
					break
				}
				data.WriteString(strings.TrimPrefix(l, "."))
			}
			if message, err := mail.ReadMessage(strings.NewReader(data.String())); err == nil {
				m.read(message)
			}
			out <- m
			say("250 kept")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 OK")
		}
	}
}
