package desk

import (
	"parley/app/domain/conversation"
	"parley/app/front/web/page"
)

// loadConversation returns the conversation that an address names; fail.NotFound for somebody who may not see it.
func (h *Handlers) loadConversation(req *page.Request) (conversation.Conversation, error) {
	id, err := req.ParamID("id", "conversation")
	if err != nil {
		return conversation.Conversation{}, err
	}
	return h.conversations.Get(req.Request().Context(), req.Actor, id)
}

// loadWritableConversation is loadConversation for somebody who may change what belongs to the conversation.
func (h *Handlers) loadWritableConversation(req *page.Request) (conversation.Conversation, error) {
	c, err := h.loadConversation(req)
	if err == nil {
		err = h.conversations.CheckWriteAccess(req.Request().Context(), req.Actor, c.ID)
	}
	return c, err
}
