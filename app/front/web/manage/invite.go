package manage

import (
	"parley/app/domain/team"
	"parley/app/front/web/page"
	"parley/app/platform/access"
	view "parley/templates/manage"
)

// Invite invites somebody. The answer is the same whether or not the address is known elsewhere.
func (h *Handlers) Invite(req *page.Request) error {
	r := req.FormReader()
	in := team.Invitation{Email: req.FormValue("email"), Role: access.Role(req.FormValue("role")),
		Customer: r.UUID("customer"), Customers: r.UUIDs("customers")}
	err := r.Result()
	var link team.Link
	if err == nil {
		link, err = h.teams.Invite(req.Request().Context(), req.TeamMember, in)
	}
	if err != nil {
		f, status, err := req.RefusedForm(err)
		if err != nil {
			return err
		}
		f.Values["customers"] += "" // none is selected: none is shown as selected
		return h.renderTeam(req, view.TeamPage{Invite: f}, status)
	}
	return h.showLinkOnce(req, view.OneTimeLink{What: "Invitation created.", For: link.Email, Link: link.URL})
}

// RevokeInvitation revokes an invitation.
func (h *Handlers) RevokeInvitation(req *page.Request) error {
	id, err := req.ParamID("id", "invitation")
	if err != nil {
		return err
	}
	if err := h.identity.RevokeInvitation(req.Request().Context(), req.Actor, id); err != nil {
		return err
	}
	return req.RedirectTo("/admin/team")
}
