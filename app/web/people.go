package web

import (
	"net/http"
	"strings"

	"parley/app/access"
	"parley/app/jobs"
	"parley/templates/admin"
)

func (s *Server) people(v *visit) error {
	p := admin.PeoplePage{}
	if kept := strings.Split(s.sessions.PopString(v.Request().Context(), sessionLink), "\n"); len(kept) == 4 {
		p.LinkHelp, p.LinkFor, p.Link, p.LinkSent = kept[0], kept[1], kept[2], kept[3] != ""
	}
	return s.peopleWith(v, p, http.StatusOK)
}

// sessionLink keeps a link that was just made until the page that shows it is drawn, once: a reload neither shows it again
// nor makes another one.
const sessionLink = "link"

func (s *Server) showLink(v *visit, help, to, link string, sent bool) error {
	mark := ""
	if sent {
		mark = "sent"
	}
	s.sessions.Put(v.Request().Context(), sessionLink, strings.Join([]string{help, to, link, mark}, "\n"))
	return v.back("/admin/people")
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

func (s *Server) invite(v *visit) error {
	err := s.identity.Limited(v.Request().Context(), "invite", v.Actor.Org().String(), 100)
	var secret, email string
	if err == nil {
		secret, email, err = s.identity.Invite(v.Request().Context(), v.Actor, v.FormValue("email"), access.Role(v.FormValue("role")), v.optionalID("customer"))
	}
	if err != nil {
		f, status, err := form(v, err, "email", "role", "customer")
		if err != nil {
			return err
		}
		return s.peopleWith(v, admin.PeoplePage{Invite: f}, status)
	}
	link := s.cfg.PublicURL + "/join/" + secret
	s.mail.Send(jobs.Letter{To: email, Subject: "Join " + v.OrgName + " on Parley", Text: v.Name + " has invited you to " + v.OrgName +
		".\nChoose a name and a password here within seven days:\n\n" + link + "\n"})
	return s.showLink(v, "The invitation is ready.", email, link, !s.mail.Off())
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
	role := access.Role(v.FormValue("role"))
	if err := s.identity.ChangeRole(v.Request().Context(), v.Actor, id, role, v.optionalID("customer")); err != nil {
		return s.peopleAgain(v, err)
	}
	if !role.May(access.Answer) {
		if err := s.queue.Dismiss(v.Request().Context(), v.Actor, id); err != nil {
			return err
		}
	}
	if err := s.chat.EndVisits(v.Request().Context(), v.Actor, id); err != nil {
		return err
	}
	s.queue.Changed(v.Actor.Org())
	return v.back("/admin/people")
}

// disable ends a user's sessions and puts the open conversations back into the line, where colleagues see them.
func (s *Server) disable(v *visit) error {
	id, err := v.id("id", "user")
	if err != nil {
		return err
	}
	if err := s.identity.Disable(v.Request().Context(), v.Actor, id); err != nil {
		return s.peopleAgain(v, err)
	}
	if err := s.queue.Dismiss(v.Request().Context(), v.Actor, id); err != nil {
		return err
	}
	if err := s.chat.EndVisits(v.Request().Context(), v.Actor, id); err != nil {
		return err
	}
	s.queue.Changed(v.Actor.Org())
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
	s.queue.Changed(v.Actor.Org())
	return v.back("/admin/people")
}

func (s *Server) resetColleague(v *visit) error {
	id, err := v.id("id", "user")
	if err != nil {
		return err
	}
	l, err := s.identity.ResetLinkFor(v.Request().Context(), v.Actor, id)
	if err != nil {
		return s.peopleAgain(v, err)
	}
	return s.showLink(v, "The link sets a new password within an hour.", l.Email, s.cfg.PublicURL+"/reset/"+l.Secret, false)
}
