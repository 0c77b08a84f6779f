package desk

import (
	"net/http"
	"time"

	"parley/app/front/web/page"
	"parley/app/platform/access"
	view "parley/templates/desk"
)

// Show draws the whole desk.
func (h *Handlers) Show(req *page.Request) error {
	screen, err := h.screens.LoadPage(req.Request().Context(), req.Actor)
	if err != nil {
		return err
	}
	p := view.Page{Page: screen, User: req.ID(), UserName: req.Name, Email: req.Email, OrgName: req.OrgName,
		PushKey:   h.push.PublicKey(),
		CanManage: req.Actor.Can(access.CustomerRead), CanReview: req.Actor.Can(access.ArchiveRead),
		CanMonitor: req.Actor.Can(access.MonitorRead)}
	return req.Respond(http.StatusOK, view.Desk(p, time.Now()))
}

// Socket connects the desk to what happens.
func (h *Handlers) Socket(req *page.Request) error {
	return h.live.ServeDesk(req.Response(), req.Request(), req.Actor, req.SessionKey, req.LoginChecker())
}
