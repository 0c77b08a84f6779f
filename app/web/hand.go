package web

import (
	"net/http"
	"strings"

	"github.com/google/uuid"

	"parley/app/fail"
	"parley/app/queue"
	"parley/templates/board"
	view "parley/templates/desk"
)

// setStatus changes the agent's own availability; the new one is pushed to all its desks.
func (s *Server) setStatus(v *visit) error {
	ctx := v.Request().Context()
	status, reason, _ := strings.Cut(v.FormValue("status"), ":")
	if err := s.queue.SetStatus(ctx, v.Actor, queue.Status(status), reason); err != nil {
		return err
	}
	a, err := s.queue.Mine(ctx, v.Actor)
	if err != nil {
		return err
	}
	return s.draw(v, http.StatusOK, view.StatusOf(a))
}

func (s *Server) decline(v *visit) error {
	id, err := v.id("id", "conversation")
	if err != nil {
		return err
	}
	if err := s.chat.Decline(v.Request().Context(), v.Actor, v.Name, id); err != nil {
		return err
	}
	return v.NoContent(http.StatusNoContent)
}

func (s *Server) handForm(v *visit) error {
	id, err := v.id("id", "conversation")
	if err != nil {
		return err
	}
	return s.handWith(v, view.HandPage{Conversation: id}, http.StatusOK)
}

func (s *Server) handWith(v *visit, p view.HandPage, status int) (err error) {
	ctx := v.Request().Context()
	c, err := s.chat.Get(ctx, v.Actor, p.Conversation)
	if err != nil {
		return err
	}
	if p.Colleagues, p.Groups, err = s.queue.Colleagues(ctx, v.Actor, c.Customer); err != nil {
		return err
	}
	return s.draw(v, status, view.Hand(p))
}

// handAgain shows the form with why it was refused, and what was typed.
func (s *Server) handAgain(v *visit, id uuid.UUID, err error) error {
	e := fail.As(err)
	if e == nil || e.Kind != fail.Invalid && e.Kind != fail.Conflict {
		return err
	}
	return s.handWith(v, view.HandPage{Conversation: id, Message: e.Message, Comment: strings.ToValidUTF8(v.FormValue("comment"), ""), To: v.FormValue("to")}, statusOf[e.Kind])
}

// handTo reads whom the form names: a group or a person.
func (v *visit) handTo() (group, person uuid.UUID) {
	kind, text, _ := strings.Cut(v.FormValue("to"), ":")
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

func (s *Server) transfer(v *visit) error {
	id, err := v.id("id", "conversation")
	if err != nil {
		return err
	}
	group, person := v.handTo()
	if err := s.queue.Transfer(v.Request().Context(), v.Actor, v.Name, id, group, person, v.FormValue("comment")); err != nil {
		return s.handAgain(v, id, err)
	}
	return s.draw(v, http.StatusOK, view.Handed(id))
}

func (s *Server) consult(v *visit) error {
	id, err := v.id("id", "conversation")
	if err != nil {
		return err
	}
	_, person := v.handTo()
	err = s.queue.Consult(v.Request().Context(), v.Actor, v.Name, id, person, v.FormValue("may_write") == "on", v.FormValue("comment"))
	if err != nil {
		return s.handAgain(v, id, err)
	}
	return s.draw(v, http.StatusOK, view.Handed(id))
}

func (s *Server) endVisit(v *visit) error {
	id, err := v.id("id", "conversation")
	if err != nil {
		return err
	}
	guest, err := v.id("user", "guest")
	if err != nil {
		return err
	}
	if err := s.chat.Leave(v.Request().Context(), v.Actor, v.Name, id, guest); err != nil {
		return err
	}
	return v.NoContent(http.StatusNoContent)
}

func (s *Server) board(v *visit) error {
	b, err := s.queue.Board(v.Request().Context(), v.Actor)
	if err != nil {
		return err
	}
	return s.draw(v, http.StatusOK, board.Page(v.who(), b))
}

func (s *Server) boardSocket(v *visit) error {
	return s.live.ServeBoard(v.Response(), v.Request(), v.Actor, v.login, s.still(v))
}

// watch makes the supervisor a guest: the conversation is at its desk.
func (s *Server) watch(v *visit) error {
	id, err := v.id("id", "conversation")
	if err != nil {
		return err
	}
	if err := s.chat.Look(v.Request().Context(), v.Actor, v.Name, id); err != nil {
		return err
	}
	return s.toDesk(v, id)
}

// toDesk leads from the board to a conversation at the desk; at the desk it comes by itself.
func (s *Server) toDesk(v *visit, id uuid.UUID) error {
	if !strings.Contains(v.Request().Header.Get("HX-Current-URL"), "/desk") {
		v.Response().Header().Set("HX-Redirect", "/desk#pane-"+id.String())
	}
	return v.NoContent(http.StatusNoContent)
}

func (s *Server) takeOver(v *visit) error {
	id, err := v.id("id", "conversation")
	if err != nil {
		return err
	}
	if _, err := s.queue.Hand(v.Request().Context(), v.Actor, id, v.ID()); err != nil {
		return err
	}
	return s.toDesk(v, id)
}

// give gives a conversation to a colleague, from the line or from whoever has it.
func (s *Server) give(v *visit) error {
	id, err := v.id("id", "conversation")
	if err != nil {
		return err
	}
	r := v.reading()
	to := r.id("to")
	if err := r.Result(); err != nil {
		return err
	}
	if _, err := s.queue.Hand(v.Request().Context(), v.Actor, id, to); err != nil {
		return err
	}
	return v.NoContent(http.StatusNoContent)
}

// why explains who has had a conversation. It is for managers: it tells of persons' speeds.
func (s *Server) why(v *visit) error {
	id, err := v.id("id", "conversation")
	if err != nil {
		return err
	}
	ctx := v.Request().Context()
	c, err := s.chat.Get(ctx, v.Actor, id)
	if err != nil {
		return err
	}
	history, err := s.queue.History(ctx, v.Actor, id)
	if err != nil {
		return err
	}
	return s.draw(v, http.StatusOK, board.Why(board.WhyPage{Viewer: v.who(), Conversation: c, History: history}))
}
