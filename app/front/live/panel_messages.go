package live

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/front/live/background"
	"parley/app/front/live/frames"
	"parley/app/front/live/limit"
	"parley/app/front/live/wire"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/platform/validate"
)

// postponedTTL is how long a message that was told to come again keeps its turn before those after it.
const postponedTTL = 30 * time.Second

// mustWait reports whether another message was told to come again and has not yet: who comes after it waits too, so that what
// a visitor says stays in order.
func (p *panel) mustWait(id uuid.UUID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.postponed == nil || p.postponed.id == id || sinceStart() > p.postponed.until {
		p.postponed = nil
		return false
	}
	return true
}

// postpone gives a message its turn when it was refused for now.
func (p *panel) postpone(id uuid.UUID, err error) {
	var e *fail.Error
	if errors.As(err, &e) && e.Kind == fail.Busy {
		p.mu.Lock()
		p.postponed = &postponed{id, sinceStart() + postponedTTL}
		p.mu.Unlock()
	}
}

type postponed struct {
	id    uuid.UUID
	until time.Duration // since the process started
}

// sender returns who the panel's visitor is to the limiter.
func (p *panel) sender() limit.Sender {
	return limit.Sender{Visitor: p.visitor.ID(), Website: p.site.ID, Org: p.site.Org, Address: p.address}
}

func (p *panel) handleSend(ctx context.Context, in frames.Send) {
	if p.mustWait(in.ID) {
		p.refuse(in.ID, &fail.Error{Kind: fail.Busy, RetryAfter: time.Second, Message: "What you wrote before is sent first, in a moment."}, "")
		return
	}
	p.mu.Lock()
	begins := in.Conversation == uuid.Nil && p.conversation == uuid.Nil
	p.mu.Unlock()
	allow := p.hub.limiter.AllowMessage
	if begins {
		allow = p.hub.limiter.AllowFirstMessage
	}
	if err := allow(p.sender()); err != nil {
		p.postpone(in.ID, err)
		p.refuse(in.ID, err, "")
		return
	}
	p.mu.Lock()
	visitor := p.visitor
	if in.Page.URL != "" { // the visitor has gone on since the hello
		in.Page.Referrer = p.page.referrer.Value()
		p.page = p.trustedPage(in.Page, p.page.language.Value())
	}
	page := conversation.Page{URL: p.page.url.Value(), Title: p.page.title.Value(), Referrer: p.page.referrer.Value(),
		UserAgent: p.agent.Value(), Language: p.page.language.Value(), Address: p.address}
	last := p.conversation
	p.sending, p.acknowledged = in.ID, false
	p.mu.Unlock()
	receipt, err := p.hub.conversations.SendAsVisitor(ctx, visitor, conversation.VisitorMessage{ID: in.ID, Conversation: in.Conversation, PreviousConversation: last, Body: in.Text,
		Customer: p.site.CustomerID, Group: p.site.GroupFor(in.Subject), Page: page})
	p.mu.Lock()
	done := p.acknowledged
	p.sending = uuid.Nil
	if err == nil && !done { // when the thread comes to it, it is not news to this tab
		if p.ackedEarly == nil || len(p.ackedEarly) > 200 {
			p.ackedEarly = map[uuid.UUID]struct{}{}
		}
		p.ackedEarly[in.ID] = struct{}{}
	}
	p.mu.Unlock()
	switch {
	case err != nil:
		p.postpone(in.ID, err)
		p.refuse(in.ID, err, "keep a visitor's message")
	case !done:
		p.write(frames.NewAck(in.ID, receipt.Conversation, receipt.Seq, receipt.At))
	}
	if err == nil && receipt.Seq == 1 {
		p.setWaiting(true)
	}
}

// setWaiting notes whether the conversation waits for an agent.
func (p *panel) setWaiting(isWaiting bool) {
	p.mu.Lock()
	p.isWaiting = isWaiting
	p.sentPosition = ""
	p.mu.Unlock()
	if isWaiting {
		p.hub.sendQueuePositionsSoon(p.site.Org)
	}
}

