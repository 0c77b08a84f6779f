package web

import (
	"net/http"

	"parley/app/domain/team"
	"parley/app/platform/access"
	"parley/templates/manage"
)

func (s *Server) team(req *request) error {
	link, err := s.popLink(req)
	if err != nil {
		return err
	}
	return s.renderTeam(req, manage.TeamPage{Link: link}, http.StatusOK)
}

func (s *Server) renderTeam(req *request, p manage.TeamPage, status int) (err error) {
	ctx := req.Request().Context()
	p.Viewer = req.viewer()
	if p.Members, err = s.identity.ListTeam(ctx, req.Actor); err != nil {
		return err
	}
	if p.Invitations, err = s.identity.ListInvitations(ctx, req.Actor); err != nil {
		return err
	}
	if p.Customers, err = s.org.ListCustomers(ctx, req.Actor); err != nil {
		return err
	}
	return s.render(req, status, manage.Team(p))
}

// renderTeamError shows the list with what was wrong with a change.
func (s *Server) renderTeamError(req *request, err error) error {
	f, status, err := refusedForm(req, err)
	if err != nil {
		return err
	}
	for _, message := range f.Errors {
		f.Message = message
	}
	return s.renderTeam(req, manage.TeamPage{Form: f}, status)
}

// invite makes an invitation and mails it, or shows its link where no mail can be sent.
func (s *Server) invite(req *request) error {
	r := req.formReader()
	in := team.Invitation{Email: req.FormValue("email"), Role: access.Role(req.FormValue("role")), Customer: r.id("customer"), Customers: r.ids("customers")}
	err := r.Result()
	var link team.Link
	if err == nil {
		link, err = s.teams.Invite(req.Request().Context(), req.TeamMember, in)
	}
	if err != nil {
		f, status, err := req.refusedForm(err)
		if err != nil {
			return err
		}
		f.Values["customers"] += "" // none is selected: none is shown as selected
		return s.renderTeam(req, manage.TeamPage{Invite: f}, status)
	}
	return s.showLinkOnce(req, manage.OneTimeLink{What: "The invitation is ready.", For: link.Email, Link: link.URL})
}

func (s *Server) revokeInvitation(req *request) error {
	id, err := req.paramID("id", "invitation")
	if err != nil {
		return err
	}
	if err := s.identity.RevokeInvitation(req.Request().Context(), req.Actor, id); err != nil {
		return err
	}
	return req.redirectTo("/admin/people")
}

func (s *Server) changeRole(req *request) error {
	id, err := req.paramID("id", "user")
	if err != nil {
		return err
	}
	r := req.formReader()
	role, customer := access.Role(req.FormValue("role")), r.id("customer")
	if err = r.Result(); err == nil {
		err = s.teams.ChangeRole(req.Request().Context(), req.Actor, id, role, customer)
	}
	if err != nil {
		f, status, err := req.refusedForm(err)
		if err != nil {
			return err
		}
		return s.renderTeam(req, manage.TeamPage{RoleOf: id, RoleForm: f}, status)
	}
	return req.redirectTo("/admin/people")
}

// limitToCustomers limits a team member to customers, or lets it serve all of them.
func (s *Server) limitToCustomers(req *request) error {
	id, err := req.paramID("id", "user")
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	r := req.formReader()
	serves, customers := r.choice("serves", "all", "some"), r.ids("customers")
	switch err = r.Result(); {
	case err != nil:
	case serves == "some":
		err = s.teams.LimitToCustomers(ctx, req.Actor, id, customers)
	default:
		err = s.teams.ServeAllCustomers(ctx, req.Actor, id)
	}
	if err != nil {
		f, status, err := req.refusedForm(err)
		if err != nil {
			return err
		}
		f.Values["customers"] += "" // none is selected: none is shown as selected
		return s.renderTeamMember(req, manage.TeamMemberPage{LimitsForm: f}, status)
	}
	return req.redirectTo("/admin/people/" + id.String() + "?limited=1")
}

func (s *Server) disableTeamMember(req *request) error {
	id, err := req.paramID("id", "user")
	if err != nil {
		return err
	}
	if err := s.teams.Disable(req.Request().Context(), req.Actor, id); err != nil {
		return s.renderTeamError(req, err)
	}
	return req.redirectTo("/admin/people")
}

func (s *Server) enableTeamMember(req *request) error {
	id, err := req.paramID("id", "user")
	if err != nil {
		return err
	}
	if err := s.identity.EnableMember(req.Request().Context(), req.Actor, id); err != nil {
		return s.renderTeamError(req, err)
	}
	return req.redirectTo("/admin/people")
}

func (s *Server) resetTeamMemberPassword(req *request) error {
	id, err := req.paramID("id", "user")
	if err != nil {
		return err
	}
	link, err := s.teams.SendPasswordReset(req.Request().Context(), req.TeamMember, id)
	if err != nil {
		return s.renderTeamError(req, err)
	}
	return s.showLinkOnce(req, manage.OneTimeLink{What: "The link sets a new password within an hour.", For: link.Email, Link: link.URL})
}
