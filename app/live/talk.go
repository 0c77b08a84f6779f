package live

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/bus"
	"parley/app/chat"
	"parley/app/fail"
	"parley/app/live/wire"
)

// turnLasts is how long a message that was told to come again keeps its turn before those after it.
const turnLasts = 30 * time.Second

// mustWait reports whether another message was told to come again and has not yet: who comes after it waits too, so that what
// a visitor says stays in order.
func (p *panel) mustWait(id uuid.UUID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.postponed == nil || p.postponed.id == id || time.Since(started) > p.postponed.until {
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
		p.postponed = &postponed{id, time.Since(started) + turnLasts}
		p.mu.Unlock()
	}
}

type postponed struct {
	id    uuid.UUID
	until time.Duration // since the process started
}

func (p *panel) send(ctx context.Context, in frameIn) {
	if p.mustWait(in.ID) {
		p.refuse(in.ID, &fail.Error{Kind: fail.Busy, RetryAfter: time.Second, Message: "What you wrote before is sent first, in a moment."}, "")
		return
	}
	if _, err := fail.Text("a message", in.Text, chat.MaxText); err != nil || in.ID == uuid.Nil { // costs nobody else's credit
		if err == nil {
			err = fail.New(fail.Invalid, "The message has no id.")
		}
		p.refuse(in.ID, err, "")
		return
	}
	p.mu.Lock()
	begins := in.Conversation == uuid.Nil && p.conversation == uuid.Nil
	p.mu.Unlock()
	if err := p.hub.gauges.message(p, p.visitor.ID(), begins); err != nil {
		p.postpone(in.ID, err)
		p.refuse(in.ID, err, "")
		return
	}
	p.mu.Lock()
	visitor := p.visitor
	if in.Page.URL != "" { // the visitor has gone on since the hello
		in.Page.Referrer = p.page.referrer.Value()
		p.page = p.placeOf(in.Page, p.page.language.Value())
	}
	page := chat.Page{URL: p.page.url.Value(), Title: p.page.title.Value(), Referrer: p.page.referrer.Value(),
		UserAgent: p.agent.Value(), Language: p.page.language.Value(), Address: p.address}
	last := p.conversation
	p.sending, p.acknowledged = in.ID, false
	p.mu.Unlock()
	receipt, err := p.hub.chat.SayAsVisitor(ctx, visitor, chat.FromVisitor{ID: in.ID, Conversation: in.Conversation, After: last, Body: in.Text,
		Customer: p.site.CustomerID, Group: p.site.Answers(in.Subject), Page: page})
	p.mu.Lock()
	done := p.acknowledged
	p.sending = uuid.Nil
	if err == nil && !done { // when the thread comes to it, it is not news to this tab
		if p.early == nil || len(p.early) > 200 {
			p.early = map[uuid.UUID]struct{}{}
		}
		p.early[in.ID] = struct{}{}
	}
	p.mu.Unlock()
	switch {
	case err != nil:
		p.postpone(in.ID, err)
		p.refuse(in.ID, err, "keep a visitor's message")
	case !done:
		p.write(ackOut{"ack", in.ID, receipt.Conversation, receipt.Seq, receipt.At})
	}
	if err == nil && receipt.Seq == 1 {
		p.inLine(true)
	}
}

// inLine notes whether the conversation waits for an agent.
func (p *panel) inLine(waits bool) {
	p.mu.Lock()
	p.waits = waits
	p.standing = ""
	p.mu.Unlock()
	if waits {
		p.hub.lineMoved(p.site.Org)
	}
}

// asked does what a frame asks for besides talking, within the same limits, and says that it is done, or why not.
func (p *panel) asked(in frameIn, doing, done string, do func() error) {
	err := p.hub.gauges.message(p, p.visitor.ID(), false)
	if err == nil {
		err = do()
	}
	switch {
	case err != nil:
		p.refuse(in.ID, err, doing)
	case done != "":
		p.write(doneOut{done, in.ID})
	}
}

// contact keeps where the visitor can be written to.
func (p *panel) contact(ctx context.Context, in frameIn) {
	p.asked(in, "keep a visitor's address", "contact", func() error {
		return p.hub.chat.LeaveAddress(ctx, p.who(), chat.Address{Name: in.Name, Email: in.Email})
	})
}

// seen notes how far the visitor has read.
func (p *panel) seen(ctx context.Context, in frameIn) {
	p.mu.Lock()
	news := in.Conversation == p.conversation && (in.Conversation != p.readIn || in.Seq > p.readTo)
	if news {
		p.readIn, p.readTo = in.Conversation, in.Seq
	}
	p.mu.Unlock()
	if !news {
		return
	}
	if err := p.hub.chat.Seen(ctx, p.who(), in.Conversation, in.Seq); err != nil {
		slog.Warn("note what a visitor has read", "error", err)
	}
}

// end ends the visitor's conversation; that it has ended comes as a message.
func (p *panel) end(ctx context.Context, in frameIn) {
	p.asked(in, "end a visitor's conversation", "", func() error { return p.hub.chat.EndByVisitor(ctx, p.who(), in.Conversation) })
}

