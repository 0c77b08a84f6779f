package live

import (
	"context"
	"strings"
	"time"
	"unique"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/chat"
	"parley/app/fail"
	"parley/app/live/wire"
	"parley/app/org"
)

// hello is the first frame: who comes, from where, and how far it has been shown what was said.
func (p *panel) hello(ctx context.Context, in frameIn) {
	if in.Protocol != 1 {
		p.refuse(uuid.Nil, fail.New(fail.Invalid, "This server speaks protocol 1."), "")
		return
	}
	out := welcomeOut{Type: "welcome", Protocol: 1, Messages: []messageOut{}}
	if !p.polled {
		out.Heartbeat = p.hub.visitors.Beat().Seconds()
	}
	now := time.Now()
	visitor, renew, err := p.hub.tokens.Check(in.Token, p.site.Org, p.site.ID, now)
	if err != nil {
		if in.Token != "" {
			p.refuse(uuid.Nil, err, "")
			return
		}
		if p.site.Settings.Proof && !p.hub.proofs.met(p.site.ID, p.address, in.Proof, now) {
			p.write(refusedOut{Type: "refused", Code: "work", Words: Words{Message: p.hub.proofs.challenge(p.site.ID, p.address, now)}})
			return
		}
		if err := p.hub.gauges.newcomer(p.address); err != nil {
			p.refuse(uuid.Nil, err, "")
			return
		}
		visitor, renew = chat.NewVisitor(p.site.Org, p.site.ID), true
	}
	if p.turnedOut(ctx, visitor) {
		return
	}
	if in.Identity != "" {
		asking := visitor
		if in.Token == "" {
			asking = access.Actor{}
		}
		if visitor, err = p.identify(ctx, asking, in.Identity); err != nil {
			p.refuse(uuid.Nil, err, "recognize a visitor")
			return
		}
		renew = renew || visitor.ID() != asking.ID()
		if p.turnedOut(ctx, visitor) {
			return
		}
	}
	if renew {
		out.Token = p.hub.tokens.Sign(visitor, now)
	}
	p.mu.Lock()
	if p.due != nil {
		p.due.Stop()
		p.due = nil
	}
	p.visitor = visitor
	p.unknown = p.polled && in.Token == "" && in.Identity == ""
	p.page = p.placeOf(in.Page, in.Language)
	p.mu.Unlock()
	if oldest := p.hub.addPanel(visitor.ID(), p); oldest != nil {
		oldest.socket.Close(wire.Gone, "too many tabs")
	}
	if in.Token == "" && in.Identity == "" { // a visitor nobody has met has no conversation: no query
		p.welcome(out, in)
		return
	}
	c, found, err := p.hub.chat.OfVisitor(ctx, visitor)
	var messages []chat.Message
	cursor := 0
	if found && err == nil {
		if in.Conversation == c.ID && in.After > 0 && in.After <= c.LastSeq {
			cursor = in.After
		}
		messages, _, err = p.hub.chat.Page(ctx, visitor, c.ID, cursor)
	}
	if err != nil {
		p.refuse(uuid.Nil, err, "welcome a visitor")
		p.socket.Close(wire.TryAgain, "try again")
		return
	}
	if !found {
		p.welcome(out, in)
		return
	}
	out.Conversation = &conversationOut{c.ID, c.State, c.AgentName}
	for _, m := range messages {
		out.Messages = append(out.Messages, p.outgoing(m))
		cursor = m.Seq
	}
	p.mu.Lock()
	p.conversation = c.ID // bells for it change nothing from here on
	p.waits = c.State == chat.Waiting
	p.mu.Unlock()
	p.welcome(out, in)
	p.agentHasRead(c.ID, c.ReadByAgent)
	if c.State == chat.Waiting {
		p.hub.lineMoved(p.site.Org)
	}
	p.hub.follow(p, c.ID, cursor)
	p.hub.look(c.ID)                                         // what was said between reading and following, and further pages
	if in.After > 0 && c.State != chat.Closed && !p.polled { // it comes back after a loss
		p.hub.chat.RingAgain(p.site.Org, c.ID, visitor.ID(), c.LastSeq)
	}
	if c.State == chat.Open { // last: what was said is not kept waiting for a picture
		p.face(c.ID)
	}
}

// placeOf is where a visitor says that it is. An agent may click the page: only one for which the browser vouches counts.
func (p *panel) placeOf(page pageIn, language string) place {
	if org.OriginHost(page.URL) != org.OriginHost(p.origin.Value()) {
		page.URL = ""
	}
	return place{unique.Make(clip(org.PageAddress(page.URL), 2000)), unique.Make(clip(page.Title, 300)), unique.Make(clip(org.PageAddress(page.Referrer), 2000)), unique.Make(clip(strings.ReplaceAll(language, "_", "-"), 35))}
}

// turnedOut closes the panel for good if its visitor may not write.
func (p *panel) turnedOut(ctx context.Context, visitor access.Actor) bool {
	if p.hub.mayWrite(ctx, p.site.Org, visitor.ID(), p.address) {
		return false
	}
	p.refuse(uuid.Nil, errBlocked, "")
	p.socket.Close(wire.Gone, "blocked")
	return true
}

// identify returns the visitor whom the site has signed.
func (p *panel) identify(ctx context.Context, asking access.Actor, signed string) (access.Actor, error) {
	claims, err := readSignIn(signed, p.site.IdentityKey)
	if err != nil {
		return asking, err
	}
	return p.hub.chat.Identify(ctx, p.site.Org, p.site.ID, asking, claims, signed, p.address)
}

// welcome writes the first frame. What rang before it is looked for now.
func (p *panel) welcome(out welcomeOut, in frameIn) {
	p.mu.Lock()
	if out.isNews(in) {
		p.write(out)
	} else {
		p.socket.SendQuietly(marshal(out))
	}
	p.welcomed = true
	missed := p.missed
	p.mu.Unlock()
	if missed {
		spawn("find a panel's conversation", p.findConversation)
	}
}
