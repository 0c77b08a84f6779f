package web

import (
	"net/http"

	"github.com/google/uuid"

	"parley/app/fail"
	"parley/app/files"
	"parley/app/identity"
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
	if len(aliases) == 0 {
		return fail.Missing("user")
	}
	r := v.reading()
	var changes []identity.AliasChange
	var stored []files.File
	for _, a := range aliases {
		change := identity.AliasChange{Customer: a.Customer}
		if field := "alias-" + a.Customer.String(); r.posted(field) && v.FormValue(field) != a.Name {
			name := v.FormValue(field)
			change.Name = &name
		}
		field := "picture-" + a.Customer.String()
		file, err := s.attach(v, field, files.Picture, []files.Sort{files.Images}, pictureMost)
		if e := fail.As(err); e != nil && e.Kind != fail.Busy {
			r.Add(field, "%s", e.Message)
		} else if err != nil {
			s.dropAll(v, stored, err)
			return err
		}
		without := r.on("no-" + field)
		switch {
		case without && file.ID != uuid.Nil:
			r.Add(field, "Choose a picture, or none: not both.")
			fallthrough
		case file.ID != uuid.Nil:
			stored = append(stored, file)
			change.Picture = &file.ID
		case without:
			none := uuid.Nil
			change.Picture = &none
		}
		if change.Name != nil || change.Picture != nil {
			changes = append(changes, change)
		}
	}
	if err = r.Result(); err == nil && len(changes) > 0 {
		err = s.identity.SetAliases(ctx, v.Actor, id, changes)
	}
	if err != nil {
		s.dropAll(v, stored, err)
		f, status, err := v.typed(err)
		if err != nil {
			return err
		}
		if len(stored) > 0 && f.Message == "" {
			f.Message = "Nothing was changed. Choose the pictures again, too: a browser does not send them twice."
		}
		return s.personWith(v, f, status)
	}
	return v.back("/admin/people/" + id.String() + "?saved=1")
}

// dropAll removes files that were stored for what was then refused.
func (s *Server) dropAll(v *visit, list []files.File, because error) {
	for _, f := range list {
		s.drop(v, v.Actor, f, because)
	}
}
