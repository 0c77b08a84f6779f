package manage

import (
	"github.com/google/uuid"

	"parley/app/domain/files"
	"parley/app/domain/identity"
	"parley/app/front/web/page"
	"parley/app/platform/fail"
)

// maxPictureBytes is the largest picture of an agent, in bytes: panels load it whole.
const maxPictureBytes = 512 << 10

// SetAliases changes the names and pictures under which a team member answers for customers.
func (h *Handlers) SetAliases(req *page.Request) error {
	id, err := req.ParamID("id", "user")
	if err != nil {
		return err
	}
	done, err := req.ReadMultipart(maxPictureBytes)
	if err != nil {
		return err
	}
	defer done()
	ctx := req.Request().Context()
	aliases, err := h.identity.ListAliases(ctx, req.Actor, id)
	if err != nil {
		return err
	}
	if len(aliases) == 0 {
		return fail.Missing("user")
	}
	r := req.FormReader()
	var changes []identity.AliasChange
	var stored []files.File
	for _, a := range aliases {
		change := identity.AliasChange{Customer: a.Customer}
		if field := "alias-" + a.Customer.String(); r.Has(field) && req.FormValue(field) != a.Name {
			name := req.FormValue(field)
			change.Name = &name
		}
		field := "picture-" + a.Customer.String()
		file, err := h.uploads.StoreFormFile(req, field, files.ForPicture, []files.Category{files.Images}, maxPictureBytes)
		if e := fail.As(err); e != nil && e.Kind != fail.Busy {
			r.Add(field, "%s", e.Message)
		} else if err != nil {
			h.uploads.DiscardAll(req, stored, err)
			return err
		}
		without := r.IsChecked("no-" + field)
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
		err = h.identity.SetAliases(ctx, req.Actor, id, changes)
	}
	if err != nil {
		h.uploads.DiscardAll(req, stored, err)
		f, status, err := req.RefusedForm(err)
		if err != nil {
			return err
		}
		if len(stored) > 0 && f.Message == "" {
			f.Message = "Nothing was changed. Choose the pictures again, too: a browser does not send them twice."
		}
		return h.renderAliasForm(req, f, status)
	}
	return req.RedirectTo("/admin/people/" + id.String() + "?saved=1")
}
