package manage

import (
	"net/http"

	"github.com/google/uuid"

	"parley/app/front/web/page"
	view "parley/templates/manage"
	"parley/templates/ui"
)

// Organization shows the organization's name and storage.
func (h *Handlers) Organization(req *page.Request) error {
	return h.renderOrganization(req, ui.Form{}, http.StatusOK)
}

func (h *Handlers) renderOrganization(req *page.Request, f ui.Form, status int) error {
	use, err := h.files.GetStorageUse(req.Request().Context(), req.Actor, uuid.Nil)
	if err != nil {
		return err
	}
	p := view.OrganizationPage{Viewer: viewer(req), Form: f, Storage: use}
	if p.OrgName, err = h.org.OrganizationName(req.Request().Context(), req.Actor); err != nil {
		return err
	}
	return req.Respond(status, view.Organization(p))
}

// RenameOrganization renames the organization.
func (h *Handlers) RenameOrganization(req *page.Request) error {
	if err := h.org.RenameOrganization(req.Request().Context(), req.Actor, req.FormValue("name")); err != nil {
		f, status, err := req.RefusedForm(err)
		if err != nil {
			return err
		}
		return h.renderOrganization(req, f, status)
	}
	return req.RedirectTo("/admin/organization")
}
