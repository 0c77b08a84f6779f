package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/bus"
	"parley/app/chat"
	"parley/app/identity"
	"parley/app/jobs"
	"parley/app/org"
	"parley/app/visitormail"
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
	said := m.mailTo(organization, u, settings)
	for _, x := range messages {
		if x.Author == chat.ByAgent && x.Spoken() && x.Changed != chat.Erased {
			said.Messages = append(said.Messages, inMail(x))
		}
	}
	if len(said.Messages) == 0 {
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
	said.Link, said.Once = m.back(ctx, organization, u)
	err = m.mail.Send(said.Letter())
	if err != nil {
		slog.Warn("write to a visitor who has gone", "organization", organization, "error", err)
	}
}

// mailTo begins a mail to a visitor.
func (m *mailing) mailTo(organization uuid.UUID, u chat.Unread, settings org.Settings) visitormail.Mail {
	return visitormail.Mail{Org: organization, To: u.Email, Website: u.WebsiteName, Page: u.PageURL, Host: u.Host, Settings: settings,
		Language: u.Language, Zones: []string{u.Zone, settings.Zone, u.GroupZone}, Closed: u.State == chat.Closed, Report: m.mail.Report()}
}

func inMail(x chat.Message) visitormail.Message {
	_, file := x.Attachment()
	return visitormail.Message{Visitor: x.Author == chat.ByVisitor, Name: x.AuthorName, Text: x.Words(), File: file, At: x.At}
}

// back returns a link into the chat, on the page where it began, with a code of its own for once. A letter that gets none is sent
// without it.
func (m *mailing) back(ctx context.Context, organization uuid.UUID, u chat.Unread) (link string, once bool) {
	if linkBack(u.PageURL, "") == "" {
		return "", false
	}
	code := ""
	if !u.Signed { // else the site's sign-in leads back, and nothing in an address becomes somebody whom a site knows
		var err error
		if code, err = m.chat.NewCode(ctx, organization, u.Website, u.Visitor); err != nil {
			slog.Warn("make the link of a letter", "error", err)
			return "", false
		}
	}
	return linkBack(u.PageURL, code), code != ""
}

// linkBack returns the address of a page with a code (empty: none) behind its own fragment, as one word of a plain text; empty if the
// page is not on the web. A page's address is what a visitor's browser said: nothing in it may end the link and go on as the mail's
// text. A fragment that has a secret in it is left out.
func linkBack(page, code string) string {
	u, err := url.Parse(page)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	u.User = nil
	fragment := codeInFragment.ReplaceAllString(u.EscapedFragment(), "")
	if secretInFragment.MatchString(fragment) {
		fragment = ""
	}
	u.Fragment, u.RawFragment = "", ""
	link := oneWord(u.String())
	if fragment = oneWord(fragment); fragment != "" {
		link += "#" + fragment
	}
	switch {
	case code == "":
		return link
	case fragment == "":
		return link + "#parley=" + code
	case (fragment[0] == '/' || fragment[0] == '!') && !strings.Contains(fragment, "?"): // a route of the page's script, with a query
		return link + "?parley=" + code
	}
	return link + "&parley=" + code
}

var (
	codeInFragment   = regexp.MustCompile(`(^|[?&])parley=[\w-]*$`)
	secretInFragment = regexp.MustCompile(`(?i)(token|secret|password|code|session|key)=`)
)

// oneWord escapes what would end a link in a plain text, or hide a part of it.
func oneWord(s string) string {
	var out strings.Builder
	for _, b := range []byte(s) {
		if b <= ' ' || b >= 0x7f || strings.IndexByte("<>\"\\^`{|}", b) >= 0 {
			fmt.Fprintf(&out, "%%%02X", b)
		} else {
			out.WriteByte(b)
		}
	}
	return out.String()
}

// transcriptBytes is about how much text a mailed transcript has at most, in each of its two forms.
const transcriptBytes = 256 << 10

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
	settings, err := m.org.SettingsOf(ctx, visitor.Org(), u.Website)
	if err != nil {
		return err
	}
	said := m.mailTo(visitor.Org(), u, settings)
	said.To, said.Transcript = to, true
	bytes := 0
	for seq := 0; ; {
		messages, more, err := m.chat.Page(ctx, visitor, conversation, seq)
		if err != nil {
			return err
		}
		for _, x := range messages {
			seq = x.Seq
			if x.Spoken() && x.Changed != chat.Erased {
				said.Messages = append(said.Messages, inMail(x))
				bytes += len(x.Body) + 50
			}
		}
		if said.Cut = more && bytes > transcriptBytes; said.Cut || !more {
			break
		}
	}
	if strings.EqualFold(to, u.Email) { // only to who is known: with the link one is the visitor
		said.Link, said.Once = m.back(ctx, visitor.Org(), u)
	}
	return m.mail.Send(said.Letter())
}
