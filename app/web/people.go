package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/bidi"
	"parley/app/fail"
	"parley/app/jobs"
	"parley/templates/admin"
)

func (s *Server) people(v *visit) error {
	made, err := s.popMade(v)
	if err != nil {
		return err
	}
	return s.peopleWith(v, admin.PeoplePage{Made: made}, http.StatusOK)
}

func (s *Server) peopleWith(v *visit, p admin.PeoplePage, status int) (err error) {
	ctx := v.Request().Context()
	p.Viewer = v.viewer()
	if p.Users, err = s.identity.Users(ctx, v.Actor); err != nil {
		return err
	}
	if p.Invitations, err = s.identity.Invitations(ctx, v.Actor); err != nil {
		return err
	}
	if p.Customers, err = s.org.Customers(ctx, v.Actor); err != nil {
		return err
	}
	return s.draw(v, status, admin.People(p))
}

// peopleAgain shows the list with what was wrong with a change.
func (s *Server) peopleAgain(v *visit, err error) error {
	f, status, err := form(v, err)
	if err != nil {
		return err
	}
	for _, message := range f.Errors {
		f.Message = message
	}
	return s.peopleWith(v, admin.PeoplePage{Form: f}, status)
}

// letters is how many letters of a kind an organization may have sent to one person within 15 minutes.
const letters = 10

// invite makes an invitation and mails it, or shows its link where no mail can be sent. The answer is the same whether or not
// the address is known elsewhere.
func (s *Server) invite(v *visit) error {
	ctx := v.Request().Context()
	err := s.identity.Limited(ctx, "invite", v.Actor.Org().String(), s.identity.Limits().Invitations)
	if err == nil {
		err = s.identity.Limited(ctx, "invite to", v.Actor.Org().String()+" "+strings.ToLower(strings.TrimSpace(v.FormValue("email"))), letters)
	}
	if _, wrong := fail.Email(v.FormValue("email")); err == nil && wrong == nil { // else it is refused below, and no mail
		err = s.mayMail(ctx, v)
	}
	var secret, email string
	r := v.reading()
	role, customer, customers := access.Role(v.FormValue("role")), r.id("customer"), r.ids("customers")
	if role != access.Reviewer && customer != uuid.Nil && role.Valid() {
		r.Add("customer", "This is for reviewers only. Choose “Reviewer”, or no customer here.")
	}
	if err == nil {
		err = r.Result()
	}
	if err == nil {
		secret, email, err = s.identity.Invite(ctx, v.Actor, v.FormValue("email"), role, customer, s.delivery(), customers...)
	}
	if err != nil {
		f, status, err := v.typed(err)
		if err != nil {
			return err
		}
		f.Values["customers"] += "" // none is selected: none is shown as selected
		return s.peopleWith(v, admin.PeoplePage{Invite: f}, status)
	}
	link := s.cfg.PublicURL + "/join/" + secret
	org, person := jobs.Words(v.OrgName, jobs.OrganizationWords, "an organization"), jobs.Words(v.Name, jobs.PersonWords, "Somebody")
	err = s.mail.Send(jobs.Letter{Org: v.Actor.Org(), To: email, Subject: "Join " + org + " on Parley", Text: bidi.Isolate(person) + " has invited you to " +
		bidi.Isolate(org) + ".\nEnter your name and a password here within seven days:\n\n" + link + "\n" + s.sender(v)})
	if err != nil {
		return s.peopleAgain(v, err)
	}
	return s.showMade(v, admin.Made{What: "The invitation is ready.", For: email, Link: link})
}

// mayMail counts a mail that somebody has sent to a person, and refuses it if there were too many, or too much waits.
func (s *Server) mayMail(ctx context.Context, v *visit) error {
	if s.mail.Off() {
		return nil
	}
	if err := s.mail.Room(v.Actor.Org()); err != nil {
		return err
	}
	return s.identity.CountMail(ctx, v.Actor.Org())
}

// sender says at the end of a letter who has sent it, and where it can be reported.
func (s *Server) sender(v *visit) string {
	return "\n--\nSent for " + bidi.Isolate(jobs.Words(v.OrgName, jobs.OrganizationWords, "an organization")) + " by " + v.Email +
		".\nIf you do not know them, do nothing. To report this mail, forward it to " + s.mail.Report() + ".\n"
}

func (s *Server) uninvite(v *visit) error {
	id, err := v.id("id", "invitation")
	if err != nil {
		return err
	}
	if err := s.identity.Uninvite(v.Request().Context(), v.Actor, id); err != nil {
		return err
	}
	return v.back("/admin/people")
}

