package desk

import (
	"log/slog"
	"strings"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	screens "parley/app/front/desk"
	"parley/app/front/web/page"
)

// recordReplySource records what a reply was made from: a suggestion, as it is or edited, or an entry that was searched for. The reply
// is stored already: a failure here is only logged.
func (h *Handlers) recordReplySource(req *page.Request, conversation uuid.UUID, body string) {
	entry, err := uuid.Parse(req.FormValue("entry"))
	if err != nil {
		return
	}
	ctx := req.Request().Context()
	c, err := h.conversations.Get(ctx, req.Actor, conversation)
	if err != nil {
		slog.Warn("learn from a reply", "error", err)
		return
	}
	kind := faq.Accepted
	if req.FormValue("how") == string(faq.Picked) {
		kind = faq.Picked
	} else if text, err := h.faq.GetUsableText(ctx, req.Actor, entry, c.Language, screens.ScopeOf(c)); err != nil ||
		!containsAnswer(body, text.Answer) {
		kind = faq.Edited
	}
	if err := h.recordChoice(req, c, entry, kind); err != nil {
		slog.Warn("learn from a reply", "error", err)
	}
}

// containsAnswer reports whether a reply has an answer in it as it is, but for spaces.
func containsAnswer(body, answer string) bool {
	plain := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	return strings.Contains(plain(body), plain(answer))
}

// recordChoice records what an agent has done with an FAQ entry for the visitor's question.
func (h *Handlers) recordChoice(req *page.Request, c conversation.Conversation, entry uuid.UUID, kind faq.ChoiceKind) error {
	about := page.ParseMessageNumber(req.FormValue("for"))
	if about == 0 {
		about = c.LastSeq
	}
	ctx := req.Request().Context()
	q, err := h.conversations.QuestionAt(ctx, req.Actor, c.ID, about)
	if err != nil {
		return err
	}
	return h.faq.RecordChoice(ctx, req.Actor, faq.Choice{Entry: entry, Kind: kind, Conversation: c.ID, Seq: q.Seq,
		Query: q.Text, Language: c.Language})
}
