package manage

import (
	"net/http"

	"parley/app/front/web/page"
	view "parley/templates/manage"
)

// Team shows the team and its invitations, and once the link that was just made.
func (h *Handlers) Team(req *page.Request) error {
	link, err := h.takeLink(req)
	if err != nil {
		return err
	}
	return h.renderTeam(req, view.TeamPage{Link: link}, http.StatusOK)
}

func (h *Handlers) renderTeam(req *page.Request, p view.TeamPage, status int) (err error) {
	ctx := req.Request().Context()
	p.Viewer = viewer(req)
	if p.Members, err = h.identity.ListTeam(ctx, req.Actor); err != nil {
		return err
	}
	if p.Invitations, err = h.identity.ListInvitations(ctx, req.Actor); err != nil {
		return err
	}
	if p.Customers, err = h.org.ListCustomers(ctx, req.Actor); err != nil {
		return err
	}
	return req.Respond(status, view.Team(p))
}

// renderTeamError shows the team with what was wrong with a change.
func (h *Handlers) renderTeamError(req *page.Request, err error) error {
	f, status, err := page.RefusedForm(req, err)
	if err != nil {
		return err
	}
	for _, message := range f.Errors {
		f.Message = message
	}
	return h.renderTeam(req, view.TeamPage{Form: f}, status)
}
