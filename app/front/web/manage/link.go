package manage

import (
	"parley/app/front/web/page"
	view "parley/templates/manage"
)

// showLinkOnce leads to the list of the team, which shows once what was made: its link, or, if that was mailed, only for whom.
func (h *Handlers) showLinkOnce(req *page.Request, link view.OneTimeLink) error {
	if err := h.sessions.PutOnce(req.Request().Context(), link); err != nil {
		return err
	}
	return req.RedirectTo("/admin/team")
}

// takeLink returns what showLinkOnce has stored, and removes it; the zero value if there is nothing.
func (h *Handlers) takeLink(req *page.Request) (link view.OneTimeLink, err error) {
	if req.IsRenderOnly() {
		return link, nil
	}
	err = h.sessions.TakeOnce(req.Request().Context(), &link)
	return link, err
}