// rate keeps the visitor's verdict.
func (p *panel) rate(ctx context.Context, in frameIn) {
	rules := p.site.Settings.Rating
	p.asked(in, "keep a rating", "rated", func() error {
		if rules.Off {
			return fail.New(fail.Forbidden, "Conversations are not rated here.")
		}
		reasons := slices.DeleteFunc(in.Reasons, func(r string) bool { return !slices.Contains(rules.Reasons, r) })
		return p.hub.chat.Rate(ctx, p.who(), in.Conversation, chat.Rating{Value: in.Value, Thumbs: rules.Thumbs, Reasons: reasons, Comment: in.Text})
	})
}

// transcript mails the visitor what was said.
func (p *panel) transcript(ctx context.Context, in frameIn) {
	p.asked(in, "mail a transcript", "mailed", func() error {
		to, err := fail.Email(in.Email)
		if err == nil && (p.site.Settings.NoMail || p.hub.Transcript == nil) {
			err = fail.New(fail.Forbidden, "Nothing is mailed here.")
		}
		if err == nil {
			err = p.hub.chat.TakeTranscript(ctx, p.who(), in.Conversation)
		}
		if err != nil {
			return err
		}
		return p.hub.Transcript(ctx, p.who(), in.Conversation, to)
	})
}

// agentRead tells how far the agent has read, if that is news. Before the welcome it is noted only: then it is told with what was read.
func (p *panel) agentRead(conversation uuid.UUID, seq int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seenIn == conversation && seq <= p.seenTo {
		return
	}
	p.seenIn, p.seenTo = conversation, seq
	if p.welcomed && p.conversation == conversation {
		p.socket.SendQuietly(marshal(seenOut{"seen", conversation, seq}))
	}
}

// agentHasRead tells, after the welcome, how far the agent had read a conversation, or has read it meanwhile.
func (p *panel) agentHasRead(conversation uuid.UUID, seq int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seenIn == conversation {
		seq = max(seq, p.seenTo)
	}
	if seq > 0 {
		p.seenIn, p.seenTo = conversation, seq
		p.socket.SendQuietly(marshal(seenOut{"seen", conversation, seq}))
	}
}

func (p *panel) types(_ context.Context, in frameIn) {
	p.mu.Lock()
	now := time.Since(started)
	quick := p.typedAt > 0 && now-p.typedAt < typingGap
	conversation := p.conversation
	if !quick {
		p.typedAt = now
	}
	p.mu.Unlock()
	if quick || conversation == uuid.Nil {
		return
	}
	e := bus.Event{Kind: bus.Typing, Org: p.site.Org, Conversation: conversation}
	if p.site.TypingPreview {
		if text, err := fail.OptionalText("", in.Text, chat.MaxText); err == nil {
			e.Text = clipRunes(text, 500)
		}
	}
	p.hub.bus.Publish(e)
}

func clipRunes(s string, max int) string {
	if r := []rune(s); len(r) > max {
		return "…" + string(r[len(r)-max:])
	}
	return s
}

func (p *panel) line() *wire.Socket { return p.socket }

func (p *panel) who() access.Actor {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.visitor
}

// show writes messages; the one that this panel is just sending becomes its acknowledgement.
func (p *panel) show(conversation uuid.UUID, messages []chat.Message) {
	out, taken := messagesOut{Type: "messages", Conversation: conversationRef{ID: conversation}}, false
	for _, m := range messages {
		p.mu.Lock()
		if m.Seq == 1 {
			p.waits, p.standing = true, ""
		}
		own := m.ID == p.sending && m.Author == chat.ByVisitor
		if own {
			p.acknowledged = true
		}
		_, known := p.early[m.ID]
		if known {
			delete(p.early, m.ID)
		}
		p.mu.Unlock()
		if known && m.Author == chat.ByVisitor {
			continue
		}
		if own {
			p.flush(&out)
			p.write(ackOut{"ack", m.ID, conversation, m.Seq, m.At})
			continue
		}
		if m.Kind == chat.System {
			p.mu.Lock()
			switch m.Body {
			case chat.Taken:
				out.Conversation.State, out.Conversation.Agent = chat.Open, m.AuthorName
				p.waits = false
				taken = true
			case chat.Ended, chat.Left, chat.Lapsed:
				out.Conversation.State = chat.Closed
				p.waits = false
			case chat.Returned:
				out.Conversation.State, out.Conversation.Agent = chat.Waiting, ""
				p.waits, p.standing = true, ""
				p.hub.lineMoved(p.site.Org)
			}
			p.mu.Unlock()
		}
		out.Messages = append(out.Messages, p.outgoing(m))
	}
	p.flush(&out)
	if taken {
		spawn("show an agent's picture", func() { p.face(conversation) })
	}
}

// face shows the picture of the agent who has the conversation.
func (p *panel) face(conversation uuid.UUID) {
	if p.hub.Face == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if file, has, err := p.hub.Face(ctx, p.site.Org, conversation); has && err == nil {
		p.socket.SendQuietly(marshal(faceOut{"agent", conversation, p.hub.links.Path(p.site.Org, file, "picture", time.Now())}))
	}
}

func (p *panel) flush(out *messagesOut) {
	if len(out.Messages) > 0 {
		p.write(*out)
		out.Messages = nil
	}
}

func (p *panel) agentTypes() {
	p.mu.Lock()
	conversation := p.conversation
	p.mu.Unlock()
	p.write(typingOut{"typing", conversation})
}
