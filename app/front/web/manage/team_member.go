package manage

import (
	"net/http"

	"parley/app/front/web/page"
	view "parley/templates/manage"
	"parley/templates/ui"
)

// Member shows a team member, with the names under which it answers.
func (h *Handlers) Member(req *page.Request) error {
	p := view.TeamMemberPage{}
	if req.QueryParam("saved") != "" {
		p.Form.Saved = "Saved."
	}
	if req.QueryParam("limited") != "" {
		p.LimitsForm.Saved = "Saved. They have been logged out on all devices."
	}
	return h.renderMember(req, p, http.StatusOK)
}

func (h *Handlers) renderAliasForm(req *page.Request, f ui.Form, status int) error {
	return h.renderMember(req, view.TeamMemberPage{Form: f}, status)
}

func (h *Handlers) renderMember(req *page.Request, p view.TeamMemberPage, status int) error {
	id, err := req.ParamID("id", "user")
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	if p.User, err = h.identity.GetListedMember(ctx, req.Actor, id); err != nil {
		return err
	}
	if p.Aliases, err = h.identity.ListAliases(ctx, req.Actor, id); err != nil {
		return err
	}
	if p.Customers, err = h.org.ListCustomers(ctx, req.Actor); err != nil {
		return err
	}
	p.Viewer = viewer(req)
	return req.Respond(status, view.TeamMember(p))
}
