package live

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/front/live/background"
	"parley/app/front/live/frames"
	"parley/app/front/live/wire"
	"parley/app/platform/access"
)

// welcomeBack shows a visitor that may have been here before its current conversation, from where its screen ends.
func (p *panel) welcomeBack(ctx context.Context, actor access.Actor, in frames.Hello, out frames.Welcome) {
	c, found, err := p.hub.conversations.CurrentOfVisitor(ctx, actor)
	var messages []conversation.Message
	cursor := 0
	if found && err == nil {
		if in.Conversation == c.ID && in.After > 0 && in.After <= c.LastSeq {
			cursor = in.After
		}
		messages, _, err = p.hub.conversations.ListMessagePage(ctx, actor, c.ID, cursor)
	}
	if err != nil {
		p.refuse(uuid.Nil, err, "welcome a visitor")
		p.socket.Close(wire.TryAgain, "try again")
		return
	}
	if !found {
		p.sendWelcome(out, in)
		return
	}
	out.Conversation = &frames.Conversation{ID: c.ID, State: c.State, Agent: c.AgentName}
	for _, m := range messages {
		out.Messages = append(out.Messages, p.frameOf(m))
		cursor = m.Seq
	}
	p.mu.Lock()
	p.conversation = c.ID // events of it change nothing from here on
	p.isWaiting = c.State == conversation.Waiting
	p.mu.Unlock()
	p.sendWelcome(out, in)
	p.syncAgentRead(c.ID, c.ReadByAgent)
	if c.State == conversation.Waiting {
		p.hub.sendQueuePositionsSoon(p.site.Org)
	}
	p.hub.relay.Follow(p, c.ID, cursor)
	p.hub.relay.CatchUp(c.ID) // what was said between reading and following, and further pages
	hasReconnected := in.After > 0 && !p.isPoll
	if hasReconnected && c.State != conversation.Closed {
		p.hub.conversations.RepublishMessage(p.site.Org, c.ID, actor.ID(), c.LastSeq)
	}
	if c.State == conversation.Open { // last: messages do not wait for a picture
		p.sendAgentPicture(c.ID)
	}
}

// sendWelcome sends the first frame, and looks for what was missed before it.
func (p *panel) sendWelcome(out frames.Welcome, in frames.Hello) {
	p.mu.Lock()
	if out.HasContent(in) {
		p.write(out)
	} else {
		p.socket.SendQuietly(frames.Marshal(out))
	}
	p.welcomed = true
	missed := p.missedEvent
	p.mu.Unlock()
	if missed {
		background.Run("find a panel's conversation", p.findConversation)
	}
}
