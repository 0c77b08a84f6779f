package web

import (
	"net/http"

	"github.com/google/uuid"

	"parley/app/fail"
	"parley/app/files"
	"parley/templates/admin"
	"parley/templates/ui"
)

// person shows one user, with the names under which it answers.
func (s *Server) person(v *visit) error {
	p := admin.PersonPage{}
	if v.QueryParam("saved") != "" {
		p.Form.Saved = "Saved."
	}
	if v.QueryParam("limited") != "" {
		p.Limits.Saved = "Saved. It holds from now on; all their sessions have ended."
	}
	return s.personAgain(v, p, http.StatusOK)
}

func (s *Server) personWith(v *visit, f ui.Form, status int) error {
	return s.personAgain(v, admin.PersonPage{Form: f}, status)
}

func (s *Server) personAgain(v *visit, p admin.PersonPage, status int) error {
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
			p.Viewer, p.User = v.viewer(), u
			if p.Aliases, err = s.identity.Aliases(ctx, v.Actor, id); err != nil {
				return err
			}
			if p.Customers, err = s.org.Customers(ctx, v.Actor); err != nil {
				return err
			}
			return s.draw(v, status, admin.Person(p))
		}
	}
	return fail.Missing("user")
}

// pictureMost is the largest picture of an agent: panels load it whole.
const pictureMost = 512 << 10

func (s *Server) setAliases(v *visit) error {
	id, err := v.id("id", "user")
	if err != nil {
		return err
	}
	done, err := s.whole(v, pictureMost)
	if err != nil {
		return err
	}
	defer done()
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
	for _, a := range aliases {
		field := "picture-" + a.Customer.String()
		file, err := s.attach(v, field, files.Picture, []files.Sort{files.Images}, pictureMost)
		if err == nil && (file.ID != uuid.Nil || v.FormValue("no-"+field) == "on") {
			if err = s.identity.SetPicture(ctx, v.Actor, id, a.Customer, file.ID); err != nil && file.ID != uuid.Nil {
				s.drop(v, v.Actor, file, err)
			}
		}
		if err != nil {
			if e := fail.As(err); e != nil && len(e.Fields) == 0 {
				err = fail.Field(field, "%s", e.Message)
			}
			f, status, err := form(v, err, fields...)
			if err != nil {
				return err
			}
			return s.personWith(v, f, status)
		}
	}
	if len(aliases) == 0 {
		return fail.Missing("user")
	}
	return v.back("/admin/people/" + id.String() + "?saved=1")
}
