package live

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/front/live/frames"
	"parley/app/front/live/limit"
	"parley/app/platform/access"
	"parley/app/platform/fail"
)

// postponed is a visitor's message that was refused for now. Messages after it are refused too until it comes again, so
// that what a visitor says stays in order.
type postponed struct {
	id    uuid.UUID
	until time.Duration // since the process started: after that it is no longer waited for
}

// postponedTTL is how long a message that was refused for now is waited for.
const postponedTTL = 30 * time.Second

// mustWait reports whether another message is to come first.
func (p *panel) mustWait(id uuid.UUID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.postponed == nil || p.postponed.id == id || sinceStart() > p.postponed.until {
		p.postponed = nil
		return false
	}
	return true
}

// refuseMessage refuses a message. If it is refused for now only, those after it have to wait.
func (p *panel) refuseMessage(id uuid.UUID, err error, doing string) {
	var e *fail.Error
	if errors.As(err, &e) && e.Kind == fail.Busy {
		p.mu.Lock()
		p.postponed = &postponed{id, sinceStart() + postponedTTL}
		p.mu.Unlock()
	}
	p.refuse(id, err, doing)
}

// sender returns who the panel's visitor is to the limiter.
func (p *panel) sender() limit.Sender {
	return limit.Sender{Visitor: p.visitor.ID(), Website: p.site.ID, Org: p.site.Org, Address: p.address}
}

// handleSend stores a visitor's message and acknowledges it.
func (p *panel) handleSend(ctx context.Context, f frames.Send) {
	if p.mustWait(f.ID) {
		p.refuse(f.ID,
			&fail.Error{Kind: fail.Busy, RetryAfter: time.Second, Message: "Your previous message is sent first. Wait a moment."},
			"")
		return
	}
	p.mu.Lock()
	begins := f.Conversation == uuid.Nil && p.conversation == uuid.Nil
	p.mu.Unlock()
	allow := p.hub.limiter.AllowMessage
	if begins {
		allow = p.hub.limiter.AllowFirstMessage
	}
	if err := allow(p.sender()); err != nil {
		p.refuseMessage(f.ID, err, "")
		return
	}
	visitor, message := p.beginSending(f)
	receipt, err := p.hub.conversations.SendAsVisitor(ctx, visitor, message)
	acknowledged := p.finishSending(f.ID, err == nil)
	switch {
	case err != nil:
		p.refuseMessage(f.ID, err, "store a visitor's message")
		return
	case !acknowledged:
		p.write(frames.NewAck(f.ID, receipt.Conversation, receipt.Seq, receipt.At))
	}
	if receipt.Seq == 1 {
		p.conversationBegun()
	}
}

// beginSending notes which message is being stored, and returns it with who sends it.
func (p *panel) beginSending(f frames.Send) (visitor access.Actor, m conversation.VisitorMessage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f.Page.URL != "" { // the visitor is on another page since the hello
		f.Page.Referrer = p.page.referrer.Value()
		p.page = p.trustedPage(f.Page, p.page.language.Value())
	}
	page := conversation.Page{URL: p.page.url.Value(), Title: p.page.title.Value(), Referrer: p.page.referrer.Value(),
		UserAgent: p.agent.Value(), Language: p.page.language.Value(), Address: p.address}
	p.sending, p.acknowledged = f.ID, false
	return p.visitor, conversation.VisitorMessage{
		ID:                   f.ID,
		Conversation:         f.Conversation,
		PreviousConversation: p.conversation,
		Body:                 f.Text,
		Customer:             p.site.CustomerID,
		Group:                p.site.GroupFor(f.Subject),
		Page:                 page,
	}
}

// maxAckedEarly is how many messages are remembered that were acknowledged before the thread came to them.
const maxAckedEarly = 200

// finishSending notes that a message is no longer being stored. It reports whether ShowMessages has acknowledged it
// already; if not, and it is stored, ShowMessages will not show it.
func (p *panel) finishSending(id uuid.UUID, stored bool) (acknowledged bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sending = uuid.Nil
	if stored && !p.acknowledged {
		if p.ackedEarly == nil || len(p.ackedEarly) > maxAckedEarly {
			p.ackedEarly = map[uuid.UUID]struct{}{}
		}
		p.ackedEarly[id] = struct{}{}
	}
	return p.acknowledged
}

// conversationBegun notes that the visitor's conversation waits for an agent.
func (p *panel) conversationBegun() {
	p.mu.Lock()
	p.isWaiting, p.sentPosition = true, ""
	p.mu.Unlock()
	p.hub.sendQueuePositionsSoon(p.site.Org)
}
