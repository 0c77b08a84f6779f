package followup

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

	"parley/app/domain/conversation"
	"parley/app/domain/identity"
	"parley/app/domain/org"
	"parley/app/domain/visitor"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/mail"
)

// Service writes to visitors who have gone: what was answered, with a link back into the chat, and transcripts. It also asks
// silent visitors whether they are still there, and ends their conversations, where a website wants that.
type Service struct {
	conversations   *conversation.Service
	visitors        *visitor.Service
	org             *org.Service
	identity        *identity.Service
	mailer          *mail.Mailer
	answerMailAfter time.Duration // from an agent's answer to the letter, unless the visitor reads it before
	minute          time.Duration // a minute of a website's settings; tests have shorter ones

	mu            sync.Mutex
	answerTimers  map[uuid.UUID]*time.Timer // by conversation: the letter
	silenceTimers map[uuid.UUID]*time.Timer // by conversation: the question, or the end

	resumed map[uuid.UUID]bool // organizations whose clocks run again since this process started
}

// AnswerMailAfter is how long a visitor has to read an answer in the chat before it is mailed.
const AnswerMailAfter = 3 * time.Minute

func New(b *bus.Bus, chat *conversation.Service, visitors *visitor.Service, orgs *org.Service, members *identity.Service, m *mail.Mailer, after, minute time.Duration) *Service {
	x := &Service{conversations: chat, visitors: visitors, org: orgs, identity: members, mailer: m, answerMailAfter: after, minute: minute,
		answerTimers: map[uuid.UUID]*time.Timer{}, resumed: map[uuid.UUID]bool{}, silenceTimers: map[uuid.UUID]*time.Timer{}}
	b.Subscribe(x)
	return x
}

// HandleEvents looks at what this process has written: after an agent's answer both clocks run.
func (m *Service) HandleEvents(events []bus.Event) {
	for _, e := range events {
		s, ours := e.Local.(conversation.MessageEvent)
		if e.Kind != bus.Conversation || !ours || s.Kind == conversation.Note {
			continue
		}
		reply := s.Author == conversation.ByAgent && s.IsContent()
		if reply && !m.mailer.IsOff() {
			m.setTimer(m.answerTimers, s.Snapshot.ID, m.answerMailAfter, func() { m.mailAnswers(e.Org, s.Snapshot.ID) })
		}
		switch {
		case s.Snapshot.State == conversation.Open && (reply || s.Kind == conversation.System && s.Body == conversation.SystemIdleCheck):
			m.watchSilence(e.Org, s.Snapshot, s.Seq, s.Kind == conversation.System)
		default: // the visitor has written, or it has ended
			m.setTimer(m.silenceTimers, s.Snapshot.ID, 0, nil)
		}
	}
}

// Resync is of no concern: the next answer starts the clocks again, and what was missed of a process that has ended, resume.
func (m *Service) Resync(uuid.UUID) {}

// setTimer starts a conversation's clock anew, or stops it if there is nothing to do.
func (m *Service) setTimer(clocks map[uuid.UUID]*time.Timer, conversationID uuid.UUID, after time.Duration, do func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t := clocks[conversationID]; t != nil {
		t.Stop()
		delete(clocks, conversationID)
	}
	if do == nil {
		return
	}
	var t *time.Timer
	t = time.AfterFunc(after, func() {
		m.mu.Lock()
		if clocks[conversationID] == t {
			delete(clocks, conversationID)
		}
		m.mu.Unlock()
		do()
	})
	clocks[conversationID] = t
}

// Resume lets the clocks of an organization run that stood still because a process ended: when its first desk opens here.
func (m *Service) Resume(organization uuid.UUID) {
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
		list, err := m.conversations.ListAwaitingVisitor(ctx, access.System(organization, "go on writing to visitors who have gone"))
		if err != nil {
			slog.Warn("go on writing to visitors who have gone", "error", err)
		}
		for _, a := range list {
			if a.Unread && !m.mailer.IsOff() {
				m.setTimer(m.answerTimers, a.Conversation.ID, m.answerMailAfter, func() { m.mailAnswers(organization, a.Conversation.ID) })
			}
			if a.Conversation.State == conversation.Open {
				m.watchSilence(organization, a.Conversation, a.Conversation.LastSeq, a.IdleChecked)
			}
		}
	}()
}

// watchSilence waits for the visitor's word after a message; asked says that it was asked by it whether it is still there.
func (m *Service) watchSilence(organization uuid.UUID, c conversation.Conversation, seq int, asked bool) {
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		settings, err := m.org.GetSettings(ctx, organization, c.Website)
		if err != nil || settings.WarnAfterMinutes == 0 {
			return
		}
		if !asked {
			m.setTimer(m.silenceTimers, c.ID, time.Duration(settings.WarnAfterMinutes)*m.minute, func() { m.askIfPresent(organization, c.ID) })
		} else if settings.EndAfterMinutes > 0 {
			m.setTimer(m.silenceTimers, c.ID, time.Duration(settings.EndAfterMinutes)*m.minute, func() { m.endSilent(organization, c.ID, seq) })
		}
	}()
}

func (m *Service) askIfPresent(organization, conversationID uuid.UUID) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	c, err := m.conversations.Get(ctx, access.System(organization, "ask whether a visitor is still there"), conversationID)
	if err == nil {
		err = m.conversations.SendIdleCheck(ctx, organization, conversationID, c.LastSeq) // not if the visitor has written since
	}
	if err != nil {
		slog.Warn("ask whether a visitor is still there", "error", err)
	}
}

