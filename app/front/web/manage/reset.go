package manage

import (
	"parley/app/front/web/page"
	view "parley/templates/manage"
)

// ResetPassword makes a link that sets a team member's new password.
func (h *Handlers) ResetPassword(req *page.Request) error {
	id, err := req.ParamID("id", "user")
	if err != nil {
		return err
	}
	link, err := h.teams.SendPasswordReset(req.Request().Context(), req.TeamMember, id)
	if err != nil {
		return h.renderTeamError(req, err)
	}
	return h.showLinkOnce(req, view.OneTimeLink{What: "Password link created. It expires in an hour.", For: link.Email,
		Link: link.URL})
}
