package live

import (
	"context"
	"strings"
	"time"
	"unique"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/org"
	"parley/app/domain/visitor"
	"parley/app/front/live/background"
	"parley/app/front/live/frames"
	"parley/app/front/live/wire"
	"parley/app/platform/access"
)

// handleHello answers the first frame of a panel: it finds out who the visitor is, and what it has not been shown.
func (p *panel) handleHello(ctx context.Context, in frames.Hello) {
	out := frames.NewWelcome()
	if !p.isPoll {
		out.Heartbeat = p.hub.visitorSockets.HeartbeatInterval().Seconds()
	}
	now := time.Now()
	actor, renew, err := p.hub.tokens.Verify(in.Token, p.site.Org, p.site.ID, now)
	if err != nil {
		if in.Token != "" {
			p.refuse(uuid.Nil, err, "")
			return
		}
		if p.site.Settings.ProofOfWork && !p.hub.proofOfWork.verify(p.site.ID, p.address, in.Proof, now) {
			p.write(frames.NewWorkRequired(p.hub.proofOfWork.challenge(p.site.ID, p.address, now)))
			return
		}
		if err := p.hub.limiter.AllowNewVisitor(p.address); err != nil {
			p.refuse(uuid.Nil, err, "")
			return
		}
		actor, renew = visitor.NewAnonymous(p.site.Org, p.site.ID), true
	}
	if p.rejectBlocked(ctx, actor) {
		return
	}
	if in.Identity != "" {
		asking := actor
		if in.Token == "" {
			asking = access.Actor{}
		}
		if actor, err = p.identify(ctx, asking, in.Identity); err != nil {
			p.refuse(uuid.Nil, err, "recognize a visitor")
			return
		}
		renew = renew || actor.ID() != asking.ID()
		if p.rejectBlocked(ctx, actor) {
			return
		}
	}
	if renew {
		out.Token = p.hub.tokens.Sign(actor, now)
	}
	p.mu.Lock()
	if p.helloTimer != nil {
		p.helloTimer.Stop()
		p.helloTimer = nil
	}
	p.visitor = actor
	p.unconfirmed = p.isPoll && in.Token == "" && in.Identity == ""
	p.page = p.trustedPage(in.Page, in.Language)
	p.mu.Unlock()
	if oldest := p.hub.addPanel(actor.ID(), p); oldest != nil {
		oldest.socket.Close(wire.Gone, "too many tabs")
	}
	if in.Token == "" && in.Identity == "" { // a new visitor has no conversation: no statement is needed
		p.sendWelcome(out, in)
		return
	}
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
	p.hub.relay.CatchUp(c.ID)                                        // what was said between reading and following, and further pages
	if in.After > 0 && c.State != conversation.Closed && !p.isPoll { // it comes back after a disconnection
		p.hub.conversations.RepublishMessage(p.site.Org, c.ID, actor.ID(), c.LastSeq)
	}
	if c.State == conversation.Open { // last: messages do not wait for a picture
		p.sendAgentPicture(c.ID)
	}
}

// trustedPage returns the page that a visitor says it is on. Its address counts only if it is of the origin that the browser names, because agents
// may click it.
func (p *panel) trustedPage(page frames.Page, language string) visitorPage {
	if org.OriginHost(page.URL) != org.OriginHost(p.origin.Value()) {
		page.URL = ""
	}
	return visitorPage{unique.Make(frames.Clip(org.RedactAddress(page.URL), 2000)), unique.Make(frames.Clip(page.Title, 300)), unique.Make(frames.Clip(org.RedactAddress(page.Referrer), 2000)), unique.Make(frames.Clip(strings.ReplaceAll(language, "_", "-"), 35))}
}

// rejectBlocked closes the panel for good if its visitor is blocked, and reports whether it is.
func (p *panel) rejectBlocked(ctx context.Context, visitor access.Actor) bool {
	if p.hub.canWrite(ctx, p.site.Org, visitor.ID(), p.address) {
		return false
	}
	p.refuse(uuid.Nil, errBlocked, "")
	p.socket.Close(wire.Gone, "blocked")
	return true
}

// identify returns the visitor that the site has signed.
func (p *panel) identify(ctx context.Context, asking access.Actor, signed string) (access.Actor, error) {
	claims, err := parseVisitorJWT(signed, p.site.IdentityKey)
	if err != nil {
		return asking, err
	}
	return p.hub.conversations.Identify(ctx, p.site.Org, p.site.ID, asking, claims, signed, p.address)
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
