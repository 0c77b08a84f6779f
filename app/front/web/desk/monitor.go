package desk

import (
	"net/http"

	screens "parley/app/front/desk"
	"parley/app/front/web/page"
	"parley/templates/monitor"
)

// Monitor shows the live monitor.
func (h *Handlers) Monitor(req *page.Request) error {
	ctx, p := req.Request().Context(), monitor.PageView{Viewer: req.Viewer(), View: screens.ParseMonitorView(req.QueryParams())}
	var err error
	if p.Monitor, err = h.screens.LoadMonitor(ctx, req.Actor, p.View); err != nil {
		return err
	}
	if p.View.Wall {
		return req.Respond(http.StatusOK, monitor.WallPage(p))
	}
	if p.Choices, err = h.screens.LoadMonitorChoices(ctx, req.Actor); err != nil {
		return err
	}
	return req.Respond(http.StatusOK, monitor.Page(p))
}

// MonitorSocket connects the live monitor to what happens.
func (h *Handlers) MonitorSocket(req *page.Request) error {
	view := screens.ParseMonitorView(req.QueryParams())
	return h.live.ServeMonitor(req.Response(), req.Request(), req.Actor, view, req.SessionKey, req.LoginChecker())
}

// AssignForm shows to whom a conversation can be assigned.
func (h *Handlers) AssignForm(req *page.Request) error {
	id, err := req.ParamID("id", "conversation")
	if err != nil {
		return err
	}
	form, err := h.screens.LoadAssignForm(req.Request().Context(), req.Actor, id)
	if err != nil {
		return err
	}
	return req.Respond(http.StatusOK, monitor.AssignForm(form))
}

// AssignmentHistory explains who has had a conversation. It is for managers: it shows how fast people are.
func (h *Handlers) AssignmentHistory(req *page.Request) error {
	id, err := req.ParamID("id", "conversation")
	if err != nil {
		return err
	}
	history, err := h.screens.LoadAssignmentHistory(req.Request().Context(), req.Actor, id)
	if err != nil {
		return err
	}
	return req.Respond(http.StatusOK, monitor.History(req.Viewer(), history))
}
