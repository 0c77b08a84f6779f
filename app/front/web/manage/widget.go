package manage

import (
	"encoding/json"
	"net/http"

	"parley/app/domain/org"
	"parley/app/domain/settings"
	"parley/app/front/web/page"
	"parley/app/platform/fail"
	view "parley/templates/manage"
	"parley/templates/ui"
	assets "parley/widget"
)

// Widget shows how a website's widget looks and behaves, and where that comes from.
func (h *Handlers) Widget(req *page.Request) error { return h.showSettings(req, websitePlace) }

// CustomerSettings shows what the websites of a customer inherit.
func (h *Handlers) CustomerSettings(req *page.Request) error {
	return h.showSettings(req, customerPlace)
}

// OrganizationSettings shows what all websites inherit.
func (h *Handlers) OrganizationSettings(req *page.Request) error {
	return h.showSettings(req, organizationPlace)
}

// SetWidgetSection changes one section of a website's settings.
func (h *Handlers) SetWidgetSection(req *page.Request) error { return h.setSection(req, websitePlace) }

// SetCustomerSection changes one section of what the websites of a customer inherit.
func (h *Handlers) SetCustomerSection(req *page.Request) error {
	return h.setSection(req, customerPlace)
}

// SetOrganizationSection changes one section of what all websites inherit.
func (h *Handlers) SetOrganizationSection(req *page.Request) error {
	return h.setSection(req, organizationPlace)
}

// placeOf finds out whose settings a request is about.
type placeOf func(*page.Request) (settings.Place, error)

func organizationPlace(*page.Request) (settings.Place, error) {
	return settings.ForOrganization(), nil
}

func customerPlace(req *page.Request) (settings.Place, error) {
	id, err := req.ParamID("id", "customer")
	return settings.ForCustomer(id), err
}

func websitePlace(req *page.Request) (settings.Place, error) {
	id, err := req.ParamID("id", "website")
	return settings.ForWebsite(id), err
}

func (h *Handlers) showSettings(req *page.Request, of placeOf) error {
	place, err := of(req)
	if err != nil {
		return err
	}
	p := view.WidgetPage{}
	if part := req.QueryParam("saved"); part != "" { // said where it was
		p.Section, p.Form.Saved = part, "Saved. Newly loaded pages show the change within a minute."
	}
	return h.renderSettings(req, place, p, nil, http.StatusOK)
}

// renderSettings draws the page; refused is what was refused, shown as it was typed, or nil.
func (h *Handlers) renderSettings(req *page.Request, place settings.Place, p view.WidgetPage, refused *settings.Widget, status int) (err error) {
	ctx := req.Request().Context()
	if p.State, err = h.settings.Get(ctx, req.Actor, place); err != nil {
		return err
	}
	if refused != nil {
		p.State.Value, p.State.Own = *refused, refused.Texts
		p.State.Value.Texts = p.State.Above.Texts.Merge(refused.Texts)
	}
	switch place.Level() {
	case settings.WebsiteLevel:
		err = h.loadWebsite(req, &p)
	case settings.CustomerLevel:
		p.Customer, _, err = h.org.GetCustomer(ctx, req.Actor, place.ID())
	}
	if err != nil {
		return err
	}
	if own := p.State.Value.Appearance.LauncherSelector; own != "" && p.Section == "look" && p.Form.Saved != "" {
		p.Form.Saved += " The launcher is hidden. Elements that match “" + own + "” open the chat."
	}
	p.NoMail, p.MailFrom = h.mails.IsOff(), h.mails.From()
	for _, t := range assets.Texts {
		p.Texts = append(p.Texts, ui.Option{Value: t.Name, Label: t.English})
	}
	for _, why := range assets.Refusals {
		p.Texts = append(p.Texts, ui.Option{Value: "no_" + why, Label: "Why the server rejects something"})
	}
	p.Viewer = viewer(req)
	req.Response().Header().Set("Content-Security-Policy", page.ContentPolicy+"; frame-src 'self'") // the preview of a mail
	return req.Respond(status, view.Widget(p))
}

// loadWebsite gives the page what only a website's has: the preview, and how much is stored.
func (h *Handlers) loadWebsite(req *page.Request, p *view.WidgetPage) (err error) {
	ctx, id := req.Request().Context(), p.State.Place.ID()
	if p.Website, err = h.org.GetWebsite(ctx, req.Actor, id); err != nil {
		return err
	}
	site, err := h.widget.Settings(ctx, &org.WidgetWebsite{Org: req.Actor.Org(), ID: id, Name: p.Website.Name, Settings: p.State.Value}, "")
	if err != nil {
		return err
	}
	site.Greetings = p.State.Value.Greetings.List // of every language
	b, err := json.Marshal(site)
	if err != nil {
		return err
	}
	p.Preview = string(b)
	p.Storage, err = h.files.GetStorageUse(ctx, req.Actor, id)
	return err
}

// widgetAttempt is what a form of the widget's page asked for and was refused: its rows as they were typed.
type widgetAttempt struct {
	level     settings.Level
	settings  *settings.Widget // nil: nothing was read
	greetings []settings.Greeting
	questions []settings.Question
}

// setSection changes one section of settings.
func (h *Handlers) setSection(req *page.Request, of placeOf) error {
	place, err := of(req)
	if err != nil {
		return err
	}
	part := req.Param("part")
	read, known := widgetSections[part]
	if !known {
		return fail.Missing("page")
	}
	t := widgetAttempt{level: place.Level()}
	r := req.FormReader()
	change := settings.Change{Reset: inherited(r, part), Set: func(x *settings.Widget) error {
		read(r, x, &t)
		asked := *x
		t.settings = &asked
		return r.Result()
	}}
	if err = h.settings.Update(req.Request().Context(), req.Actor, place, change); err != nil {
		f, status, err := req.RefusedForm(r.MoveErrorsToRows(err))
		if err != nil {
			return err
		}
		if t.settings != nil && t.greetings != nil {
			t.settings.Greetings.List = t.greetings
		}
		if t.settings != nil && t.questions != nil {
			t.settings.PreChat.Questions = t.questions
		}
		return h.renderSettings(req, place, view.WidgetPage{Form: f, Section: part}, t.settings, status)
	}
	return req.RedirectTo(view.SettingsAddress(place) + "?saved=" + part + "#" + part)
}

// inherited reads which fields of a form are inherited from now on: those whose box is checked, and a number that has to be there and was
// emptied.
func inherited(r *page.FormReader, part string) (list []settings.Field) {
	for _, f := range view.WidgetFields {
		if f.Part == part && (r.IsChecked(f.InheritName()) || f.Name == "files_mb" && r.FormValue(f.Name) == "") {
			list = append(list, f.Fields...)
		}
	}
	return list
}

// RenewIdentityKey makes a new key for signing visitors' identities.
func (h *Handlers) RenewIdentityKey(req *page.Request) error {
	id, err := req.ParamID("id", "website")
	if err != nil {
		return err
	}
	if err := h.org.RotateIdentityKey(req.Request().Context(), req.Actor, id); err != nil {
		return err
	}
	return req.RedirectTo("/admin/websites/" + id.String() + "/widget?saved=identity#identity")
}
