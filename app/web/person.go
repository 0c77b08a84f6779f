package web

import (
	"net/http"

	"parley/app/fail"
	"parley/templates/admin"
	"parley/templates/ui"
)

// person shows one user, with the names under which it answers.
func (s *Server) person(v *visit) error {
	f := ui.Form{}
	if v.QueryParam("saved") != "" {
		f.Saved = "Saved."
	}
	return s.personWith(v, f, http.StatusOK)
}

func (s *Server) personWith(v *visit, f ui.Form, status int) error {
	id, err := v.id("id", "user")
	if err != nil {
		return err
	}
	ctx := v.Request().Context()
	users, err := s.identity.Users(ctx, v.Actor)
	if err != nil {
		return err
	}
	for _, u := range users {
		if u.ID == id {
			aliases, err := s.identity.Aliases(ctx, v.Actor, id)
			if err != nil {
				return err
			}
			return s.draw(v, status, admin.Person(admin.PersonPage{Viewer: v.viewer(), User: u, Aliases: aliases, Form: f}))
		}
	}
	return fail.Missing("user")
}

func (s *Server) setAliases(v *visit) error {
	id, err := v.id("id", "user")
	if err != nil {
		return err
	}
	ctx := v.Request().Context()
	aliases, err := s.identity.Aliases(ctx, v.Actor, id)
	if err != nil {
		return err
	}
	var fields []string
	for _, a := range aliases {
		field := "alias-" + a.Customer.String()
		fields = append(fields, field)
		if name := v.FormValue(field); name != a.Name {
			if err := s.identity.SetAlias(ctx, v.Actor, id, a.Customer, name); err != nil {
				f, status, err := form(v, err, fields...)
				if err != nil {
					return err
				}
				return s.personWith(v, f, status)
			}
		}
	}
	if len(aliases) == 0 {
		return fail.Missing("user")
	}
	return v.back("/admin/people/" + id.String() + "?saved=1")
}
