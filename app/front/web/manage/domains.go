package manage

import (
	"parley/app/front/web/page"
	"parley/templates/ui"
)

// AddDomain allows a website on a domain.
func (h *Handlers) AddDomain(req *page.Request) error {
	id, err := req.ParamID("id", "website")
	if err != nil {
		return err
	}
	if err := h.org.AddDomain(req.Request().Context(), req.Actor, id, req.FormValue("host")); err != nil {
		f, status, err := req.RefusedForm(err)
		if err != nil {
			return err
		}
		return h.renderWebsiteForms(req, ui.Form{}, f, status)
	}
	return req.RedirectTo("/admin/websites/" + id.String())
}

// RemoveDomain allows a website on a domain no more.
func (h *Handlers) RemoveDomain(req *page.Request) error {
	id, err := req.ParamID("id", "website")
	if err != nil {
		return err
	}
	domain, err := req.ParamID("domain", "domain")
	if err != nil {
		return err
	}
	if err := h.org.RemoveDomain(req.Request().Context(), req.Actor, id, domain); err != nil {
		return err
	}
	return req.RedirectTo("/admin/websites/" + id.String())
}
