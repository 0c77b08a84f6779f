package web

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/app/org"
	"parley/app/queue"
	"parley/templates/admin"
	"parley/templates/ui"
)

func (v *visit) viewer() admin.Viewer {
	return admin.Viewer{Viewer: v.who(), ID: v.Actor.ID()}
}

// who is what a page says of its viewer.
func (v *visit) who() ui.Viewer {
	return ui.Viewer{User: v.ID().String(), Name: v.Name, OrgName: v.OrgName, Role: v.Actor.Role(), Limited: v.Actor.Limited()}
}

func (v *visit) back(to string) error { return v.Redirect(http.StatusSeeOther, to) }

func (s *Server) customers(v *visit) error { return s.customersWith(v, ui.Form{}, http.StatusOK) }

func (s *Server) customersWith(v *visit, f ui.Form, status int) error {
	list, err := s.org.Customers(v.Request().Context(), v.Actor)
	if err != nil {
		return err
	}
	p := admin.CustomersPage{Viewer: v.viewer(), Customers: list, Form: f}
	if p.Unanswered, err = s.queue.Unanswered(v.Request().Context(), v.Actor); err != nil {
		return err
	}
	if p.Unfinished, err = s.org.Unfinished(v.Request().Context(), v.Actor); err != nil {
		return err
	}
	return s.draw(v, status, admin.Customers(p))
}

func (s *Server) addCustomer(v *visit) error {
	id, err := s.org.AddCustomer(v.Request().Context(), v.Actor, v.FormValue("name"))
	if err != nil {
		f, status, err := v.typed(err)
		if err != nil {
			return err
		}
		return s.customersWith(v, f, status)
	}
	return v.back("/admin/customers/" + id.String())
}

func (s *Server) customer(v *visit) error {
	return s.customerWith(v, ui.Form{}, ui.Form{}, http.StatusOK)
}

func (s *Server) customerWith(v *visit, rename, add ui.Form, status int) error {
	id, err := v.id("id", "customer")
	if err != nil {
		return err
	}
	c, websites, err := s.org.Customer(v.Request().Context(), v.Actor, id)
	if err != nil {
		return err
	}
	return s.draw(v, status, admin.Customer(admin.CustomerPage{Viewer: v.viewer(), Customer: c, Websites: websites, Rename: rename, Add: add}))
}

func (s *Server) renameCustomer(v *visit) error {
	id, err := v.id("id", "customer")
	if err != nil {
		return err
	}
	if err := s.org.RenameCustomer(v.Request().Context(), v.Actor, id, v.FormValue("name")); err != nil {
		f, status, err := v.typed(err)
		if err != nil {
			return err
		}
		return s.customerWith(v, f, ui.Form{}, status)
	}
	return v.back("/admin/customers/" + id.String())
}

func (s *Server) addWebsite(v *visit) error {
	customer, err := v.id("id", "customer")
	if err != nil {
		return err
	}
	id, err := s.org.AddWebsite(v.Request().Context(), v.Actor, customer, org.NewWebsite{Name: v.FormValue("name"), Host: v.FormValue("host")})
	if err != nil {
		f, status, err := v.typed(err)
		if err != nil {
			return err
		}
		return s.customerWith(v, ui.Form{}, f, status)
	}
	return v.back("/admin/websites/" + id.String())
}

func (s *Server) website(v *visit) error {
	f := ui.Form{}
	if v.QueryParam("saved") != "" {
		f.Saved = "Saved. Pages that are loaded from now on show it, within a minute."
	}
	return s.websiteWith(v, f, ui.Form{}, http.StatusOK)
}

func (s *Server) websiteWith(v *visit, settings, domain ui.Form, status int) error {
	return s.websiteAgain(v, admin.WebsitePage{Settings: settings, Domain: domain}, status)
}

