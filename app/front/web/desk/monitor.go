package desk

import (
	"net/http"

	"parley/app/front/web/page"
	"parley/templates/monitor"
)

// Monitor draws the live monitor.
func (h *Handlers) Monitor(req *page.Request) error {
	b, err := h.screens.LoadMonitor(req.Request().Context(), req.Actor)
	if err != nil {
		return err
	}
	return req.Respond(http.StatusOK, monitor.Page(req.Viewer(), b))
}

// MonitorSocket connects the live monitor to what happens.
func (h *Handlers) MonitorSocket(req *page.Request) error {
	return h.live.ServeMonitor(req.Response(), req.Request(), req.Actor, req.SessionKey, req.LoginChecker())
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
