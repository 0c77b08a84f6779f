package desk

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/front/web/page"
	"parley/app/platform/fail"
	view "parley/templates/desk"
)

// Send stores a reply, a note or a change of the last reply. It answers with what the page does not show yet: the message itself, and
// those between it and the page's cursor.
func (h *Handlers) Send(req *page.Request) error {
	id, err := req.ParamID("id", "conversation")
	if err != nil {
		return err
	}
	message, err := uuid.Parse(req.FormValue("id"))
	if err != nil {
		return fail.New(fail.Invalid, "The message has no id. Please reload the page; copy your text first.")
	}
	ctx := req.Request().Context()
	var m conversation.Message
	if kind := conversation.Kind(req.FormValue("kind")); kind == conversation.Edit {
		m, err = h.conversations.EditReply(ctx, req.Actor, id, page.ParseMessageNumber(req.FormValue("of")), message,
			req.FormValue("body"))
	} else {
		m, err = h.conversations.SendAsAgent(ctx, req.Actor, id, message, kind, req.FormValue("body"))
	}
	if err != nil {
		return err
	}
	if m.Kind == conversation.Text {
		h.recordReplySource(req, id, m.Body)
	}
	messages := []conversation.Message{m}
	if after, err := strconv.Atoi(req.FormValue("after")); err == nil && after >= 0 && after < m.Seq-1 {
		if messages, err = h.conversations.ListMessagesAfter(ctx, req.Actor, id, after); err != nil {
			return err
		}
		// A message that was said before is answered as it was then: what came later may be another agent's.
		messages = slices.DeleteFunc(messages, func(x conversation.Message) bool { return x.Seq > m.Seq })
	}
	return req.Respond(http.StatusOK, view.MessagesUpdate(id, messages))
}

// OlderMessages draws messages before those that the page shows.
func (h *Handlers) OlderMessages(req *page.Request) error {
	id, err := req.ParamID("id", "conversation")
	if err != nil {
		return err
	}
	before := page.ParseMessageNumber(req.QueryParam("before"))
	if before < 1 {
		return fail.New(fail.Invalid, "This page asked for something unreadable. Please reload it.")
	}
	ctx := req.Request().Context()
	if _, err := h.conversations.Get(ctx, req.Actor, id); err != nil {
		return err
	}
	messages, err := h.conversations.ListMessagesBefore(ctx, req.Actor, id, before, conversation.DeskThreadLimit)
	if err != nil {
		return err
	}
	return req.Respond(http.StatusOK, view.OlderMessages(id, messages))
}

// MessageText answers with a message's text as it was written, to be edited.
func (h *Handlers) MessageText(req *page.Request) error {
	c, err := h.loadConversation(req)
	if err != nil {
		return err
	}
	m, err := h.conversations.GetMessage(req.Request().Context(), req.Actor, c.ID, page.ParseMessageNumber(req.Param("seq")))
	if err != nil {
		return err
	}
	return req.SendText(m.Body)
}
