package manage

import (
	"net/http"

	"parley/app/front/web/page"
	view "parley/templates/manage"
	"parley/templates/ui"
)

// SetCapacityShare sets how many conversations at once a customer's contract guarantees.
func (h *Handlers) SetCapacityShare(req *page.Request) error {
	id, err := req.ParamID("id", "customer")
	if err != nil {
		return err
	}
	r := req.FormReader()
	share := r.Number("share", "conversations", 1, 1_000_000, 0)
	if err = r.Result(); err == nil {
		err = h.org.SetCapacityShare(req.Request().Context(), req.Actor, id, share)
	}
	if err != nil {
		f, status, err := req.RefusedForm(err)
		if err != nil {
			return err
		}
		return h.renderCustomer(req, f, ui.Form{}, status)
	}
	return req.RedirectTo("/admin/customers/" + id.String())
}

// Customer shows a customer with its websites.
func (h *Handlers) Customer(req *page.Request) error {
	return h.renderCustomer(req, ui.Form{}, ui.Form{}, http.StatusOK)
}

func (h *Handlers) renderCustomer(req *page.Request, rename, add ui.Form, status int) error {
	id, err := req.ParamID("id", "customer")
	if err != nil {
		return err
	}
	c, websites, err := h.org.GetCustomer(req.Request().Context(), req.Actor, id)
	if err != nil {
		return err
	}
	return req.Respond(status, view.Customer(view.CustomerPage{Viewer: viewer(req), Customer: c, Websites: websites,
		Rename: rename, AddWebsite: add}))
}

// RenameCustomer renames a customer.
func (h *Handlers) RenameCustomer(req *page.Request) error {
	id, err := req.ParamID("id", "customer")
	if err != nil {
		return err
	}
	if err := h.org.RenameCustomer(req.Request().Context(), req.Actor, id, req.FormValue("name")); err != nil {
		f, status, err := req.RefusedForm(err)
		if err != nil {
			return err
		}
		return h.renderCustomer(req, f, ui.Form{}, status)
	}
	return req.RedirectTo("/admin/customers/" + id.String())
}
