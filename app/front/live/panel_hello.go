package live

import (
	"context"
	"strings"
	"time"
	"unique"

	"github.com/google/uuid"

	"parley/app/domain/org"
	"parley/app/domain/visitor"
	"parley/app/front/live/frames"
	"parley/app/front/live/wire"
	"parley/app/platform/access"
)

// handleHello answers the first frame of a panel: it finds out who the visitor is, and sends what it has not been shown.
func (p *panel) handleHello(ctx context.Context, in frames.Hello) {
	actor, newToken, admitted := p.admit(ctx, in)
	if !admitted {
		return
	}
	p.begin(actor, in)
	if oldest := p.hub.addPanel(actor.ID(), p); oldest != nil {
		oldest.socket.Close(wire.Gone, "too many tabs")
	}
	out := frames.NewWelcome()
	if !p.isPoll {
		out.Heartbeat = p.hub.visitorSockets.HeartbeatInterval().Seconds()
	}
	out.Token = newToken
	if isFirstVisit(in) { // a new visitor has no conversation: no statement is needed
		p.sendWelcome(out, in)
		return
	}
	p.welcomeBack(ctx, actor, in, out)
}

// isFirstVisit reports whether a visitor names nothing that it could be recognized by.
func isFirstVisit(in frames.Hello) bool { return in.Token == "" && in.Identity == "" }

// admit returns who the visitor is, and a new token unless the one that it has stays valid. Who is not admitted has been
// told why.
func (p *panel) admit(ctx context.Context, in frames.Hello) (actor access.Actor, newToken string, admitted bool) {
	now := time.Now()
	actor, renew, err := p.hub.tokens.Verify(in.Token, p.site.Org, p.site.ID, now)
	if err != nil {
		if in.Token != "" {
			p.refuse(uuid.Nil, err, "")
			return actor, "", false
		}
		if !p.allowNewVisitor(in.Proof, now) {
			return actor, "", false
		}
		actor, renew = visitor.NewAnonymous(p.site.Org, p.site.ID), true
	}
	if p.rejectBlocked(ctx, actor) {
		return actor, "", false
	}
	if in.Identity != "" {
		asking := actor
		if in.Token == "" {
			asking = access.Actor{}
		}
		if actor, err = p.identify(ctx, asking, in.Identity); err != nil {
			p.refuse(uuid.Nil, err, "recognize a visitor")
			return actor, "", false
		}
		renew = renew || actor.ID() != asking.ID()
		if p.rejectBlocked(ctx, actor) {
			return actor, "", false
		}
	}
	if renew {
		newToken = p.hub.tokens.Sign(actor, now)
	}
	return actor, newToken, true
}

// allowNewVisitor reports whether a browser without a token may become a visitor: it has done the work that the website
// may ask for, and its address has not made too many. If not, it has been told why.
func (p *panel) allowNewVisitor(proof string, now time.Time) bool {
	if p.site.Settings.Security.ProofOfWork && !p.hub.proofOfWork.verify(p.site.ID, p.address, proof, now) {
		p.write(frames.NewWorkRequired(p.hub.proofOfWork.challenge(p.site.ID, p.address, now)))
		return false
	}
	if err := p.hub.limiter.AllowNewVisitor(p.address); err != nil {
		p.refuse(uuid.Nil, err, "")
		return false
	}
	return true
}

// begin notes whose panel this is.
func (p *panel) begin(actor access.Actor, in frames.Hello) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.helloTimer != nil {
		p.helloTimer.Stop()
		p.helloTimer = nil
	}
	p.visitor = actor
	p.unconfirmed = p.isPoll && isFirstVisit(in)
	p.page = p.trustedPage(in.Page, in.Language)
}

// trustedPage returns the page that a visitor says it is on. Its address counts only if it is of the origin that the
// browser names, because agents may click it.
func (p *panel) trustedPage(page frames.Page, language string) visitorPage {
	if org.OriginHost(page.URL) != org.OriginHost(p.origin.Value()) {
		page.URL = ""
	}
	clip := func(text string, most int) unique.Handle[string] { return unique.Make(frames.Clip(text, most)) }
	return visitorPage{
		url:      clip(org.RedactAddress(page.URL), 2000),
		title:    clip(page.Title, 300),
		referrer: clip(org.RedactAddress(page.Referrer), 2000),
		language: clip(strings.ReplaceAll(language, "_", "-"), 35),
	}
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