func (m *Service) endSilent(organization, conversationID uuid.UUID, seq int) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := m.conversations.CloseIdle(ctx, organization, conversationID, seq); err != nil {
		slog.Warn("end a silent conversation", "error", err)
	}
}

// mailAnswers mails what the visitor has not read.
func (m *Service) mailAnswers(organization, conversationID uuid.UUID) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	who := access.System(organization, "write to a visitor who has gone")
	u, err := m.conversations.GetUnread(ctx, who, conversationID)
	if err != nil || u.Email == "" || u.DeliveredSeq >= u.LastSeq {
		if err != nil {
			slog.Warn("write to a visitor who has gone", "error", err)
		}
		return
	}
	settings, err := m.org.GetSettings(ctx, organization, u.Website)
	if err != nil || settings.MailDisabled {
		return
	}
	messages, err := m.conversations.ListMessagesAfter(ctx, who, conversationID, u.DeliveredSeq)
	if err != nil {
		slog.Warn("write to a visitor who has gone", "error", err)
		return
	}
	mail := m.newMail(organization, u, settings)
	for _, x := range messages {
		if x.Author == conversation.ByAgent && x.IsContent() && x.Changed != conversation.Erased {
			mail.Messages = append(mail.Messages, newMessage(x))
		}
	}
	if len(mail.Messages) == 0 {
		return
	}
	if err = m.mailer.CheckCapacity(organization); err == nil {
		err = m.identity.CountMail(ctx, organization)
	}
	if err != nil {
		slog.Warn("a visitor who has gone is not written to", "organization", organization, "error", err)
		return
	}
	first, err := m.conversations.MarkMailed(ctx, who, conversationID, messages[len(messages)-1].Seq)
	if err != nil || !first {
		return
	}
	mail.Link, mail.OneTime = m.returnLink(ctx, organization, u)
	err = m.mailer.Send(mail.Compose())
	if err != nil {
		slog.Warn("write to a visitor who has gone", "organization", organization, "error", err)
	}
}

// newMail begins a mail to a visitor.
func (m *Service) newMail(organization uuid.UUID, u conversation.UnreadInfo, settings org.Settings) Mail {
	return Mail{Org: organization, To: u.Email, Website: u.WebsiteName, Page: u.PageURL, Host: u.Host, Settings: settings,
		Language: u.Language, Zones: []string{u.TimeZone, settings.Zone, u.GroupTimeZone}, Closed: u.State == conversation.Closed, ReportAddress: m.mailer.AbuseAddress()}
}

func newMessage(x conversation.Message) Message {
	_, file := x.Attachment()
	return Message{Visitor: x.Author == conversation.ByVisitor, Name: x.AuthorName, Text: x.PlainText(), File: file, At: x.At}
}

// returnLink returns a link into the chat, on the page where it began, with a code of its own for once. A letter that gets none is sent
// without it.
func (m *Service) returnLink(ctx context.Context, organization uuid.UUID, u conversation.UnreadInfo) (link string, once bool) {
	if withReturnCode(u.PageURL, "") == "" {
		return "", false
	}
	code := ""
	if !u.Verified { // else the site's sign-in leads back, and nothing in an address becomes somebody whom a site knows
		var err error
		if code, err = m.visitors.CreateReturnCode(ctx, organization, u.Website, u.Visitor); err != nil {
			slog.Warn("make the link of a letter", "error", err)
			return "", false
		}
	}
	return withReturnCode(u.PageURL, code), code != ""
}

// withReturnCode returns the address of a page with a code (empty: none) behind its own fragment, as one word of a plain text; empty if the
// page is not on the web. A page's address is what a visitor's browser said: nothing in it may end the link and go on as the mail's
// text. A fragment that has a secret in it is left out.
func withReturnCode(page, code string) string {
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
	link := escapeLink(u.String())
	if fragment = escapeLink(fragment); fragment != "" {
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

// escapeLink escapes what would end a link in a plain text, or hide a part of it.
func escapeLink(s string) string {
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

// maxTranscriptBytes is about how much text a mailed transcript has at most, in each of its two forms.
const maxTranscriptBytes = 256 << 10

// MailTranscript mails what was said in a visitor's conversation, without what only staff sees.
func (m *Service) MailTranscript(ctx context.Context, visitor access.Actor, conversationID uuid.UUID, to string) error {
	if err := m.mailer.CheckCapacity(visitor.Org()); err != nil {
		return err
	}
	if err := m.identity.CountTranscript(ctx, visitor.Org(), to); err != nil {
		return err
	}
	u, err := m.conversations.GetUnread(ctx, access.System(visitor.Org(), "mail a transcript"), conversationID)
	if err != nil {
		return err
	}
	settings, err := m.org.GetSettings(ctx, visitor.Org(), u.Website)
	if err != nil {
		return err
	}
	mail := m.newMail(visitor.Org(), u, settings)
	mail.To, mail.Transcript = to, true
	bytes := 0
	for seq := 0; ; {
		messages, more, err := m.conversations.ListMessagePage(ctx, visitor, conversationID, seq)
		if err != nil {
			return err
		}
		for _, x := range messages {
			seq = x.Seq
			if x.IsContent() && x.Changed != conversation.Erased {
				mail.Messages = append(mail.Messages, newMessage(x))
				bytes += len(x.Body) + 50
			}
		}
		if mail.Truncated = more && bytes > maxTranscriptBytes; mail.Truncated || !more {
			break
		}
	}
	if strings.EqualFold(to, u.Email) { // only to who is known: with the link one is the visitor
		mail.Link, mail.OneTime = m.returnLink(ctx, visitor.Org(), u)
	}
	return m.mailer.Send(mail.Compose())
}
