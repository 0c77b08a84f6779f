package manage

import (
	"net/http"

	"parley/app/domain/settings"
	"parley/app/front/web/page"
	view "parley/templates/manage"
)

// DeskRules shows the rules of the desk and the language model.
func (h *Handlers) DeskRules(req *page.Request) error {
	var p view.RulesPage
	switch req.QueryParam("saved") {
	case "rules":
		p.RulesForm.Saved = "Saved."
	case "model":
		p.ModelForm.Saved = "Saved. Try it at the desk with “Draft a reply”."
	}
	return h.renderDeskRules(req, p, http.StatusOK)
}

func (h *Handlers) renderDeskRules(req *page.Request, p view.RulesPage, status int) (err error) {
	ctx := req.Request().Context()
	if p.Rules, err = h.settings.GetDesk(ctx, req.Actor); err != nil {
		return err
	}
	if p.Model, p.HasModel, err = h.assist.GetModelSettings(ctx, req.Actor); err != nil {
		return err
	}
	p.Viewer = viewer(req)
	return req.Respond(status, view.Rules(p))
}

// SetDeskRules changes the rules of the desk.
func (h *Handlers) SetDeskRules(req *page.Request) error {
	r := req.FormReader()
	in := settings.Desk{AgentsEdit: r.IsChecked("agents_edit"), Review: r.IsChecked("review"),
		AwayReasons: nonEmptyLines(req.FormValue("away_reasons"))}
	err := r.Result()
	if err == nil {
		err = h.settings.SetDesk(req.Request().Context(), req.Actor, in)
	}
	if err != nil {
		f, status, err := req.RefusedForm(err)
		if err != nil {
			return err
		}
		return h.renderDeskRules(req, view.RulesPage{RulesForm: f}, status)
	}
	return req.RedirectTo("/admin/desk?saved=rules")
}
