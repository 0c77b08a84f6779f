package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	view "parley/templates/desk"
)

func (s *Server) desk(req *request) error {
	page, err := s.screens.LoadPage(req.Request().Context(), req.Actor)
	if err != nil {
		return err
	}
	p := view.Page{Page: page, User: req.ID(), UserName: req.Name, Email: req.Email, OrgName: req.OrgName, PushKey: s.push.PublicKey(),
		CanManage: req.Actor.Can(access.CustomerRead), CanReview: req.Actor.Can(access.ArchiveRead), CanMonitor: req.Actor.Can(access.MonitorRead)}
	return s.render(req, http.StatusOK, view.Desk(p, time.Now()))
}

// pane answers with a conversation's pane, for a page that has it without its messages.
func (s *Server) pane(req *request) error {
	id, err := req.paramID("id", "conversation")
	if err != nil {
		return err
	}
	p, err := s.screens.LoadPane(req.Request().Context(), req.Actor, id)
	if err != nil {
		return err
	}
	return s.render(req, http.StatusOK, view.Pane(p))
}

func (s *Server) deskSocket(req *request) error {
	return s.live.ServeDesk(req.Response(), req.Request(), req.Actor, req.sessionKey, s.loginChecker(req))
}

func (s *Server) takeNext(req *request) error { return s.takeConversation(req, uuid.Nil) }

func (s *Server) pick(req *request) error {
	id, err := req.paramID("id", "conversation")
	if err != nil {
		return err
	}
	return s.takeConversation(req, id)
}

func (s *Server) takeConversation(req *request, id uuid.UUID) error {
	ctx := req.Request().Context()
	c, err := s.routing.Take(ctx, req.Actor, req.Name, id)
	if err != nil {
		return err
	}
	taken, err := s.screens.LoadTaken(ctx, req.Actor, c)
	if err != nil {
		return err
	}
	return s.render(req, http.StatusOK, view.TakeResponse(taken, time.Now()))
}

// sendMessage keeps a reply, a note or a change of the last reply, and answers with what the page does not show yet: the message
// itself, and what was said between it and the page's cursor.
func (s *Server) sendMessage(req *request) error {
	id, err := req.paramID("id", "conversation")
	if err != nil {
		return err
	}
	message, err := uuid.Parse(req.FormValue("id"))
	if err != nil {
		return fail.New(fail.Invalid, "The message has no id. Please reload the page; copy your text first.")
	}
	shown, err := strconv.Atoi(req.FormValue("after"))
	if err != nil {
		shown = -1
	}
	m, messages, err := s.conversations.PostAsAgent(req.Request().Context(), req.Actor, conversation.AgentMessage{ID: message, Conversation: id,
		Kind: conversation.Kind(req.FormValue("kind")), TargetSeq: parseSeq(req.FormValue("of")), Body: req.FormValue("body"), ShownSeq: shown})
	if m.Kind == conversation.Text { // it is stored, whatever the error says of the messages before it
		s.recordReplySource(req, id, m.Body)
	}
	if err != nil {
		return err
	}
	return s.render(req, http.StatusOK, view.MessagesUpdate(id, messages))
}

// olderMessages returns what was said before what the page shows.
func (s *Server) olderMessages(req *request) error {
	id, err := req.paramID("id", "conversation")
	if err != nil {
		return err
	}
	before := parseSeq(req.QueryParam("before"))
	if before < 1 {
		return fail.New(fail.Invalid, "This page asked for something unreadable. Please reload it.")
	}
	messages, err := s.conversations.ListMessagesBefore(req.Request().Context(), req.Actor, id, before, conversation.DeskThreadLimit)
	if err != nil {
		return err
	}
	return s.render(req, http.StatusOK, view.OlderMessages(id, messages))
}

func (s *Server) closeConversation(req *request) error {
	id, err := req.paramID("id", "conversation")
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	c, err := s.conversations.Close(ctx, req.Actor, id)
	if err != nil {
		return err
	}
	closed, err := s.screens.LoadClosed(ctx, req.Actor, c)
	if err != nil {
		return err
	}
	return s.render(req, http.StatusOK, view.CloseResponse(closed, time.Now()))
}
