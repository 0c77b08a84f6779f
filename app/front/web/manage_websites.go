package web

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/group"
	"parley/app/domain/org"
	"parley/templates/manage"
	"parley/templates/ui"
)

func (req *request) viewer() manage.Viewer {
	return manage.Viewer{Viewer: req.baseViewer(), ID: req.Actor.ID()}
}

// baseViewer is what a page says of its viewer.
func (req *request) baseViewer() ui.Viewer {
	return ui.Viewer{User: req.ID().String(), Name: req.Name, OrgName: req.OrgName, Actor: req.Actor}
}

func (req *request) redirectTo(to string) error { return req.Redirect(http.StatusSeeOther, to) }

func (s *Server) customers(req *request) error {
	return s.renderCustomers(req, ui.Form{}, http.StatusOK)
}

func (s *Server) renderCustomers(req *request, f ui.Form, status int) error {
	list, err := s.org.ListCustomers(req.Request().Context(), req.Actor)
	if err != nil {
		return err
	}
	p := manage.CustomersPage{Viewer: req.viewer(), Customers: list, Form: f}
	if p.Unanswered, err = s.groups.ListUnstaffedWebsites(req.Request().Context(), req.Actor); err != nil {
		return err
	}
	if p.Unfinished, err = s.org.ListWebsitesWithoutDomain(req.Request().Context(), req.Actor); err != nil {
		return err
	}
	return s.render(req, status, manage.Customers(p))
}

func (s *Server) addCustomer(req *request) error {
	id, err := s.org.AddCustomer(req.Request().Context(), req.Actor, req.FormValue("name"))
	if err != nil {
		f, status, err := req.refusedForm(err)
		if err != nil {
			return err
		}
		return s.renderCustomers(req, f, status)
	}
	return req.redirectTo("/admin/customers/" + id.String())
}

func (s *Server) customer(req *request) error {
	return s.renderCustomer(req, ui.Form{}, ui.Form{}, http.StatusOK)
}

func (s *Server) renderCustomer(req *request, rename, add ui.Form, status int) error {
	id, err := req.paramID("id", "customer")
	if err != nil {
		return err
	}
	c, websites, err := s.org.GetCustomer(req.Request().Context(), req.Actor, id)
	if err != nil {
		return err
	}
	return s.render(req, status, manage.Customer(manage.CustomerPage{Viewer: req.viewer(), Customer: c, Websites: websites, Rename: rename, AddWebsite: add}))
}

func (s *Server) renameCustomer(req *request) error {
	id, err := req.paramID("id", "customer")
	if err != nil {
		return err
	}
	if err := s.org.RenameCustomer(req.Request().Context(), req.Actor, id, req.FormValue("name")); err != nil {
		f, status, err := req.refusedForm(err)
		if err != nil {
			return err
		}
		return s.renderCustomer(req, f, ui.Form{}, status)
	}
	return req.redirectTo("/admin/customers/" + id.String())
}

func (s *Server) addWebsite(req *request) error {
	customer, err := req.paramID("id", "customer")
	if err != nil {
		return err
	}
	id, err := s.org.AddWebsite(req.Request().Context(), req.Actor, customer, org.WebsiteInput{Name: req.FormValue("name"), Host: req.FormValue("host")})
	if err != nil {
		f, status, err := req.refusedForm(err)
		if err != nil {
			return err
		}
		return s.renderCustomer(req, ui.Form{}, f, status)
	}
	return req.redirectTo("/admin/websites/" + id.String())
}

func (s *Server) website(req *request) error {
	f := ui.Form{}
	if req.QueryParam("saved") != "" {
		f.Saved = "Saved. Pages that are loaded from now on show it, within a minute."
	}
	return s.renderWebsiteForms(req, f, ui.Form{}, http.StatusOK)
}

func (s *Server) renderWebsiteForms(req *request, settings, domain ui.Form, status int) error {
	return s.renderWebsite(req, manage.WebsitePage{Settings: settings, Domain: domain}, status)
}

