package manage

import (
	"parley/app/domain/assist"
	"parley/app/domain/settings"
	"parley/app/front/web/page"
	view "parley/templates/manage"
)

// SetModel changes the language model that drafts replies.
func (h *Handlers) SetModel(req *page.Request) error {
	r := req.FormReader()
	in := assist.ModelSettings{Key: req.FormValue("key"), LanguageModel: settings.LanguageModel{
		BaseURL:   req.FormValue("base_url"),
		Model:     req.FormValue("model"),
		Enabled:   r.IsChecked("enabled"),
		Automatic: r.IsChecked("automatic"),
		Mask:      r.IsChecked("mask"),
		Budget:    r.RequiredNumber("budget", "tokens", settings.ModelBudget.Min, settings.ModelBudget.Max),
	}}
	err := r.Result()
	if err == nil {
		err = h.assist.SetModelSettings(req.Request().Context(), req.Actor, in)
	}
	if err != nil {
		f, status, err := req.RefusedForm(err)
		if err != nil {
			return err
		}
		if in.Key != "" && f.Errors != nil && f.Errors["key"] == "" {
			f.Errors["key"] = "Enter the API key again. It is not shown after you send it."
		}
		return h.renderDeskRules(req, view.RulesPage{ModelForm: f}, status)
	}
	return req.RedirectTo("/admin/desk?saved=model")
}

// RemoveModel removes the language model and its key.
func (h *Handlers) RemoveModel(req *page.Request) error {
	if err := h.assist.RemoveModel(req.Request().Context(), req.Actor); err != nil {
		return err
	}
	return req.RedirectTo("/admin/desk")
}
