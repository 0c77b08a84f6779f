package manage

import (
	"net/http"
	"time"

	"parley/app/domain/settings"
	"parley/app/front/web/page"
	view "parley/templates/manage"
	"parley/templates/ui"
)

// Groups shows the groups and the rules of assignment.
func (h *Handlers) Groups(req *page.Request) error {
	return h.renderGroups(req, ui.Form{}, ui.Form{}, http.StatusOK)
}

func (h *Handlers) renderGroups(req *page.Request, add, rules ui.Form, status int) (err error) {
	ctx := req.Request().Context()
	p := view.GroupsPage{Viewer: viewer(req), Add: add, RulesForm: rules}
	if p.Monitor, err = h.routing.GetMonitor(ctx, req.Actor); err != nil {
		return err
	}
	if p.Rules, err = h.routing.GetSettings(ctx, req.Actor); err != nil {
		return err
	}
	return req.Respond(status, view.Groups(p))
}

// AddGroup adds a group.
func (h *Handlers) AddGroup(req *page.Request) error {
	id, err := h.groups.Create(req.Request().Context(), req.Actor, req.FormValue("name"))
	if err != nil {
		f, status, err := page.RefusedForm(req, err, "name")
		if err != nil {
			return err
		}
		return h.renderGroups(req, f, ui.Form{}, status)
	}
	return req.RedirectTo("/admin/groups/" + id.String())
}

// SetRoutingRules changes the rules of assignment.
func (h *Handlers) SetRoutingRules(req *page.Request) error {
	r := req.FormReader()
	away, former := r.RequiredNumber("hand_back", "minutes", settings.AwayRequeueMinutes.Min, settings.AwayRequeueMinutes.Max),
		r.RequiredNumber("former", "hours", settings.FormerAgentHours.Min, settings.FormerAgentHours.Max)
	in := settings.Routing{AwayRequeueAfter: time.Duration(away) * time.Minute,
		FormerAgentWindow: time.Duration(former) * time.Hour}
	err := r.Result()
	if err == nil {
		err = h.routing.UpdateSettings(req.Request().Context(), req.Actor, in)
	}
	if err != nil {
		f, status, err := req.RefusedForm(err)
		if err != nil {
			return err
		}
		return h.renderGroups(req, ui.Form{}, f, status)
	}
	return req.RedirectTo("/admin/groups")
}