func (s *Server) renderWebsite(req *request, p manage.WebsitePage, status int) error {
	id, err := req.paramID("id", "website")
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	if p.Website, err = s.org.GetWebsite(ctx, req.Actor, id); err != nil {
		return err
	}
	if p.Subjects, err = s.groups.ListWebsiteGroups(ctx, req.Actor, id); err != nil {
		return err
	}
	if p.Groups, err = s.groups.List(ctx, req.Actor); err != nil {
		return err
	}
	if p.Unanswered, err = s.groups.ListUnstaffedWebsites(ctx, req.Actor); err != nil {
		return err
	}
	p.Unanswered = slices.DeleteFunc(p.Unanswered, func(u group.UnstaffedWebsite) bool { return u.Website != id })
	p.Viewer, p.EmbedCode, p.TagManagerCode, p.Now = req.viewer(), s.embedCode(p.Website.Key), s.tagManagerCode(p.Website.Key), time.Now()
	return s.render(req, status, manage.Website(p))
}

// embedCode is what a customer puts into the head of its pages.
func (s *Server) embedCode(key string) string {
	return fmt.Sprintf("<script async src=\"%s/widget.js\" data-key=\"%s\"></script>\n<link rel=\"stylesheet\" href=\"%s/widget.css\">",
		s.cfg.PublicURL, key, s.cfg.PublicURL)
}

// tagManagerCode is what a customer gives to a tag manager instead of the two lines: all that it needs is in its address.
func (s *Server) tagManagerCode(key string) string {
	return fmt.Sprintf("<script async src=\"%s/widget.js?key=%s\"></script>", s.cfg.PublicURL, key)
}

func (s *Server) updateWebsite(req *request) error {
	id, err := req.paramID("id", "website")
	if err != nil {
		return err
	}
	r := req.formReader()
	in := org.WebsiteUpdate{Name: req.FormValue("name"), Greeting: req.FormValue("greeting"), TypingPreview: r.isChecked("typing_preview")}
	if err = r.Result(); err == nil {
		err = s.org.UpdateWebsite(req.Request().Context(), req.Actor, id, in)
	}
	if err != nil {
		f, status, err := req.refusedForm(err)
		if err != nil {
			return err
		}
		return s.renderWebsiteForms(req, f, ui.Form{}, status)
	}
	return req.redirectTo("/admin/websites/" + id.String() + "?saved=1")
}

func (s *Server) addDomain(req *request) error {
	id, err := req.paramID("id", "website")
	if err != nil {
		return err
	}
	if err := s.org.AddDomain(req.Request().Context(), req.Actor, id, req.FormValue("host")); err != nil {
		f, status, err := req.refusedForm(err)
		if err != nil {
			return err
		}
		return s.renderWebsiteForms(req, ui.Form{}, f, status)
	}
	return req.redirectTo("/admin/websites/" + id.String())
}

func (s *Server) removeDomain(req *request) error {
	id, err := req.paramID("id", "website")
	if err != nil {
		return err
	}
	domain, err := req.paramID("domain", "domain")
	if err != nil {
		return err
	}
	if err := s.org.RemoveDomain(req.Request().Context(), req.Actor, id, domain); err != nil {
		return err
	}
	return req.redirectTo("/admin/websites/" + id.String())
}

func (s *Server) websiteSocket(req *request) error {
	id, err := req.paramID("id", "website")
	if err != nil {
		return err
	}
	return s.live.ServeWebsite(req.Response(), req.Request(), req.Actor, req.sessionKey, id, s.loginChecker(req))
}

func (s *Server) organization(req *request) error {
	return s.renderOrganization(req, ui.Form{}, http.StatusOK)
}

func (s *Server) renderOrganization(req *request, f ui.Form, status int) error {
	use, err := s.files.GetStorageUse(req.Request().Context(), req.Actor, uuid.Nil)
	if err != nil {
		return err
	}
	p := manage.OrganizationPage{Viewer: req.viewer(), Form: f, Storage: use}
	if p.OrgName, err = s.org.OrganizationName(req.Request().Context(), req.Actor); err != nil {
		return err
	}
	return s.render(req, status, manage.Organization(p))
}

func (s *Server) renameOrganization(req *request) error {
	if err := s.org.RenameOrganization(req.Request().Context(), req.Actor, req.FormValue("name")); err != nil {
		f, status, err := req.refusedForm(err)
		if err != nil {
			return err
		}
		return s.renderOrganization(req, f, status)
	}
	return req.redirectTo("/admin/organization")
}
