package manage

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"parley/app/domain/group"
	"parley/app/domain/org"
	"parley/app/domain/settings"
	"parley/app/front/web/page"
	view "parley/templates/manage"
	"parley/templates/ui"
)

// AddWebsite adds a website to a customer.
func (h *Handlers) AddWebsite(req *page.Request) error {
	customer, err := req.ParamID("id", "customer")
	if err != nil {
		return err
	}
	id, err := h.org.AddWebsite(req.Request().Context(), req.Actor, customer, org.WebsiteInput{Name: req.FormValue("name"),
		Host: req.FormValue("host")})
	if err != nil {
		f, status, err := req.RefusedForm(err)
		if err != nil {
			return err
		}
		return h.renderCustomer(req, ui.Form{}, f, status)
	}
	return req.RedirectTo("/admin/websites/" + id.String())
}

// Website shows a website: its settings, domains, topics and embed code.
func (h *Handlers) Website(req *page.Request) error {
	f := ui.Form{}
	if req.QueryParam("saved") != "" {
		f.Saved = "Saved. Newly loaded pages show the change within a minute."
	}
	return h.renderWebsiteForms(req, f, ui.Form{}, http.StatusOK)
}

func (h *Handlers) renderWebsiteForms(req *page.Request, settings, domain ui.Form, status int) error {
	return h.renderWebsite(req, view.WebsitePage{Settings: settings, Domain: domain}, status)
}

func (h *Handlers) renderWebsite(req *page.Request, p view.WebsitePage, status int) error {
	id, err := req.ParamID("id", "website")
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	if p.Website, err = h.org.GetWebsite(ctx, req.Actor, id); err != nil {
		return err
	}
	if p.State, err = h.settings.Get(ctx, req.Actor, settings.ForWebsite(id)); err != nil {
		return err
	}
	if p.Topics, err = h.groups.ListWebsiteGroups(ctx, req.Actor, id); err != nil {
		return err
	}
	if p.Groups, err = h.groups.List(ctx, req.Actor); err != nil {
		return err
	}
	if p.Unanswered, err = h.groups.ListUnstaffedWebsites(ctx, req.Actor); err != nil {
		return err
	}
	p.Unanswered = slices.DeleteFunc(p.Unanswered, func(u group.UnstaffedWebsite) bool { return u.Website != id })
	p.Viewer, p.EmbedCode, p.TagManagerCode, p.Now = viewer(req), h.embedCode(p.Website.Key),
		h.tagManagerCode(p.Website.Key), time.Now()
	return req.Respond(status, view.Website(p))
}

// embedCode returns what a customer puts into the head of its pages.
func (h *Handlers) embedCode(key string) string {
	return fmt.Sprintf("<script async src=\"%s/widget.js\" data-key=\"%s\"></script>\n<link rel=\"stylesheet\" href=\"%s/widget.css\">",
		h.publicURL, key, h.publicURL)
}

// tagManagerCode returns what a customer gives to a tag manager instead: all that it needs is in its address.
func (h *Handlers) tagManagerCode(key string) string {
	return fmt.Sprintf("<script async src=\"%s/widget.js?key=%s\"></script>", h.publicURL, key)
}

// UpdateWebsite changes a website's name, greeting and typing preview.
func (h *Handlers) UpdateWebsite(req *page.Request) error {
	id, err := req.ParamID("id", "website")
	if err != nil {
		return err
	}
	r := req.FormReader()
	in := org.WebsiteUpdate{Name: req.FormValue("name"), Greeting: req.FormValue("greeting"),
		TypingPreview: r.IsChecked("typing_preview")}
	for _, f := range view.WebsiteFields() {
		if r.IsChecked(f.InheritName()) {
			in.Inherit = append(in.Inherit, f.Fields...)
		}
	}
	if err = r.Result(); err == nil {
		err = h.org.UpdateWebsite(req.Request().Context(), req.Actor, id, in)
	}
	if err != nil {
		f, status, err := req.RefusedForm(err)
		if err != nil {
			return err
		}
		return h.renderWebsiteForms(req, f, ui.Form{}, status)
	}
	return req.RedirectTo("/admin/websites/" + id.String() + "?saved=1")
}

// WebsiteSocket connects the page of a website to what its widget does.
func (h *Handlers) WebsiteSocket(req *page.Request) error {
	id, err := req.ParamID("id", "website")
	if err != nil {
		return err
	}
	return h.live.ServeWebsite(req.Response(), req.Request(), req.Actor, req.SessionKey, id, req.LoginChecker())
}
