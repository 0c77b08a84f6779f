package manage

import (
	"encoding/json"
	"net/http"

	"parley/app/domain/org"
	"parley/app/front/web/page"
	"parley/app/platform/fail"
	view "parley/templates/manage"
	"parley/templates/ui"
	assets "parley/widget"
)

// Widget shows how a website's widget looks and behaves.
func (h *Handlers) Widget(req *page.Request) error {
	p := view.WidgetPage{}
	if part := req.QueryParam("saved"); part != "" { // said where it was
		p.Section, p.Form.Saved = part, "Saved. Pages that are loaded from now on show it, within a minute."
	}
	return h.renderWidget(req, p, nil, http.StatusOK)
}

// renderWidget draws the page; refused is what was refused, shown as it was typed, or nil.
func (h *Handlers) renderWidget(req *page.Request, p view.WidgetPage, refused *org.Settings, status int) error {
	id, err := req.ParamID("id", "website")
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	if p.Website, err = h.org.GetWebsite(ctx, req.Actor, id); err != nil {
		return err
	}
	if refused != nil {
		p.Website.Settings = *refused
	}
	if own := p.Website.Settings.Appearance.LauncherSelector; own != "" && p.Section == "look" && p.Form.Saved != "" {
		p.Form.Saved += " There is no launcher then: elements that fit “" + own + "” open the chat instead."
	}
	site, err := h.widget.Settings(ctx, &org.WidgetWebsite{Org: req.Actor.Org(), ID: id, Name: p.Website.Name,
		Greeting: p.Website.Greeting, Settings: p.Website.Settings}, "")
	if err != nil {
		return err
	}
	site.Greetings = p.Website.Settings.Greetings // of every language
	b, err := json.Marshal(site)
	if err != nil {
		return err
	}
	if p.Storage, err = h.files.GetStorageUse(ctx, req.Actor, id); err != nil {
		return err
	}
	p.NoMail, p.MailFrom = h.mails.IsOff(), h.mails.From()
	for _, t := range assets.Texts {
		p.Texts = append(p.Texts, ui.Option{Value: t.Name, Label: t.English})
	}
	for _, why := range assets.Refusals {
		p.Texts = append(p.Texts, ui.Option{Value: "no_" + why, Label: "why the server refuses something"})
	}
	p.Viewer, p.Preview = viewer(req), string(b)
	req.Response().Header().Set("Content-Security-Policy", page.ContentPolicy+"; frame-src 'self'") // the preview of a mail
	return req.Respond(status, view.Widget(p))
}

// widgetAttempt is what a form of the widget's page asked for and was refused: its rows as they were typed.
type widgetAttempt struct {
	settings  *org.Settings // nil: nothing was read
	greetings []org.Greeting
	questions []org.PreChatQuestion
}

// SetWidgetSection changes one section of a widget's settings.
func (h *Handlers) SetWidgetSection(req *page.Request) error {
	id, err := req.ParamID("id", "website")
	if err != nil {
		return err
	}
	part, known := widgetSections[req.Param("part")]
	if !known {
		return fail.Missing("page")
	}
	var t widgetAttempt
	r := req.FormReader()
	err = h.org.UpdateSettings(req.Request().Context(), req.Actor, id, func(x *org.Settings) error {
		part(r, x, &t)
		asked := *x
		t.settings = &asked
		if err := r.Merge(checkTexts(x.Texts)); err != nil {
			return err
		}
		return r.Result()
	})
	if err != nil {
		f, status, err := req.RefusedForm(r.MoveErrorsToRows(err))
		if err != nil {
			return err
		}
		if t.settings != nil && t.greetings != nil {
			t.settings.Greetings = t.greetings
		}
		if t.settings != nil && t.questions != nil {
			t.settings.Questions = t.questions
		}
		return h.renderWidget(req, view.WidgetPage{Form: f, Section: req.Param("part")}, t.settings, status)
	}
	return req.RedirectTo("/admin/websites/" + id.String() + "/widget?saved=" + req.Param("part") + "#" + req.Param("part"))
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
