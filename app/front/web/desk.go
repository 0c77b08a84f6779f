package web

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	"parley/app/front/live"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/keys"
	view "parley/templates/desk"
)

func (s *Server) desk(req *request) error {
	ctx := req.Request().Context()
	queues, err := s.routing.VisibleQueues(ctx, req.Actor)
	if err != nil {
		return err
	}
	waiting, own, consulted, err := s.conversations.ListForDesk(ctx, req.Actor, queues)
	if err != nil {
		return err
	}
	open := append(slices.Clone(own), consulted...)
	whole := view.WholePanes(open)
	cursors := make(map[uuid.UUID]int, len(whole))
	for _, c := range whole {
		cursors[c.ID] = 0
	}
	p := view.Page{User: req.ID(), UserName: req.Name, Email: req.Email, OrgName: req.OrgName, CanManage: req.Actor.Can(access.Manage), CanReview: req.Actor.Can(access.Review),
		CanMonitor: req.Actor.Can(access.Monitor), Queue: waiting, Own: own, Participating: consulted, PushKey: s.push.PublicKey()}
	if p.More, err = s.conversations.CountQueuedBeyond(ctx, req.Actor, queues, waiting); err != nil {
		return err
	}
	if p.Threads, err = s.conversations.Threads(ctx, req.Actor, cursors); err != nil {
		return err
	}
	if p.Participants, err = s.conversations.ListParticipants(ctx, req.Actor, view.ConversationIDs(open)); err != nil {
		return err
	}
	if p.Availability, err = s.routing.GetAvailability(ctx, req.Actor); err != nil {
		return err
	}
	if p.Today, err = s.routing.GetDayTotals(ctx, req.Actor); err != nil {
		return err
	}
	if p.Preferences, p.Commands, err = s.preferencesForScript(ctx, req); err != nil {
		return err
	}
	if p.Snippets, err = s.snippetsForScript(ctx, req, queues); err != nil {
		return err
	}
	p.Automatic = s.assist.IsAutomatic(ctx, req.Actor)
	p.Suggestions = live.LoadSuggestions(ctx, s.conversations, s.faq, req.Actor, whole)
	for _, list := range [][]conversation.Conversation{waiting, own, consulted} {
		s.routing.SetGroupNames(req.Actor.Org(), list)
	}
	return s.render(req, http.StatusOK, view.Desk(p, time.Now()))
}

// pane is a conversation's pane as it is now: for a page that has it without its thread.
func (s *Server) pane(req *request) error {
	id, err := req.paramID("id", "conversation")
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	c, err := s.conversations.Get(ctx, req.Actor, id)
	if err != nil {
		return err
	}
	c.GroupName = s.routing.GroupName(req.Actor.Org(), c.Group)
	p, err := s.loadPane(ctx, req, c)
	if err != nil {
		return err
	}
	return s.render(req, http.StatusOK, view.Pane(p))
}

// loadPane reads what a pane shows of a conversation.
func (s *Server) loadPane(ctx context.Context, req *request, c conversation.Conversation) (view.PaneView, error) {
	p := view.PaneView{Conversation: c, Viewer: req.ID()}
	ids := []uuid.UUID{c.ID}
	participants, err := s.conversations.ListParticipants(ctx, req.Actor, ids)
	if err != nil {
		return p, err
	}
	read, err := s.conversations.ReadStates(ctx, req.Actor, ids)
	if err != nil {
		return p, err
	}
	threads, err := s.conversations.Threads(ctx, req.Actor, map[uuid.UUID]int{c.ID: 0})
	p.Visibility = view.VisibilityFor(req.ID(), c, participants[c.ID])
	p.Participants, p.VisitorReadSeq, p.Messages = participants[c.ID], read[c.ID].ByVisitor, threads[c.ID]
	p.Suggestions = live.LoadSuggestions(ctx, s.conversations, s.faq, req.Actor, []conversation.Conversation{c})[c.ID]
	return p, err
}

// preferencesForScript is the user's preferences, and the commands with its keys, as the desk's script wants them.
func (s *Server) preferencesForScript(ctx context.Context, req *request) (preferences, commands string, err error) {
	p, err := s.identity.GetPreferences(ctx, req.Actor)
	if err != nil {
		return "", "", err
	}
	w, err := json.Marshal(p)
	if err != nil {
		return "", "", err
	}
	c, err := json.Marshal(keys.WithOverrides(p.Keys))
	return string(w), string(c), err
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
	c.GroupName = s.routing.GroupName(req.Actor.Org(), c.Group)
	p, err := s.loadPane(ctx, req, c)
	if err != nil {
		return err
	}
	today, err := s.routing.GetDayTotals(ctx, req.Actor)
	if err != nil {
		return err
	}
	return s.render(req, http.StatusOK, view.TakeResponse(p, today, time.Now()))
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
	messages, err := s.conversations.ListMessagesAfter(ctx, req.Actor, id, max(0, c.LastSeq-20))
	if err != nil {
		return err
	}
	today, err := s.routing.GetDayTotals(ctx, req.Actor)
	if err != nil {
		return err
	}
	return s.render(req, http.StatusOK, view.CloseResponse(c, messages, today, time.Now()))
}

// snippetGroups says whose snippets the visit's team member sees, from the queues that it sees. A group's snippets may be of any customer:
// whoever is limited sees those of its own groups.
func (req *request) snippetGroups(queues conversation.QueueScope) faq.SnippetScope {
	return faq.SnippetScope{GroupIDs: queues.Groups, AllGroups: queues.AllGroups && !req.Actor.IsLimited()}
}