func (s *Server) websiteAgain(v *visit, p admin.WebsitePage, status int) error {
	id, err := v.id("id", "website")
	if err != nil {
		return err
	}
	ctx := v.Request().Context()
	if p.Website, err = s.org.Website(ctx, v.Actor, id); err != nil {
		return err
	}
	if p.Subjects, err = s.queue.Subjects(ctx, v.Actor, id); err != nil {
		return err
	}
	if p.Groups, err = s.queue.Names(ctx, v.Actor); err != nil {
		return err
	}
	if p.Unanswered, err = s.queue.Unanswered(ctx, v.Actor); err != nil {
		return err
	}
	p.Unanswered = slices.DeleteFunc(p.Unanswered, func(u queue.Unanswered) bool { return u.Website != id })
	p.Viewer, p.Lines, p.TagLine, p.Now = v.viewer(), s.twoLines(p.Website.Key), s.tagLine(p.Website.Key), time.Now()
	return s.draw(v, status, admin.Website(p))
}

// twoLines is what a customer puts into the head of its pages.
func (s *Server) twoLines(key string) string {
	return fmt.Sprintf("<script async src=\"%s/widget.js\" data-key=\"%s\"></script>\n<link rel=\"stylesheet\" href=\"%s/widget.css\">",
		s.cfg.PublicURL, key, s.cfg.PublicURL)
}

// tagLine is what a customer gives to a tag manager instead of the two lines: all that it needs is in its address.
func (s *Server) tagLine(key string) string {
	return fmt.Sprintf("<script async src=\"%s/widget.js?key=%s\"></script>", s.cfg.PublicURL, key)
}

func (s *Server) updateWebsite(v *visit) error {
	id, err := v.id("id", "website")
	if err != nil {
		return err
	}
	r := v.reading()
	in := org.WebsiteSettings{Name: v.FormValue("name"), Greeting: v.FormValue("greeting"), TypingPreview: r.on("typing_preview")}
	if err = r.Result(); err == nil {
		err = s.org.UpdateWebsite(v.Request().Context(), v.Actor, id, in)
	}
	if err != nil {
		f, status, err := v.typed(err)
		if err != nil {
			return err
		}
		return s.websiteWith(v, f, ui.Form{}, status)
	}
	return v.back("/admin/websites/" + id.String() + "?saved=1")
}

func (s *Server) addDomain(v *visit) error {
	id, err := v.id("id", "website")
	if err != nil {
		return err
	}
	if err := s.org.AddDomain(v.Request().Context(), v.Actor, id, v.FormValue("host")); err != nil {
		f, status, err := v.typed(err)
		if err != nil {
			return err
		}
		return s.websiteWith(v, ui.Form{}, f, status)
	}
	return v.back("/admin/websites/" + id.String())
}

func (s *Server) removeDomain(v *visit) error {
	id, err := v.id("id", "website")
	if err != nil {
		return err
	}
	domain, err := v.id("domain", "domain")
	if err != nil {
		return err
	}
	if err := s.org.RemoveDomain(v.Request().Context(), v.Actor, id, domain); err != nil {
		return err
	}
	return v.back("/admin/websites/" + id.String())
}

func (s *Server) websiteSocket(v *visit) error {
	id, err := v.id("id", "website")
	if err != nil {
		return err
	}
	return s.live.ServeWebsite(v.Response(), v.Request(), v.Actor, v.login, id, s.still(v))
}

func (s *Server) organization(v *visit) error {
	return s.organizationWith(v, ui.Form{}, http.StatusOK)
}

func (s *Server) organizationWith(v *visit, f ui.Form, status int) error {
	use, err := s.files.Used(v.Request().Context(), v.Actor, uuid.Nil)
	if err != nil {
		return err
	}
	p := admin.OrganizationPage{Viewer: v.viewer(), Form: f, Storage: use}
	if p.OrgName, err = s.org.Name(v.Request().Context(), v.Actor); err != nil {
		return err
	}
	return s.draw(v, status, admin.Organization(p))
}

func (s *Server) renameOrganization(v *visit) error {
	if err := s.org.Rename(v.Request().Context(), v.Actor, v.FormValue("name")); err != nil {
		f, status, err := v.typed(err)
		if err != nil {
			return err
		}
		return s.organizationWith(v, f, status)
	}
	return v.back("/admin/organization")
}