// handleRequest does what a frame asks for besides talking, within the same limits, and says that it is done, or why not.
func (p *panel) handleRequest(id uuid.UUID, doing string, done frames.DoneKind, perform func() error) {
	err := p.hub.limiter.AllowMessage(p.sender())
	if err == nil {
		err = perform()
	}
	switch {
	case err != nil:
		p.refuse(id, err, doing)
	case done != frames.NothingToSay:
		p.write(frames.NewDone(done, id))
	}
}

// handleContact keeps where the visitor can be written to.
func (p *panel) handleContact(ctx context.Context, in frames.Contact) {
	p.handleRequest(in.ID, "keep a visitor's address", frames.ContactSaved, func() error {
		return p.hub.conversations.SaveContactDetails(ctx, p.Viewer(), conversation.ContactDetails{Name: in.Name, Email: in.Email})
	})
}

// handleSeen notes how far the visitor has read.
func (p *panel) handleSeen(ctx context.Context, in frames.Seen) {
	p.mu.Lock()
	changed := in.Conversation == p.conversation && (in.Conversation != p.readConversation || in.Seq > p.readSeq)
	if changed {
		p.readConversation, p.readSeq = in.Conversation, in.Seq
	}
	p.mu.Unlock()
	if !changed {
		return
	}
	if err := p.hub.conversations.MarkRead(ctx, p.Viewer(), in.Conversation, in.Seq); err != nil {
		slog.Warn("note what a visitor has read", "error", err)
	}
}

// handleEnd ends the visitor's conversation; that it has ended comes as a message.
func (p *panel) handleEnd(ctx context.Context, in frames.End) {
	p.handleRequest(in.ID, "end a visitor's conversation", frames.NothingToSay, func() error { return p.hub.conversations.CloseByVisitor(ctx, p.Viewer(), in.Conversation) })
}

// handleRate keeps the visitor's verdict.
func (p *panel) handleRate(ctx context.Context, in frames.Rate) {
	rules := p.site.Settings.Rating
	p.handleRequest(in.ID, "store a rating", frames.Rated, func() error {
		if rules.Disabled {
			return fail.New(fail.Forbidden, "Conversations are not rated here.")
		}
		reasons := slices.DeleteFunc(in.Reasons, func(r string) bool { return !slices.Contains(rules.Reasons, r) })
		return p.hub.conversations.Rate(ctx, p.Viewer(), in.Conversation, conversation.Rating{Value: in.Value, Thumbs: rules.Thumbs, Reasons: reasons, Comment: in.Text})
	})
}

// handleTranscript mails the visitor what was said.
func (p *panel) handleTranscript(ctx context.Context, in frames.Transcript) {
	p.handleRequest(in.ID, "mail a transcript", frames.TranscriptMailed, func() error {
		to, err := validate.Email(in.Email)
		if err == nil && (p.site.Settings.MailDisabled || !p.hub.followUp.CanMailTranscripts()) {
			err = fail.New(fail.Forbidden, "Nothing is mailed here.")
		}
		if err == nil {
			err = p.hub.conversations.CountTranscript(ctx, p.Viewer(), in.Conversation)
		}
		if err != nil {
			return err
		}
		return p.hub.followUp.MailTranscript(ctx, p.Viewer(), in.Conversation, to)
	})
}

// sendAgentRead tells how far the agent has read, if that is news. Before the welcome it is noted only: then it is told with what was read.
func (p *panel) sendAgentRead(conversation uuid.UUID, seq int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.agentReadConversation == conversation && seq <= p.agentReadSeq {
		return
	}
	p.agentReadConversation, p.agentReadSeq = conversation, seq
	if p.welcomed && p.conversation == conversation {
		p.socket.SendQuietly(frames.Marshal(frames.NewAgentRead(conversation, seq)))
	}
}

