package live

import (
	"context"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/bus"
	"parley/app/chat"
	"parley/app/fail"
)

func (p *panel) send(ctx context.Context, in frameIn) {
	p.mu.Lock()
	begins := in.Conversation == uuid.Nil && p.conversation == uuid.Nil
	p.mu.Unlock()
	if err := p.hub.gauges.message(p, p.visitor.ID(), begins); err != nil {
		p.refuse(in.ID, err, "")
		return
	}
	p.mu.Lock()
	visitor := p.visitor
	page := chat.Page{URL: p.page.url.Value(), Title: p.page.title.Value(), Referrer: p.page.referrer.Value(),
		UserAgent: p.agent.Value(), Language: p.page.language.Value()}
	p.sending, p.acknowledged = in.ID, false
	p.mu.Unlock()
	receipt, err := p.hub.chat.SayAsVisitor(ctx, visitor, chat.FromVisitor{ID: in.ID, Conversation: in.Conversation, Body: in.Text,
		Customer: p.site.CustomerID, Page: page})
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
		p.refuse(in.ID, err, "keep a visitor's message")
	case !done:
		p.write(ackOut{"ack", in.ID, receipt.Conversation, receipt.Seq, receipt.At})
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

func (p *panel) line() *socket { return p.socket }

func (p *panel) who() access.Actor {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.visitor
}

// show writes messages; the one that this panel is just sending becomes its acknowledgement.
func (p *panel) show(conversation uuid.UUID, messages []chat.Message) {
	out := messagesOut{Type: "messages", Conversation: conversationRef{ID: conversation}}
	for _, m := range messages {
		p.mu.Lock()
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
			switch m.Body {
			case chat.Taken:
				out.Conversation.State, out.Conversation.Agent = chat.Open, m.AuthorName
			case chat.Ended:
				out.Conversation.State = chat.Closed
			case chat.Returned:
				out.Conversation.State, out.Conversation.Agent = chat.Waiting, ""
			}
		}
		out.Messages = append(out.Messages, outgoing(m))
	}
	p.flush(&out)
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
