package manage

import (
	"net/http"
	"strings"
	"time"

	"parley/app/domain/visitor"
	"parley/app/front/web/page"
	view "parley/templates/manage"
	"parley/templates/ui"
)

// Blocks shows who is blocked.
func (h *Handlers) Blocks(req *page.Request) error {
	return h.renderBlocks(req, ui.Form{}, http.StatusOK)
}

func (h *Handlers) renderBlocks(req *page.Request, f ui.Form, status int) error {
	list, err := h.visitors.ListBlocks(req.Request().Context(), req.Actor)
	if err != nil {
		return err
	}
	return req.Respond(status, view.Blocks(view.BlocksPage{Viewer: viewer(req), List: list, Form: f}))
}

// AddBlock blocks a network.
func (h *Handlers) AddBlock(req *page.Request) error {
	r := req.FormReader()
	b := visitor.Block{Network: strings.TrimSpace(req.FormValue("network")), Reason: req.FormValue("reason")}
	if days := r.Number("days", "days", 1, visitor.MaxBlockDays, 0); days > 0 {
		b.ExpiresAt = time.Now().AddDate(0, 0, days)
	}
	err := r.Result()
	if err == nil {
		err = h.visitors.AddBlock(req.Request().Context(), req.Actor, b)
	}
	if err != nil {
		f, status, err := req.RefusedForm(err)
		if err != nil {
			return err
		}
		return h.renderBlocks(req, f, status)
	}
	return req.RedirectTo("/admin/blocked")
}

// RemoveBlock removes a block.
func (h *Handlers) RemoveBlock(req *page.Request) error {
	id, err := req.ParamID("id", "block")
	if err != nil {
		return err
	}
	if err := h.visitors.RemoveBlock(req.Request().Context(), req.Actor, id); err != nil {
		return err
	}
	return req.RedirectTo("/admin/blocked")
}
