package manage

import (
	"github.com/google/uuid"

	"parley/app/domain/attachment"
	"parley/app/front/web/page"
	"parley/app/front/web/upload"
	"parley/app/platform/fail"
)

// SetAliases changes the names and pictures under which a team member answers for customers.
func (h *Handlers) SetAliases(req *page.Request) error {
	id, err := req.ParamID("id", "user")
	if err != nil {
		return err
	}
	done, err := req.ReadMultipart(attachment.MaxPictureBytes)
	if err != nil {
		return err
	}
	defer done()
	changes, err := h.readAliases(req, id)
	if err == nil && len(changes) > 0 {
		err = h.attachments.SaveAliases(req.Request().Context(), req.Actor, id, changes)
	}
	if err != nil {
		f, status, err := req.RefusedForm(err)
		if err != nil {
			return err
		}
		if len(req.Files) > 0 && f.Message == "" {
			f.Message = "Nothing was saved. Choose the pictures again before you save."
		}
		return h.renderAliasForm(req, f, status)
	}
	return req.RedirectTo("/admin/team/" + id.String() + "?saved=1")
}

// readAliases returns what the form changes.
func (h *Handlers) readAliases(req *page.Request, member uuid.UUID) (changes []attachment.AliasChange, err error) {
	aliases, err := h.identity.ListAliases(req.Request().Context(), req.Actor, member)
	if err == nil && len(aliases) == 0 {
		err = fail.Missing("team member")
	}
	r := req.FormReader()
	for _, a := range aliases {
		of := a.Customer.String()
		change := attachment.AliasChange{Customer: a.Customer, Picture: upload.FormFile(req, "picture-"+of),
			RemovePicture: r.IsChecked("no-picture-" + of)}
		if name := req.FormValue("alias-" + of); r.Has("alias-"+of) && name != a.Name {
			change.Name = &name
		}
		if change.Name != nil || change.Picture != nil || change.RemovePicture {
			changes = append(changes, change)
		}
	}
	return changes, err
}
