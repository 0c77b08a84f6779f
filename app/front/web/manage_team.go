package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"parley/app/platform/access"
	"parley/app/platform/bidi"
	"parley/app/platform/mail"
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
		secret, email, err = s.identity.Invite(ctx, req.Actor, req.FormValue("email"), role, customer, s.linkDelivery(), customers...)
	}
	if err != nil {
		f, status, err := req.refusedForm(err)
		if err != nil {
			return err
		}
		f.Values["customers"] += "" // none is selected: none is shown as selected
		return s.renderTeam(req, manage.TeamPage{Invite: f}, status)
	}
	link := s.cfg.PublicURL + "/join/" + secret
	org, person := mail.SafeName(req.OrgName, mail.MaxOrganizationName, "an organization"), mail.SafeName(req.Name, mail.MaxPersonName, "Somebody")
	err = s.mail.Send(mail.Message{Org: req.Actor.Org(), To: email, Subject: "Join " + org + " on Parley", Text: bidi.Isolate(person) + " has invited you to " +
		bidi.Isolate(org) + ".\nEnter your name and a password here within seven days:\n\n" + link + "\n" + s.mailFooter(req)})
	if err != nil {
		return s.renderTeamError(req, err)
	}
	return s.showLinkOnce(req, manage.OneTimeLink{What: "The invitation is ready.", For: email, Link: link})
}

// admitMail counts a mail that somebody has sent to a person, and refuses it if there were too many, or too much waits.
func (s *Server) admitMail(ctx context.Context, req *request) error {
	if s.mail.IsOff() {
		return nil
	}
	if err := s.mail.CheckCapacity(req.Actor.Org()); err != nil {
		return err
	}
	return s.identity.CountMail(ctx, req.Actor.Org())
}

// mailFooter says at the end of a letter who has sent it, and where it can be reported.
func (s *Server) mailFooter(req *request) string {
	return "\n--\nSent for " + bidi.Isolate(mail.SafeName(req.OrgName, mail.MaxOrganizationName, "an organization")) + " by " + req.Email +
		".\nIf you do not know them, do nothing. To report this mail, forward it to " + s.mail.AbuseAddress() + ".\n"
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
	l, err := s.identity.CreateResetLink(req.Request().Context(), req.Actor, id, s.linkDelivery())
	if err != nil {
		return s.renderTeamError(req, err)
	}
	link := s.cfg.PublicURL + "/reset/" + l.Secret
	org, person := mail.SafeName(req.OrgName, mail.MaxOrganizationName, "your organization"), mail.SafeName(req.Name, mail.MaxPersonName, "A manager")
	err = s.mail.Send(mail.Message{Org: req.Actor.Org(), To: l.Email, Subject: "A new password for Parley", Text: bidi.Isolate(person) + " of " + bidi.Isolate(org) +
		" has asked for a new password for your Parley log-in. It will be the password in all organizations that know you by this address.\n" +
		"Set it here within an hour:\n\n" + link + "\n" + s.mailFooter(req)})
	if err != nil {
		return s.renderTeamError(req, err)
	}
	return s.showLinkOnce(req, manage.OneTimeLink{What: "The link sets a new password within an hour.", For: l.Email, Link: link})
}
