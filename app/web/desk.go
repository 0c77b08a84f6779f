package web

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/chat"
	"parley/app/fail"
	view "parley/templates/desk"
)

func (s *Server) desk(v *visit) error {
	ctx := v.Request().Context()
	lines, err := s.queue.Lines(ctx, v.Actor)
	if err != nil {
		return err
	}
	line, own, visits, err := s.chat.Desk(ctx, v.Actor, lines)
	if err != nil {
		return err
	}
	ids := view.IDs(own, visits)
	cursors := make(map[uuid.UUID]int, len(ids))
	for _, id := range ids {
		cursors[id] = 0
	}
	threads, err := s.chat.Threads(ctx, v.Actor, cursors)
	if err != nil {
		return err
	}
	guests, err := s.chat.Guests(ctx, v.Actor, ids)
	if err != nil {
		return err
	}
	status, err := s.queue.Mine(ctx, v.Actor)
	if err != nil {
		return err
	}
	for _, list := range [][]chat.Conversation{line, own, visits} {
		s.queue.NameGroups(v.Actor.Org(), list)
	}
	return s.draw(v, http.StatusOK, view.Desk(view.Page{User: v.ID(), UserName: v.Name, OrgName: v.OrgName, Manages: v.Actor.May(access.Manage),
		Reviews: v.Actor.May(access.Review), Watches: v.Actor.May(access.Watch), Status: status, Line: line, Own: own, Visits: visits, Guests: guests,
		Threads: threads}, time.Now()))
}

func (s *Server) deskSocket(v *visit) error {
	return s.live.ServeDesk(v.Response(), v.Request(), v.Actor, v.login, s.still(v))
}

func (s *Server) takeNext(v *visit) error { return s.taken(v, uuid.Nil) }

func (s *Server) take(v *visit) error {
	id, err := v.id("id", "conversation")
	if err != nil {
		return err
	}
	return s.taken(v, id)
}

func (s *Server) taken(v *visit, id uuid.UUID) error {
	ctx := v.Request().Context()
	c, err := s.queue.Take(ctx, v.Actor, v.Name, id)
	if err != nil {
		return err
	}
	c.GroupName = s.queue.GroupName(v.Actor.Org(), c.Group)
	guests, err := s.chat.Guests(ctx, v.Actor, []uuid.UUID{c.ID})
	if err != nil {
		return err
	}
	messages, err := s.chat.After(ctx, v.Actor, c.ID, 0)
	if err != nil {
		return err
	}
	return s.draw(v, http.StatusOK, view.Taken(c, guests[c.ID], messages, time.Now()))
}

// say keeps a reply or a note and answers with what the page does not show yet: the message itself, and what was said
// between it and the page's cursor.
func (s *Server) say(v *visit) error {
	id, err := v.id("id", "conversation")
	if err != nil {
		return err
	}
	message, err := uuid.Parse(v.FormValue("id"))
	if err != nil {
		return fail.New(fail.Invalid, "The message has no id. Please reload the page; copy your text first.")
	}
	ctx := v.Request().Context()
	m, err := s.chat.SayAsAgent(ctx, v.Actor, id, message, chat.Kind(v.FormValue("kind")), v.FormValue("body"))
	if err != nil {
		return err
	}
	messages := []chat.Message{m}
	if after, err := strconv.Atoi(v.FormValue("after")); err == nil && after >= 0 && after < m.Seq-1 {
		if messages, err = s.chat.After(ctx, v.Actor, id, after); err != nil {
			return err
		}
		// A message that was said before is answered as it was then: what came later may be another agent's.
		messages = slices.DeleteFunc(messages, func(x chat.Message) bool { return x.Seq > m.Seq })
	}
	return s.draw(v, http.StatusOK, view.Messages(id, messages))
}

func (s *Server) closeConversation(v *visit) error {
	id, err := v.id("id", "conversation")
	if err != nil {
		return err
	}
	ctx := v.Request().Context()
	c, err := s.chat.Close(ctx, v.Actor, id)
	if err != nil {
		return err
	}
	messages, err := s.chat.After(ctx, v.Actor, id, max(0, c.LastSeq-20))
	if err != nil {
		return err
	}
	return s.draw(v, http.StatusOK, view.Closed(c, messages, time.Now()))
}
