package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"parley/app/domain/identity"
	"parley/app/platform/access"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
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

// maxMailsPerPerson is how many letters of a kind an organization may have sent to one person within 15 minutes.
const maxMailsPerPerson = 10

// invite makes an invitation and mails it, or shows its link where no mail can be sent. The answer is the same whether or not
// the address is known elsewhere.
func (s *Server) invite(req *request) error {
	ctx := req.Request().Context()
	err := s.identity.CountAttempt(ctx, "invite", req.Actor.Org().String(), s.identity.Limits().Invitations)
	if err == nil {
		err = s.identity.CountAttempt(ctx, "invite to", req.Actor.Org().String()+" "+strings.ToLower(strings.TrimSpace(req.FormValue("email"))), maxMailsPerPerson)
	}
	if _, wrong := validate.Email(req.FormValue("email")); err == nil && wrong == nil { // else it is refused below, and no mail
		err = s.admitMail(ctx, req)
	}
	var secret, email string
	r := req.formReader()
	role, customer, customers := access.Role(req.FormValue("role")), r.id("customer"), r.ids("customers")
	if role != access.Reviewer && customer != uuid.Nil && role.Valid() {
		r.Add("customer", "This is for reviewers only. Choose “Reviewer”, or no customer here.")
	}
	if err == nil {
		err = r.Result()
	}
	if err == nil {
		secret, email, err = s.createInvitation(ctx, req.Actor, identity.NewInvitation{Email: req.FormValue("email"), Role: role, Customer: customer, Customers: customers})
	}
	if err != nil {
		f, status, err := req.refusedForm(err)
		if err != nil {
			return err
		}
		f.Values["customers"] += "" // none is selected: none is shown as selected
		return s.renderTeam(req, manage.TeamPage{Invite: f}, status)
	}
	return s.showLinkOnce(req, manage.OneTimeLink{What: "The invitation is ready.", For: email, Link: s.cfg.PublicURL + "/join/" + secret})
}

// createInvitation creates an invitation and has it mailed; where no mail can be sent, it returns the secret of its link.
func (s *Server) createInvitation(ctx context.Context, actor access.Actor, in identity.NewInvitation) (secret, email string, err error) {
	if s.mails.IsOff() {
		return s.identity.Invite(ctx, actor, in.Email, in.Role, in.Customer, identity.ShownToRequester, in.Customers...)
	}
	email, err = s.identity.InviteByMail(ctx, actor, in, func(tx *pg.Tenant, id uuid.UUID) error { return s.mails.SendInvitation(ctx, tx, id) })
	return "", email, err
}

// admitMail counts a mail that somebody has sent to a person, and refuses it if there were too many.
func (s *Server) admitMail(ctx context.Context, req *request) error {
	if s.mails.IsOff() {
		return nil
	}
	return s.identity.CountMail(ctx, req.Actor.Org())
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
	ctx := req.Request().Context()
	retry, requeue, notify := s.routing.PrepareTakeOffline(ctx, req.Actor.Org(), id)
	endParticipation := s.conversations.RemoveFromAll(ctx, id)
	if err = r.Result(); err == nil && role.Can(access.Answer) {
		notify = func() {}
		err = s.identity.ChangeRole(ctx, req.Actor, id, role, customer, endParticipation)
	} else if err == nil {
		err = retry(func() error {
			return s.identity.ChangeRole(ctx, req.Actor, id, role, customer, requeue, endParticipation)
		})
	}
	if err != nil {
		f, status, err := req.refusedForm(err)
		if err != nil {
			return err
		}
		return s.renderTeam(req, manage.TeamPage{RoleOf: id, RoleForm: f}, status)
	}
	notify()
	return req.redirectTo("/admin/people")
}

// limitToCustomers limits a team member to customers, or lets it serve all of them. Its conversations with others go back into their queues.
func (s *Server) limitToCustomers(req *request) error {
	id, err := req.paramID("id", "user")
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	r := req.formReader()
	var customers []uuid.UUID
	if r.choice("serves", "all", "some") == "some" {
		if customers = r.ids("customers"); len(customers) == 0 {
			r.Add("customers", "Select one customer at least, or “All customers”.")
		}
	}
	err = r.Result()
	requeue, notify := s.conversations.RemoveFromUnservedCustomers(ctx, req.Actor.Org(), id)
	if err == nil {
		err = s.identity.SetCustomers(ctx, req.Actor, id, customers, requeue)
	}
	if err != nil {
		f, status, err := req.refusedForm(err)
		if err != nil {
			return err
		}
		f.Values["customers"] += "" // none is selected: none is shown as selected
		return s.renderTeamMember(req, manage.TeamMemberPage{LimitsForm: f}, status)
	}
	notify()
	return req.redirectTo("/admin/people/" + id.String() + "?limited=1")
}

// disableTeamMember ends a user's sessions and puts the open conversations back into the line, where colleagues see them.
func (s *Server) disableTeamMember(req *request) error {
	id, err := req.paramID("id", "user")
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	retry, requeue, notify := s.routing.PrepareTakeOffline(ctx, req.Actor.Org(), id)
	if err := retry(func() error {
		return s.identity.DisableMember(ctx, req.Actor, id, requeue, s.conversations.RemoveFromAll(ctx, id))
	}); err != nil {
		return s.renderTeamError(req, err)
	}
	notify()
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
	if err := s.identity.CountAttempt(req.Request().Context(), "reset for", req.Actor.Org().String()+" "+id.String(), maxMailsPerPerson); err != nil {
		return s.renderTeamError(req, err)
	}
	if err := s.admitMail(req.Request().Context(), req); err != nil {
		return s.renderTeamError(req, err)
	}
	l, err := s.createResetLink(req.Request().Context(), req.Actor, id)
	if err != nil {
		return s.renderTeamError(req, err)
	}
	return s.showLinkOnce(req, manage.OneTimeLink{What: "The link sets a new password within an hour.", For: l.Email, Link: s.cfg.PublicURL + "/reset/" + l.Secret})
}

// createResetLink creates a link for a new password and has it mailed; where no mail can be sent, it returns the link with its secret.
func (s *Server) createResetLink(ctx context.Context, actor access.Actor, user uuid.UUID) (identity.ResetLink, error) {
	if s.mails.IsOff() {
		return s.identity.CreateResetLink(ctx, actor, user, identity.ShownToRequester)
	}
	email, err := s.identity.CreateResetLinkByMail(ctx, actor, user, func(tx *pg.Tenant, id uuid.UUID) error { return s.mails.SendReset(ctx, tx, id) })
	return identity.ResetLink{Email: email}, err
}
