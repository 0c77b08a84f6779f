package desk

import (
	"net/http"
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
		return fail.New(fail.Invalid, "The message has no id. Copy your text and reload the page.")
	}
	shown, err := strconv.Atoi(req.FormValue("after"))
	if err != nil {
		shown = -1
	}
	m, messages, err := h.conversations.PostAsAgent(req.Request().Context(), req.Actor, conversation.AgentMessage{ID: message,
		Conversation: id, Kind: conversation.Kind(req.FormValue("kind")), TargetSeq: page.ParseMessageNumber(req.FormValue("of")),
		Body: req.FormValue("body"), ShownSeq: shown})
	if m.Kind == conversation.Text { // it is stored, whatever the error says of the messages before it
		h.recordReplySource(req, id, m.Body)
	}
	if err != nil {
		return err
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
		return fail.New(fail.Invalid, "This page sent an invalid request. Reload it.")
	}
	messages, err := h.conversations.ListMessagesBefore(req.Request().Context(), req.Actor, id, before, conversation.DeskThreadLimit)
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