func (s *Server) changeRole(v *visit) error {
	id, err := v.id("id", "user")
	if err != nil {
		return err
	}
	r := v.reading()
	role, customer := access.Role(v.FormValue("role")), r.id("customer")
	ctx := v.Request().Context()
	again, leave, tell := s.queue.Dismissal(ctx, v.Actor.Org(), id)
	end := s.chat.EndVisits(ctx, id)
	if err = r.Result(); err == nil && role.May(access.Answer) {
		tell = func() {}
		err = s.identity.ChangeRole(ctx, v.Actor, id, role, customer, end)
	} else if err == nil {
		err = again(func() error { return s.identity.ChangeRole(ctx, v.Actor, id, role, customer, leave, end) })
	}
	if err != nil {
		f, status, err := v.typed(err)
		if err != nil {
			return err
		}
		return s.peopleWith(v, admin.PeoplePage{RoleOf: id, RoleForm: f}, status)
	}
	tell()
	return v.back("/admin/people")
}

// setCustomers limits a team member to customers, or lets it serve all of them. Its conversations with others go back into their queues.
func (s *Server) setCustomers(v *visit) error {
	id, err := v.id("id", "user")
	if err != nil {
		return err
	}
	ctx := v.Request().Context()
	r := v.reading()
	var customers []uuid.UUID
	if r.choice("serves", "all", "some") == "some" {
		if customers = r.ids("customers"); len(customers) == 0 {
			r.Add("customers", "Select one customer at least, or “All customers”.")
		}
	}
	err = r.Result()
	leave, tell := s.chat.LeaveBeyondLimits(ctx, v.Actor.Org(), id)
	if err == nil {
		err = s.identity.SetCustomers(ctx, v.Actor, id, customers, leave)
	}
	if err != nil {
		f, status, err := v.typed(err)
		if err != nil {
			return err
		}
		f.Values["customers"] += "" // none is selected: none is shown as selected
		return s.personAgain(v, admin.PersonPage{Limits: f}, status)
	}
	tell()
	return v.back("/admin/people/" + id.String() + "?limited=1")
}

// disable ends a user's sessions and puts the open conversations back into the line, where colleagues see them.
func (s *Server) disable(v *visit) error {
	id, err := v.id("id", "user")
	if err != nil {
		return err
	}
	ctx := v.Request().Context()
	again, leave, tell := s.queue.Dismissal(ctx, v.Actor.Org(), id)
	if err := again(func() error { return s.identity.Disable(ctx, v.Actor, id, leave, s.chat.EndVisits(ctx, id)) }); err != nil {
		return s.peopleAgain(v, err)
	}
	tell()
	return v.back("/admin/people")
}

func (s *Server) enable(v *visit) error {
	id, err := v.id("id", "user")
	if err != nil {
		return err
	}
	if err := s.identity.Enable(v.Request().Context(), v.Actor, id); err != nil {
		return s.peopleAgain(v, err)
	}
	return v.back("/admin/people")
}

func (s *Server) resetColleague(v *visit) error {
	id, err := v.id("id", "user")
	if err != nil {
		return err
	}
	if err := s.identity.Limited(v.Request().Context(), "reset for", v.Actor.Org().String()+" "+id.String(), letters); err != nil {
		return s.peopleAgain(v, err)
	}
	if err := s.mayMail(v.Request().Context(), v); err != nil {
		return s.peopleAgain(v, err)
	}
	l, err := s.identity.ResetLinkFor(v.Request().Context(), v.Actor, id, s.delivery())
	if err != nil {
		return s.peopleAgain(v, err)
	}
	link := s.cfg.PublicURL + "/reset/" + l.Secret
	org, person := jobs.Words(v.OrgName, jobs.OrganizationWords, "your organization"), jobs.Words(v.Name, jobs.PersonWords, "A manager")
	err = s.mail.Send(jobs.Letter{Org: v.Actor.Org(), To: l.Email, Subject: "A new password for Parley", Text: bidi.Isolate(person) + " of " + bidi.Isolate(org) +
		" has asked for a new password for your Parley log-in. It will be the password in all organizations that know you by this address.\n" +
		"Set it here within an hour:\n\n" + link + "\n" + s.sender(v)})
	if err != nil {
		return s.peopleAgain(v, err)
	}
	return s.showMade(v, admin.Made{What: "The link sets a new password within an hour.", For: l.Email, Link: link})
}
