package live

import (
	"context"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/front/live/background"
	"parley/app/front/live/frames"
	"parley/app/front/live/wire"
	"parley/app/platform/access"
)

// Viewer implements thread.Follower.
func (p *panel) Viewer() access.Actor {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.visitor
}

// Socket implements thread.Follower.
func (p *panel) Socket() *wire.Socket { return p.socket }

// ShowMessages implements thread.Follower. The message that this panel is just sending becomes its acknowledgement; one
// that was acknowledged before is not shown.
func (p *panel) ShowMessages(id uuid.UUID, messages []conversation.Message) {
	out, taken := frames.NewMessages(id), false
	for _, m := range messages {
		own, known := p.recognize(m)
		switch {
		case known:
			continue
		case own:
			p.flushMessages(&out)
			p.write(frames.NewAck(m.ID, id, m.Seq, m.At))
			continue
		case m.Kind == conversation.System:
			p.noteState(m, &out.Conversation)
			taken = taken || m.Body == conversation.SystemTaken
		}
		out.Messages = append(out.Messages, p.frameOf(m))
	}
	p.flushMessages(&out)
	if taken {
		background.Run("show an agent's picture", func() { p.sendAgentPicture(id) })
	}
}

// recognize reports whether a message is the one that this panel is just sending, or one of the visitor's that was acknowledged before.
func (p *panel) recognize(m conversation.Message) (own, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m.Seq == 1 {
		p.isWaiting, p.sentPosition = true, ""
	}
	byVisitor := m.Author == conversation.ByVisitor
	if own = m.ID == p.sending && byVisitor; own {
		p.acknowledged = true
	}
	if _, known = p.ackedEarly[m.ID]; known {
		delete(p.ackedEarly, m.ID)
	}
	return own, known && byVisitor
}

// noteState notes how a system message changes the state of the conversation, and sets that in the frame that has the message.
func (p *panel) noteState(m conversation.Message, change *frames.ConversationChange) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch m.Body {
	case conversation.SystemTaken:
		change.State, change.Agent = conversation.Open, m.AuthorName
		p.isWaiting = false
	case conversation.SystemClosed, conversation.SystemVisitorLeft, conversation.SystemIdleClosed:
		change.State = conversation.Closed
		p.isWaiting = false
	case conversation.SystemRequeued:
		change.State, change.Agent = conversation.Waiting, ""
		p.isWaiting, p.sentPosition = true, ""
		p.hub.sendQueuePositionsSoon(p.site.Org)
	}
}

func (p *panel) flushMessages(out *frames.Messages) {
	if len(out.Messages) > 0 {
		p.write(*out)
		out.Messages = nil
	}
}

// frameOf returns a message as the panel's visitor sees it.
func (p *panel) frameOf(m conversation.Message) frames.Message {
	out := frames.NewMessage(m)
	if a, is := m.Attachment(); is {
		out.File = &frames.File{
			Kind:   a.MediaType,
			Size:   a.Size,
			Width:  a.Width,
			Height: a.Height,
			URL:    p.hub.links.Path(p.site.Org, m.ID, a.Name, time.Now()),
		}
	}
	return out
}

// sendAgentPicture shows the picture of the agent who has the conversation, if there is one.
func (p *panel) sendAgentPicture(conversation uuid.UUID) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if file, has, err := p.hub.avatars.FindAvatar(ctx, p.site.Org, conversation); has && err == nil {
		p.socket.SendQuietly(frames.Marshal(frames.NewAgentPicture(conversation,
			p.hub.links.Path(p.site.Org, file, "picture", time.Now()))))
	}
}

// sendAgentTyping tells the visitor that an agent is typing.
func (p *panel) sendAgentTyping() {
	p.mu.Lock()
	conversation := p.conversation
	p.mu.Unlock()
	p.write(frames.NewAgentTyping(conversation))
}

// sendAgentRead tells the visitor how far the agent has read, if that is further than it was told. Before the welcome
// it is only noted, and told after it.
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

// syncAgentRead tells the visitor after the welcome how far the agent had read when the conversation was read, or has read since.
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
