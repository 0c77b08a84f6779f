package manage

import (
	"parley/app/front/web/page"
)

// DisableMember ends a team member's sessions; its open conversations go back into their queues.
func (h *Handlers) DisableMember(req *page.Request) error {
	id, err := req.ParamID("id", "user")
	if err != nil {
		return err
	}
	if err := h.teams.Disable(req.Request().Context(), req.Actor, id); err != nil {
		return h.renderTeamError(req, err)
	}
	return req.RedirectTo("/admin/team")
}

// EnableMember lets a team member log in again.
func (h *Handlers) EnableMember(req *page.Request) error {
	id, err := req.ParamID("id", "user")
	if err != nil {
		return err
	}
	if err := h.identity.EnableMember(req.Request().Context(), req.Actor, id); err != nil {
		return h.renderTeamError(req, err)
	}
	return req.RedirectTo("/admin/team")
}
