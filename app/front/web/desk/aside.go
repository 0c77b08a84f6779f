package desk

import (
	"net/http"
	"time"

	"parley/app/front/web/page"
	view "parley/templates/desk"
)

// Aside draws what is known about a conversation and its visitor; with ?only=page, what the visitor's page says.
func (h *Handlers) Aside(req *page.Request) error {
	if req.QueryParam("only") == "page" {
		return h.asideOfPage(req)
	}
	id, err := req.ParamID("id", "conversation")
	if err != nil {
		return err
	}
	p, err := h.screens.LoadAside(req.Request().Context(), req.Actor, id)
	if err != nil {
		return err
	}
	return req.Respond(http.StatusOK, view.Aside(p, time.Now()))
}

func (h *Handlers) asideOfPage(req *page.Request) error {
	id, err := req.ParamID("id", "conversation")
	if err != nil {
		return err
	}
	p, err := h.screens.LoadAsideVisitor(req.Request().Context(), req.Actor, id)
	if err != nil {
		return err
	}
	return req.Respond(http.StatusOK, view.AsideVisitorUpdate(p, time.Now()))
}

// EarlierConversation draws an earlier conversation of the visitor.
func (h *Handlers) EarlierConversation(req *page.Request) error {
	id, err := req.ParamID("id", "conversation")
	if err != nil {
		return err
	}
	other, err := req.ParamID("other", "conversation")
	if err != nil {
		return err
	}
	earlier, err := h.screens.LoadEarlier(req.Request().Context(), req.Actor, id, other)
	if err != nil {
		return err
	}
	return req.Respond(http.StatusOK, view.Earlier(earlier))
}