// syncAgentRead tells, after the welcome, how far the agent had read a conversation, or has read it meanwhile.
func (p *panel) syncAgentRead(conversation uuid.UUID, seq int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.agentReadConversation == conversation {
		seq = max(seq, p.agentReadSeq)
	}
	if seq > 0 {
		p.agentReadConversation, p.agentReadSeq = conversation, seq
		p.socket.SendQuietly(frames.Marshal(frames.NewAgentRead(conversation, seq)))
	}
}

func (p *panel) handleTyping(in frames.Typing) {
	p.mu.Lock()
	now := sinceStart()
	tooSoon := p.lastTypingAt > 0 && now-p.lastTypingAt < typingInterval
	conversationID := p.conversation
	if !tooSoon {
		p.lastTypingAt = now
	}
	p.mu.Unlock()
	if tooSoon || conversationID == uuid.Nil {
		return
	}
	e := bus.Event{Kind: bus.Typing, Org: p.site.Org, Conversation: conversationID}
	if p.site.TypingPreview {
		if text, err := validate.OptionalText("", in.Text, conversation.MaxText); err == nil {
			e.Text = clipFront(text, 500)
		}
	}
	p.hub.bus.Publish(e)
}

func clipFront(s string, max int) string {
	if r := []rune(s); len(r) > max {
		return "…" + string(r[len(r)-max:])
	}
	return s
}

func (p *panel) Socket() *wire.Socket { return p.socket }

func (p *panel) Viewer() access.Actor {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.visitor
}

// showMessages writes messages; the one that this panel is just sending becomes its acknowledgement.
func (p *panel) ShowMessages(conversationID uuid.UUID, messages []conversation.Message) {
	out, taken := frames.NewMessages(conversationID), false
	for _, m := range messages {
		p.mu.Lock()
		if m.Seq == 1 {
			p.isWaiting, p.sentPosition = true, ""
		}
		own := m.ID == p.sending && m.Author == conversation.ByVisitor
		if own {
			p.acknowledged = true
		}
		_, known := p.ackedEarly[m.ID]
		if known {
			delete(p.ackedEarly, m.ID)
		}
		p.mu.Unlock()
		if known && m.Author == conversation.ByVisitor {
			continue
		}
		if own {
			p.flushMessages(&out)
			p.write(frames.NewAck(m.ID, conversationID, m.Seq, m.At))
			continue
		}
		if m.Kind == conversation.System {
			p.mu.Lock()
			switch m.Body {
			case conversation.SystemTaken:
				out.Conversation.State, out.Conversation.Agent = conversation.Open, m.AuthorName
				p.isWaiting = false
				taken = true
			case conversation.SystemClosed, conversation.SystemVisitorLeft, conversation.SystemIdleClosed:
				out.Conversation.State = conversation.Closed
				p.isWaiting = false
			case conversation.SystemRequeued:
				out.Conversation.State, out.Conversation.Agent = conversation.Waiting, ""
				p.isWaiting, p.sentPosition = true, ""
				p.hub.sendQueuePositionsSoon(p.site.Org)
			}
			p.mu.Unlock()
		}
		out.Messages = append(out.Messages, p.frameOf(m))
	}
	p.flushMessages(&out)
	if taken {
		background.Run("show an agent's picture", func() { p.sendAgentPicture(conversationID) })
	}
}

// sendAgentPicture shows the picture of the agent who has the conversation.
func (p *panel) sendAgentPicture(conversation uuid.UUID) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if file, has, err := p.hub.avatars.FindAvatar(ctx, p.site.Org, conversation); has && err == nil {
		p.socket.SendQuietly(frames.Marshal(frames.NewAgentPicture(conversation, p.hub.links.Path(p.site.Org, file, "picture", time.Now()))))
	}
}

func (p *panel) flushMessages(out *frames.Messages) {
	if len(out.Messages) > 0 {
		p.write(*out)
		out.Messages = nil
	}
}

func (p *panel) sendAgentTyping() {
	p.mu.Lock()
	conversation := p.conversation
	p.mu.Unlock()
	p.write(frames.NewAgentTyping(conversation))
}
