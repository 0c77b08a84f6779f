package manage

import (
	"net/http"

	"parley/app/front/web/page"
	view "parley/templates/manage"
	"parley/templates/ui"
)

// Customers shows the customers of the organization.
func (h *Handlers) Customers(req *page.Request) error {
	return h.renderCustomers(req, ui.Form{}, http.StatusOK)
}

func (h *Handlers) renderCustomers(req *page.Request, f ui.Form, status int) error {
	list, err := h.org.ListCustomers(req.Request().Context(), req.Actor)
	if err != nil {
		return err
	}
	p := view.CustomersPage{Viewer: viewer(req), Customers: list, Form: f}
	if p.Unanswered, err = h.groups.ListUnstaffedWebsites(req.Request().Context(), req.Actor); err != nil {
		return err
	}
	if p.Unfinished, err = h.org.ListWebsitesWithoutDomain(req.Request().Context(), req.Actor); err != nil {
		return err
	}
	return req.Respond(status, view.Customers(p))
}

// AddCustomer adds a customer.
func (h *Handlers) AddCustomer(req *page.Request) error {
	id, err := h.org.AddCustomer(req.Request().Context(), req.Actor, req.FormValue("name"))
	if err != nil {
		f, status, err := req.RefusedForm(err)
		if err != nil {
			return err
		}
		return h.renderCustomers(req, f, status)
	}
	return req.RedirectTo("/admin/customers/" + id.String())
}
