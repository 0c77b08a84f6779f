package manage

import (
	"parley/app/front/web/page"
	"parley/app/platform/access"
	view "parley/templates/manage"
)

// ChangeRole changes a team member's role.
func (h *Handlers) ChangeRole(req *page.Request) error {
	id, err := req.ParamID("id", "user")
	if err != nil {
		return err
	}
	r := req.FormReader()
	role, customer := access.Role(req.FormValue("role")), r.UUID("customer")
	if err = r.Result(); err == nil {
		err = h.teams.ChangeRole(req.Request().Context(), req.Actor, id, role, customer)
	}
	if err != nil {
		f, status, err := req.RefusedForm(err)
		if err != nil {
			return err
		}
		return h.renderTeam(req, view.TeamPage{RoleOf: id, RoleForm: f}, status)
	}
	return req.RedirectTo("/admin/team")
}

// LimitToCustomers limits a team member to customers, or lets it serve all of them. Its conversations with others go back into their
// queues.
func (h *Handlers) LimitToCustomers(req *page.Request) error {
	id, err := req.ParamID("id", "user")
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	r := req.FormReader()
	serves, customers := r.Choice("serves", "all", "some"), r.UUIDs("customers")
	switch err = r.Result(); {
	case err != nil:
	case serves == "some":
		err = h.teams.LimitToCustomers(ctx, req.Actor, id, customers)
	default:
		err = h.teams.ServeAllCustomers(ctx, req.Actor, id)
	}
	if err != nil {
		f, status, err := req.RefusedForm(err)
		if err != nil {
			return err
		}
		f.Values["customers"] += "" // none is selected: none is shown as selected
		return h.renderMember(req, view.TeamMemberPage{LimitsForm: f}, status)
	}
	return req.RedirectTo("/admin/team/" + id.String() + "?limited=1")
}
