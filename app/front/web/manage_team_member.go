package web

import (
	"net/http"

	"github.com/google/uuid"

	"parley/app/domain/files"
	"parley/app/domain/identity"
	"parley/app/platform/fail"
	"parley/templates/manage"
	"parley/templates/ui"
)

// teamMember shows one user, with the names under which it answers.
func (s *Server) teamMember(req *request) error {
	p := manage.TeamMemberPage{}
	if req.QueryParam("saved") != "" {
		p.Form.Saved = "Saved."
	}
	if req.QueryParam("limited") != "" {
		p.LimitsForm.Saved = "Saved. It holds from now on; all their sessions have ended."
	}
	return s.renderTeamMember(req, p, http.StatusOK)
}

func (s *Server) renderAliasForm(req *request, f ui.Form, status int) error {
	return s.renderTeamMember(req, manage.TeamMemberPage{Form: f}, status)
}

func (s *Server) renderTeamMember(req *request, p manage.TeamMemberPage, status int) error {
	id, err := req.paramID("id", "user")
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	if p.User, err = s.identity.GetListedMember(ctx, req.Actor, id); err != nil {
		return err
	}
	if p.Aliases, err = s.identity.ListAliases(ctx, req.Actor, id); err != nil {
		return err
	}
	if p.Customers, err = s.org.ListCustomers(ctx, req.Actor); err != nil {
		return err
	}
	p.Viewer = req.viewer()
	return s.render(req, status, manage.TeamMember(p))
}

// maxPictureBytes is the largest picture of an agent: panels load it whole.
const maxPictureBytes = 512 << 10

func (s *Server) setAliases(req *request) error {
	id, err := req.paramID("id", "user")
	if err != nil {
		return err
	}
	done, err := s.readMultipart(req, maxPictureBytes)
	if err != nil {
		return err
	}
	defer done()
	ctx := req.Request().Context()
	aliases, err := s.identity.ListAliases(ctx, req.Actor, id)
	if err != nil {
		return err
	}
	if len(aliases) == 0 {
		return fail.Missing("user")
	}
	r := req.formReader()
	var changes []identity.AliasChange
	var stored []files.File
	for _, a := range aliases {
		change := identity.AliasChange{Customer: a.Customer}
		if field := "alias-" + a.Customer.String(); r.has(field) && req.FormValue(field) != a.Name {
			name := req.FormValue(field)
			change.Name = &name
		}
		field := "picture-" + a.Customer.String()
		file, err := s.storeFormFile(req, field, files.ForPicture, []files.Category{files.Images}, maxPictureBytes)
		if e := fail.As(err); e != nil && e.Kind != fail.Busy {
			r.Add(field, "%s", e.Message)
		} else if err != nil {
			s.discardFiles(req, stored, err)
			return err
		}
		without := r.isChecked("no-" + field)
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
		err = s.identity.SetAliases(ctx, req.Actor, id, changes)
	}
	if err != nil {
		s.discardFiles(req, stored, err)
		f, status, err := req.refusedForm(err)
		if err != nil {
			return err
		}
		if len(stored) > 0 && f.Message == "" {
			f.Message = "Nothing was changed. Choose the pictures again, too: a browser does not send them twice."
		}
		return s.renderAliasForm(req, f, status)
	}
	return req.redirectTo("/admin/people/" + id.String() + "?saved=1")
}

// discardFiles removes files that were stored for what was then refused.
func (s *Server) discardFiles(req *request, list []files.File, because error) {
	for _, f := range list {
		s.discardFile(req, req.Actor, f, because)
	}
}
