package desk

import (
	"net/http"

	"parley/app/domain/visitor"
	"parley/app/front/web/page"
	"parley/templates/desk"
)

// BlockVisitor blocks the visitor of a conversation.
func (h *Handlers) BlockVisitor(req *page.Request) error {
	c, err := h.loadConversation(req)
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	if err := h.visitors.AddBlock(ctx, req.Actor, visitor.Block{Visitor: c.Visitor,
		Reason: req.FormValue("reason")}); err != nil {
		return err
	}
	return req.Respond(http.StatusOK, desk.BlockedNotice())
}
