package live

import (
	"context"
	"log/slog"
	"slices"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/front/live/frames"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/platform/validate"
)

// handleRequest does what a frame asks for besides storing a message, within the same limits. It says that it is done, or why it is not.
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

// handleContact stores where the visitor can be written to.
func (p *panel) handleContact(ctx context.Context, f frames.Contact) {
	p.handleRequest(f.ID, "store a visitor's address", frames.ContactSaved, func() error {
		return p.hub.conversations.SaveContactDetails(ctx, p.Viewer(), conversation.ContactDetails{Name: f.Name, Email: f.Email})
	})
}

// handleEnd closes the visitor's conversation. That it is closed comes as a message.
func (p *panel) handleEnd(ctx context.Context, f frames.End) {
	p.handleRequest(f.ID, "close a visitor's conversation", frames.NothingToSay, func() error {
		return p.hub.conversations.CloseByVisitor(ctx, p.Viewer(), f.Conversation)
	})
}

// handleRate stores the visitor's rating.
func (p *panel) handleRate(ctx context.Context, f frames.Rate) {
	rules := p.site.Settings.Closing.Rating
	p.handleRequest(f.ID, "store a rating", frames.Rated, func() error {
		if rules.Disabled {
			return fail.New(fail.Forbidden, "Ratings are turned off on this website.")
		}
		reasons := slices.DeleteFunc(f.Reasons, func(r string) bool { return !slices.Contains(rules.Reasons, r) })
		return p.hub.conversations.Rate(ctx, p.Viewer(), f.Conversation, conversation.Rating{
			Value:   f.Value,
			Thumbs:  rules.Thumbs,
			Reasons: reasons,
			Comment: f.Text,
		})
	})
}

// handleTranscript mails a conversation to the visitor.
func (p *panel) handleTranscript(ctx context.Context, f frames.Transcript) {
	p.handleRequest(f.ID, "mail a transcript", frames.TranscriptMailed, func() error {
		to, err := validate.Email(f.Email)
		if err != nil {
			return err
		}
		if p.site.Settings.Closing.MailDisabled || !p.hub.followUp.CanMailTranscripts() {
			return fail.New(fail.Forbidden, "Transcripts by email are turned off on this website.")
		}
		if err := p.hub.conversations.CountTranscript(ctx, p.Viewer(), f.Conversation); err != nil {
			return err
		}
		return p.hub.followUp.MailTranscript(ctx, p.Viewer(), f.Conversation, to)
	})
}

// handleSeen stores how far the visitor has read.
func (p *panel) handleSeen(ctx context.Context, f frames.Seen) {
	p.mu.Lock()
	changed := f.Conversation == p.conversation && (f.Conversation != p.readConversation || f.Seq > p.readSeq)
	if changed {
		p.readConversation, p.readSeq = f.Conversation, f.Seq
	}
	p.mu.Unlock()
	if !changed {
		return
	}
	if err := p.hub.conversations.MarkRead(ctx, p.Viewer(), f.Conversation, f.Seq); err != nil {
		slog.Warn("store what a visitor has read", "error", err)
	}
}

// maxTypingPreview is how many characters an agent is shown of what a visitor is typing: the last ones.
const maxTypingPreview = 500

// handleTyping tells the agent that the visitor is typing, and what, where the website allows that.
func (p *panel) handleTyping(f frames.Typing) {
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
	if p.site.Settings.General.TypingPreview {
		if text, err := validate.OptionalText("", f.Text, conversation.MaxText); err == nil {
			e.Text = clipFront(text, maxTypingPreview)
		}
	}
	p.hub.bus.Publish(e)
}

// clipFront returns the end of a text, at most max characters of it.
func clipFront(s string, max int) string {
	if r := []rune(s); len(r) > max {
		return "…" + string(r[len(r)-max:])
	}
	return s
}
