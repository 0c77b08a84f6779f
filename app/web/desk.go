package web

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/chat"
	"parley/app/fail"
	"parley/app/faq"
	"parley/app/keys"
	"parley/app/live"
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
	open := append(slices.Clone(own), visits...)
	whole := view.Whole(open)
	cursors := make(map[uuid.UUID]int, len(whole))
	for _, c := range whole {
		cursors[c.ID] = 0
	}
	p := view.Page{User: v.ID(), UserName: v.Name, Email: v.Email, OrgName: v.OrgName, Manages: v.Actor.May(access.Manage), Reviews: v.Actor.May(access.Review),
		Watches: v.Actor.May(access.Watch), Line: line, Own: own, Visits: visits, PushKey: s.push.Key()}
	if p.More, err = s.chat.Behind(ctx, v.Actor, lines, line); err != nil {
		return err
	}
	if p.Threads, err = s.chat.Threads(ctx, v.Actor, cursors); err != nil {
		return err
	}
	if p.Guests, err = s.chat.Guests(ctx, v.Actor, view.IDs(open)); err != nil {
		return err
	}
	if p.Status, err = s.queue.Mine(ctx, v.Actor); err != nil {
		return err
	}
	if p.Today, err = s.queue.Today(ctx, v.Actor); err != nil {
		return err
	}
	if p.Wishes, p.Commands, err = s.wishes(ctx, v); err != nil {
		return err
	}
	if p.Snippets, err = s.snippetsForScript(ctx, v, lines); err != nil {
		return err
	}
	p.Automatic = s.assist.Automatic(ctx, v.Actor)
	p.Offered = live.Suggestions(ctx, s.chat, s.faq, v.Actor, whole)
	for _, list := range [][]chat.Conversation{line, own, visits} {
		s.queue.NameGroups(v.Actor.Org(), list)
	}
	return s.draw(v, http.StatusOK, view.Desk(p, time.Now()))
}

// pane is a conversation's pane as it is now: for a page that has it without its thread.
func (s *Server) pane(v *visit) error {
	id, err := v.id("id", "conversation")
	if err != nil {
		return err
	}
	ctx := v.Request().Context()
	c, err := s.chat.Get(ctx, v.Actor, id)
	if err != nil {
		return err
	}
	c.GroupName = s.queue.GroupName(v.Actor.Org(), c.Group)
	p, err := s.paneOf(ctx, v, c)
	if err != nil {
		return err
	}
	return s.draw(v, http.StatusOK, view.Pane(p))
}

// paneOf reads what a pane shows of a conversation.
func (s *Server) paneOf(ctx context.Context, v *visit, c chat.Conversation) (view.PaneView, error) {
	p := view.PaneView{Conversation: c, Me: v.ID()}
	ids := []uuid.UUID{c.ID}
	guests, err := s.chat.Guests(ctx, v.Actor, ids)
	if err != nil {
		return p, err
	}
	read, err := s.chat.ReadUpTo(ctx, v.Actor, ids)
	if err != nil {
		return p, err
	}
	threads, err := s.chat.Threads(ctx, v.Actor, map[uuid.UUID]int{c.ID: 0})
	p.Seen = view.SeenBy(v.ID(), c, guests[c.ID])
	p.Guests, p.Read, p.Messages = guests[c.ID], read[c.ID].ByVisitor, threads[c.ID]
	p.Offered = live.Suggestions(ctx, s.chat, s.faq, v.Actor, []chat.Conversation{c})[c.ID]
	return p, err
}

// wishes is the user's preferences, and the commands with its keys, as the desk's script wants them.
func (s *Server) wishes(ctx context.Context, v *visit) (wishes, commands string, err error) {
	p, err := s.identity.Preferences(ctx, v.Actor)
	if err != nil {
		return "", "", err
	}
	w, err := json.Marshal(p)
	if err != nil {
		return "", "", err
	}
	c, err := json.Marshal(keys.With(p.Keys))
	return string(w), string(c), err
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
	p, err := s.paneOf(ctx, v, c)
	if err != nil {
		return err
	}
	today, err := s.queue.Today(ctx, v.Actor)
	if err != nil {
		return err
	}
	return s.draw(v, http.StatusOK, view.Taken(p, today, time.Now()))
}

// say keeps a reply, a note or a change of the last reply, and answers with what the page does not show yet: the message
// itself, and what was said between it and the page's cursor.
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
	var m chat.Message
	if kind := chat.Kind(v.FormValue("kind")); kind == chat.Edit {
		m, err = s.chat.ChangeReply(ctx, v.Actor, id, seq(v.FormValue("of")), message, v.FormValue("body"))
	} else {
		m, err = s.chat.SayAsAgent(ctx, v.Actor, id, message, kind, v.FormValue("body"))
	}
	if err != nil {
		return err
	}
	if m.Kind == chat.Text {
		s.choose(v, id, m.Body)
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

// older returns what was said before what the page shows.
func (s *Server) older(v *visit) error {
	id, err := v.id("id", "conversation")
	if err != nil {
		return err
	}
	before := seq(v.QueryParam("before"))
	if before < 1 {
		return fail.New(fail.Invalid, "This page asked for something unreadable. Please reload it.")
	}
	ctx := v.Request().Context()
	if _, err := s.chat.Get(ctx, v.Actor, id); err != nil {
		return err
	}
	messages, err := s.chat.Before(ctx, v.Actor, id, before, chat.ThreadShown)
	if err != nil {
		return err
	}
	return s.draw(v, http.StatusOK, view.Older(id, messages))
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
	today, err := s.queue.Today(ctx, v.Actor)
	if err != nil {
		return err
	}
	return s.draw(v, http.StatusOK, view.Closed(c, messages, today, time.Now()))
}

// groupsOf says whose snippets the visit's team member sees, from the queues that it sees. A group's snippets may be of any customer:
// whoever is limited sees those of its own groups.
func (v *visit) groupsOf(lines chat.Lines) faq.Groups {
	return faq.Groups{List: lines.Groups, Everywhere: lines.Anywhere && !v.Actor.Limited()}
}
