package live

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/chat"
	"parley/app/faq"
	"parley/app/live/wire"
	view "parley/templates/desk"
)

// suggesting finds FAQ entries for what visitors say, beside the way of the messages: a few at once, and of a conversation
// only for its newest message.
type suggesting struct {
	mu      sync.Mutex
	asked   map[uuid.UUID]asked // by conversation
	turns   []uuid.UUID
	workers int
}

type asked struct {
	org uuid.UUID
	in  chat.Conversation
	q   chat.Question

	tries int
}

// suggest shows the entries for a visitor's message on the desks that follow its conversation, soon.
func (h *Hub) suggest(org uuid.UUID, c chat.Conversation, q chat.Question) {
	h.suggestAsked(asked{org: org, in: c, q: q})
}

func (h *Hub) suggestAsked(a asked) {
	if len(h.desksOn(a.org, a.in.ID)) == 0 {
		return
	}
	s := &h.suggesting
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked == nil {
		s.asked = map[uuid.UUID]asked{}
	}
	if _, there := s.asked[a.in.ID]; !there {
		s.turns = append(s.turns, a.in.ID)
	}
	s.asked[a.in.ID] = a
	if s.workers < runtime.GOMAXPROCS(0) {
		s.workers++
		spawn("suggest FAQ entries", h.suggestAll)
	}
}

func (h *Hub) suggestAll() {
	s := &h.suggesting
	for {
		s.mu.Lock()
		if len(s.turns) == 0 {
			s.workers--
			s.mu.Unlock()
			return
		}
		a := s.asked[s.turns[0]]
		delete(s.asked, s.turns[0])
		s.turns = s.turns[1:]
		s.mu.Unlock()
		wire.Guard("suggest FAQ entries", func() { h.suggestOnce(a) }, nil) // a fault costs this one only
	}
}

func (h *Hub) suggestOnce(a asked) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	found, err := h.faq.Suggest(ctx, access.System(a.org, "suggest FAQ entries"), QuestionOf(a.in, a.q.Text))
	if errors.Is(err, error(faq.ErrLoading)) && a.tries < loadTries {
		a.tries++
		time.AfterFunc(time.Second, func() { h.suggestLater(a) })
		return
	}
	if err != nil {
		slog.Warn("suggest FAQ entries", "error", err)
		return
	}
	if len(found.List) == 0 && len(faq.Words(a.q.Text)) < shortOf {
		return // "hello?": what was found for the message before still counts
	}
	for _, d := range h.desksOn(a.org, a.in.ID) {
		d.say(view.SuggestionsOf(a.in.ID, a.q.Seq, found.List))
	}
}

// loadTries is how often it is tried again while an organization's suggestions are being loaded, a second apart.
const loadTries = 60

// suggestLater asks again, unless a newer message has come.
func (h *Hub) suggestLater(a asked) {
	h.suggesting.mu.Lock()
	_, newer := h.suggesting.asked[a.in.ID]
	h.suggesting.mu.Unlock()
	if !newer {
		h.suggestAsked(a)
	}
}

// shortOf is how many words a message has that says something of its own.
const shortOf = 4

// QuestionOf is what is asked of the FAQ for a visitor's message.
func QuestionOf(c chat.Conversation, text string) faq.Question {
	return faq.Question{Text: text, Language: c.Language, Place: PlaceOf(c)}
}

// PlaceOf is where a conversation is.
func PlaceOf(c chat.Conversation) faq.Scope {
	return faq.Scope{Customer: c.Customer, Website: c.Website, Group: c.Group}
}

// suggestLast is suggest for what another process has written.
func (h *Hub) suggestLast(ctx context.Context, who access.Actor, c chat.Conversation) {
	if c.WaitingSince.IsZero() || len(h.desksOn(who.Org(), c.ID)) == 0 {
		return
	}
	last, err := h.chat.LastQuestions(ctx, who, []uuid.UUID{c.ID})
	if q, asks := last[c.ID]; asks && err == nil {
		h.suggest(who.Org(), c, q)
	}
}

// desksOn returns the organization's desks here that follow a conversation.
func (h *Hub) desksOn(org, conversation uuid.UUID) (list []*desk) {
	f := h.floor(org)
	if f == nil {
		return nil
	}
	for _, d := range f.list() {
		if d.follows(conversation) {
			list = append(list, d)
		}
	}
	return list
}

// suggestions returns what is suggested for conversations whose visitors wait, by conversation.
func (h *Hub) suggestions(ctx context.Context, who access.Actor, list []chat.Conversation) map[uuid.UUID]view.Offered {
	return Suggestions(ctx, h.chat, h.faq, who, list)
}

// Suggestions returns what is suggested for those of some conversations whose visitors wait. What cannot be found out is left
// out: it comes with the next message.
func Suggestions(ctx context.Context, chats *chat.Room, entries *faq.Room, who access.Actor, list []chat.Conversation) map[uuid.UUID]view.Offered {
	var ids []uuid.UUID
	for _, c := range list {
		if !c.WaitingSince.IsZero() {
			ids = append(ids, c.ID)
		}
	}
	offered := map[uuid.UUID]view.Offered{}
	last, err := chats.LastQuestions(ctx, who, ids)
	for _, c := range list {
		q, asks := last[c.ID]
		if !asks || err != nil {
			continue
		}
		var found faq.Suggestions
		if found, err = entries.Suggest(ctx, who, QuestionOf(c, q.Text)); err == nil && len(found.List) > 0 {
			offered[c.ID] = view.Offered{Seq: q.Seq, List: found.List}
		}
	}
	if err != nil && !errors.Is(err, error(faq.ErrLoading)) {
		slog.Warn("suggest FAQ entries", "error", err)
	}
	return offered
}
