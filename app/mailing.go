package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/bidi"
	"parley/app/bus"
	"parley/app/chat"
	"parley/app/identity"
	"parley/app/jobs"
	"parley/app/org"
)

// mailing writes to visitors who have gone: what was answered, with a link back into the chat, and transcripts. It also asks
// silent visitors whether they are still there, and ends their conversations, where a website wants that.
type mailing struct {
	chat   *chat.Room
	org    *org.Room
	people *identity.Room
	mail   *jobs.Mailer
	after  time.Duration // from an agent's answer to the letter, unless the visitor reads it before
	minute time.Duration // a minute of a website's settings; tests have shorter ones

	mu    sync.Mutex
	timed map[uuid.UUID]*time.Timer // by conversation: the letter
	quiet map[uuid.UUID]*time.Timer // by conversation: the question, or the end

	resumed map[uuid.UUID]bool // organizations whose clocks run again since this process started
}

// letterAfter is how long a visitor has to read an answer in the chat before it is mailed.
const letterAfter = 3 * time.Minute

func newMailing(h *house, m *jobs.Mailer, after, minute time.Duration) *mailing {
	x := &mailing{chat: h.chat, org: h.org, people: h.identity, mail: m, after: after, minute: minute,
		timed: map[uuid.UUID]*time.Timer{}, resumed: map[uuid.UUID]bool{}, quiet: map[uuid.UUID]*time.Timer{}}
	h.bus.Subscribe(x)
	return x
}

// Heard looks at what this process has written: after an agent's answer both clocks run.
func (m *mailing) Heard(events []bus.Event) {
	for _, e := range events {
		s, ours := e.Local.(chat.Said)
		if e.Kind != bus.Said || !ours || s.Kind == chat.Note {
			continue
		}
		reply := s.Author == chat.ByAgent && s.Spoken()
		if reply && !m.mail.Off() {
			m.set(m.timed, s.In.ID, m.after, func() { m.letter(e.Org, s.In.ID) })
		}
		switch {
		case s.In.State == chat.Open && (reply || s.Kind == chat.System && s.Body == chat.Silent):
			m.watch(e.Org, s.In, s.Seq, s.Kind == chat.System)
		default: // the visitor has written, or it has ended
			m.set(m.quiet, s.In.ID, 0, nil)
		}
	}
}

// Gap is of no concern: the next answer starts the clocks again, and what was missed of a process that has ended, resume.
func (m *mailing) Gap(uuid.UUID) {}

// set starts a conversation's clock anew, or stops it if there is nothing to do.
func (m *mailing) set(clocks map[uuid.UUID]*time.Timer, conversation uuid.UUID, after time.Duration, do func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t := clocks[conversation]; t != nil {
		t.Stop()
		delete(clocks, conversation)
	}
	if do == nil {
		return
	}
	var t *time.Timer
	t = time.AfterFunc(after, func() {
		m.mu.Lock()
		if clocks[conversation] == t {
			delete(clocks, conversation)
		}
		m.mu.Unlock()
		do()
	})
	clocks[conversation] = t
}

// resume lets the clocks of an organization run that stood still because a process ended: when its first desk opens here.
func (m *mailing) resume(organization uuid.UUID) {
	m.mu.Lock()
	again := m.resumed[organization]
	m.resumed[organization] = true
	m.mu.Unlock()
	if again {
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		list, err := m.chat.Answered(ctx, access.System(organization, "go on writing to visitors who have gone"))
		if err != nil {
			slog.Warn("go on writing to visitors who have gone", "error", err)
		}
		for _, a := range list {
			if a.Unread && !m.mail.Off() {
				m.set(m.timed, a.In.ID, m.after, func() { m.letter(organization, a.In.ID) })
			}
			if a.In.State == chat.Open {
				m.watch(organization, a.In, a.In.LastSeq, a.Asked)
			}
		}
	}()
}

// watch waits for the visitor's word after a message; asked says that it was asked by it whether it is still there.
func (m *mailing) watch(organization uuid.UUID, c chat.Conversation, seq int, asked bool) {
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		settings, err := m.org.SettingsOf(ctx, organization, c.Website)
		if err != nil || settings.WarnAfter == 0 {
			return
		}
		if !asked {
			m.set(m.quiet, c.ID, time.Duration(settings.WarnAfter)*m.minute, func() { m.ask(organization, c.ID) })
		} else if settings.EndAfter > 0 {
			m.set(m.quiet, c.ID, time.Duration(settings.EndAfter)*m.minute, func() { m.end(organization, c.ID, seq) })
		}
	}()
}

func (m *mailing) ask(organization, conversation uuid.UUID) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	c, err := m.chat.Get(ctx, access.System(organization, "ask whether a visitor is still there"), conversation)
	if err == nil {
		err = m.chat.AskIfThere(ctx, organization, conversation, c.LastSeq) // not if the visitor has written since
	}
	if err != nil {
		slog.Warn("ask whether a visitor is still there", "error", err)
	}
}

func (m *mailing) end(organization, conversation uuid.UUID, seq int) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := m.chat.EndBySilence(ctx, organization, conversation, seq); err != nil {
		slog.Warn("end a silent conversation", "error", err)
	}
}

