package web

import (
	"net/http"
	"strings"

	"github.com/google/uuid"

	"parley/app/domain/presence"
	"parley/app/platform/fail"
	view "parley/templates/desk"
	"parley/templates/monitor"
)

// setPresence changes the agent's own availability; the new one is pushed to all its desks.
func (s *Server) setPresence(req *request) error {
	ctx := req.Request().Context()
	status, reason, _ := strings.Cut(req.FormValue("status"), ":")
	if err := s.presence.SetStatus(ctx, req.Actor, presence.Status(status), reason); err != nil {
		return err
	}
	a, err := s.presence.GetAvailability(ctx, req.Actor)
	if err != nil {
		return err
	}
	return s.render(req, http.StatusOK, view.AvailabilityUpdate(a))
}

func (s *Server) decline(req *request) error {
	id, err := req.paramID("id", "conversation")
	if err != nil {
		return err
	}
	if err := s.conversations.DeclineOffer(req.Request().Context(), req.Actor, req.Name, id); err != nil {
		return err
	}
	return req.NoContent(http.StatusNoContent)
}

func (s *Server) transferForm(req *request) error {
	id, err := req.paramID("id", "conversation")
	if err != nil {
		return err
	}
	return s.renderTransfer(req, id, view.TransferView{}, http.StatusOK)
}

func (s *Server) renderTransfer(req *request, id uuid.UUID, p view.TransferView, status int) (err error) {
	if p.TransferTargets, err = s.screens.LoadTransferTargets(req.Request().Context(), req.Actor, id); err != nil {
		return err
	}
	return s.render(req, status, view.TransferForm(p))
}

// renderTransferError shows the form with why it was refused, and what was typed.
func (s *Server) renderTransferError(req *request, id uuid.UUID, err error) error {
	e := fail.As(err)
	if e == nil || e.Kind != fail.Invalid && e.Kind != fail.Conflict {
		return err
	}
	return s.renderTransfer(req, id, view.TransferView{Error: e.Message, Comment: strings.ToValidUTF8(req.FormValue("comment"), ""), To: req.FormValue("to")}, statusOf[e.Kind])
}

// transferTarget reads whom the form names: a group or a person.
func (req *request) transferTarget() (group, person uuid.UUID) {
	kind, text, _ := strings.Cut(req.FormValue("to"), ":")
	id, err := uuid.Parse(text)
	switch {
	case err != nil:
	case kind == "group":
		group = id
	case kind == "person":
		person = id
	}
	return group, person
}

func (s *Server) transfer(req *request) error {
	id, err := req.paramID("id", "conversation")
	if err != nil {
		return err
	}
	group, person := req.transferTarget()
	if err := s.routing.Transfer(req.Request().Context(), req.Actor, req.Name, id, group, person, req.FormValue("comment")); err != nil {
		return s.renderTransferError(req, id, err)
	}
	return s.render(req, http.StatusOK, view.TransferDone(id))
}

func (s *Server) consult(req *request) error {
	id, err := req.paramID("id", "conversation")
	if err != nil {
		return err
	}
	_, person := req.transferTarget()
	err = s.routing.Consult(req.Request().Context(), req.Actor, req.Name, id, person, req.FormValue("may_write") == "on", req.FormValue("comment"))
	if err != nil {
		return s.renderTransferError(req, id, err)
	}
	return s.render(req, http.StatusOK, view.TransferDone(id))
}

func (s *Server) removeParticipant(req *request) error {
	id, err := req.paramID("id", "conversation")
	if err != nil {
		return err
	}
	participant, err := req.paramID("user", "guest")
	if err != nil {
		return err
	}
	if err := s.conversations.RemoveParticipant(req.Request().Context(), req.Actor, req.Name, id, participant); err != nil {
		return err
	}
	return req.NoContent(http.StatusNoContent)
}

func (s *Server) monitor(req *request) error {
	b, err := s.screens.LoadMonitor(req.Request().Context(), req.Actor)
	if err != nil {
		return err
	}
	return s.render(req, http.StatusOK, monitor.Page(req.baseViewer(), b))
}

func (s *Server) monitorSocket(req *request) error {
	return s.live.ServeMonitor(req.Response(), req.Request(), req.Actor, req.sessionKey, s.loginChecker(req))
}

// joinConversation makes the supervisor a participant: the conversation appears on the supervisor's desk.
func (s *Server) joinConversation(req *request) error {
	id, err := req.paramID("id", "conversation")
	if err != nil {
		return err
	}
	if err := s.conversations.Watch(req.Request().Context(), req.Actor, req.Name, id); err != nil {
		return err
	}
	return s.redirectToDesk(req, id)
}

// redirectToDesk leads from the live monitor to a conversation at the desk; at the desk it appears without it.
func (s *Server) redirectToDesk(req *request, id uuid.UUID) error {
	if !strings.Contains(req.Request().Header.Get("HX-Current-URL"), "/desk") {
		req.Response().Header().Set("HX-Redirect", "/desk#pane-"+id.String())
	}
	return req.NoContent(http.StatusNoContent)
}

func (s *Server) takeOver(req *request) error {
	id, err := req.paramID("id", "conversation")
	if err != nil {
		return err
	}
	if _, err := s.routing.Assign(req.Request().Context(), req.Actor, id, req.ID()); err != nil {
		return err
	}
	return s.redirectToDesk(req, id)
}

// assign assigns a conversation to a team member, from the queue or from whoever has it.
func (s *Server) assign(req *request) error {
	id, err := req.paramID("id", "conversation")
	if err != nil {
		return err
	}
	r := req.formReader()
	to := r.id("to")
	if err := r.Result(); err != nil {
		return err
	}
	if _, err := s.routing.Assign(req.Request().Context(), req.Actor, id, to); err != nil {
		return err
	}
	return req.NoContent(http.StatusNoContent)
}

// assignmentHistory explains who has had a conversation. It is for managers: it tells of persons' speeds.
func (s *Server) assignmentHistory(req *request) error {
	id, err := req.paramID("id", "conversation")
	if err != nil {
		return err
	}
	history, err := s.screens.LoadAssignmentHistory(req.Request().Context(), req.Actor, id)
	if err != nil {
		return err
	}
	return s.render(req, http.StatusOK, monitor.History(req.baseViewer(), history))
}