// letter mails what the visitor has not read.
func (m *mailing) letter(organization, conversation uuid.UUID) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	who := access.System(organization, "write to a visitor who has gone")
	u, err := m.chat.Unread(ctx, who, conversation)
	if err != nil || u.Email == "" || u.Known >= u.Newest {
		if err != nil {
			slog.Warn("write to a visitor who has gone", "error", err)
		}
		return
	}
	settings, err := m.org.SettingsOf(ctx, organization, u.Website)
	if err != nil || settings.NoMail {
		return
	}
	messages, err := m.chat.After(ctx, who, conversation, u.Known)
	if err != nil {
		slog.Warn("write to a visitor who has gone", "error", err)
		return
	}
	var said []string
	for _, x := range messages {
		if x.Author == chat.ByAgent && x.Spoken() && x.Changed != chat.Erased {
			said = append(said, bidi.Isolate(x.AuthorName)+":\n"+bidi.Isolate(x.Words()))
		}
	}
	if len(said) == 0 {
		return
	}
	if err = m.mail.Room(organization); err == nil {
		err = m.people.CountMail(ctx, organization)
	}
	if err != nil {
		slog.Warn("a visitor who has gone is not written to", "organization", organization, "error", err)
		return
	}
	first, err := m.chat.Mailed(ctx, who, conversation, messages[len(messages)-1].Seq)
	if err != nil || !first {
		return
	}
	err = m.mail.Send(jobs.Letter{Org: organization, To: u.Email, Subject: "Your question at " + website(u),
		Text: strings.Join(said, "\n\n") + "\n\n" + m.back(ctx, organization, u, "To answer, open the chat again") + "\n"})
	if err != nil {
		slog.Warn("write to a visitor who has gone", "organization", organization, "error", err)
	}
}

// website is how a letter calls the website of a conversation.
func website(u chat.Unread) string {
	return jobs.Words(u.WebsiteName, jobs.OrganizationWords, "our website")
}

// back is a line with a link into the chat, on the page where it began, with a code of its own for once. A letter that gets none is
// sent without the line.
func (m *mailing) back(ctx context.Context, organization uuid.UUID, u chat.Unread, words string) string {
	if linkBack(u.PageURL, "") == "" {
		return ""
	}
	code := ""
	if !u.Signed { // else the site's sign-in leads back, and nothing in an address becomes somebody whom a site knows
		var err error
		if code, err = m.chat.NewCode(ctx, organization, u.Website, u.Visitor); err != nil {
			slog.Warn("make the link of a letter", "error", err)
			return ""
		}
	}
	return words + ": " + linkBack(u.PageURL, code)
}

// linkBack returns the address of a page with a code (empty: none) in its fragment, as one word of a plain text; empty if the page is
// not on the web. A page's address is what a visitor's browser said: nothing in it may end the link and go on as the mail's text.
func linkBack(page, code string) string {
	u, err := url.Parse(page)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	var out strings.Builder
	for _, b := range []byte(u.String()) {
		if b <= ' ' || b >= 0x7f || strings.IndexByte("<>\"\\^`{|}", b) >= 0 {
			fmt.Fprintf(&out, "%%%02X", b)
		} else {
			out.WriteByte(b)
		}
	}
	if code == "" {
		return out.String()
	}
	return out.String() + "#parley=" + code
}

// transcriptBytes is about how long a mailed transcript is at most.
const transcriptBytes = 512 << 10

// transcript mails what was said in a visitor's conversation, without what only staff sees.
func (m *mailing) transcript(ctx context.Context, visitor access.Actor, conversation uuid.UUID, to string) error {
	if err := m.mail.Room(visitor.Org()); err != nil {
		return err
	}
	if err := m.people.CountTranscript(ctx, visitor.Org(), to); err != nil {
		return err
	}
	u, err := m.chat.Unread(ctx, access.System(visitor.Org(), "mail a transcript"), conversation)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Your conversation at %s\n\n", bidi.Isolate(website(u)))
	for seq := 0; ; {
		messages, more, err := m.chat.Page(ctx, visitor, conversation, seq)
		if err != nil {
			return err
		}
		for _, x := range messages {
			seq = x.Seq
			if !x.Spoken() || x.Changed == chat.Erased {
				continue
			}
			name := x.AuthorName
			if x.Author == chat.ByVisitor {
				name = "You"
			}
			fmt.Fprintf(&b, "%s  %s:\n  %s\n\n", x.At.UTC().Format("2006-01-02 15:04 UTC"), bidi.Isolate(name), strings.ReplaceAll(bidi.Isolate(x.Words()), "\n", "\n  "))
		}
		if !more {
			break
		}
		if b.Len() > transcriptBytes {
			b.WriteString("This is the beginning; the conversation goes on. All of it is in the chat.\n\n")
			break
		}
	}
	own := strings.EqualFold(to, u.Email) // only to who is known: with the link one is the visitor
	words := "To go on, open the chat again"
	if u.State == chat.Closed {
		words = "To say how it was, open the chat again"
	}
	if own {
		b.WriteString(m.back(ctx, visitor.Org(), u, words) + "\n")
	}
	fmt.Fprintf(&b, "\n--\nSent because this address was entered in the chat of %s.\nIf that was not you, do nothing. To report this mail, forward it to %s.\n",
		bidi.Isolate(website(u)), m.mail.Report())
	return m.mail.Send(jobs.Letter{Org: visitor.Org(), To: to, Subject: "Your conversation at " + website(u), Text: b.String()})
}
