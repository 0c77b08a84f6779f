package live

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	model "parley/app/front/desk"
	"parley/app/front/live/background"
	"parley/app/front/live/wire"
	"parley/app/platform/access"
	view "parley/templates/desk"
)

// suggestQueue finds FAQ entries for what visitors say, beside the way of the messages: a few at once, and of a conversation
// only for its newest message.
type suggestQueue struct {
	mu       sync.Mutex
	requests map[uuid.UUID]suggestRequest // by conversation
	order    []uuid.UUID
	workers  int
}

type suggestRequest struct {
	org          uuid.UUID
	conversation conversation.Conversation
	question     conversation.Question

	tries int
}

// suggest shows the entries for a visitor's message on the desks that follow its conversation, soon.
func (h *Hub) suggest(org uuid.UUID, c conversation.Conversation, q conversation.Question) {
	h.enqueueSuggestion(suggestRequest{org: org, conversation: c, question: q})
}

func (h *Hub) enqueueSuggestion(a suggestRequest) {
	if len(h.desksShowing(a.org, a.conversation.ID)) == 0 {
		return
	}
	s := &h.suggestQueue
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.requests == nil {
		s.requests = map[uuid.UUID]suggestRequest{}
	}
	if _, there := s.requests[a.conversation.ID]; !there {
		s.order = append(s.order, a.conversation.ID)
	}
	s.requests[a.conversation.ID] = a
	if s.workers < runtime.GOMAXPROCS(0) {
		s.workers++
		background.Run("suggest FAQ entries", h.runSuggestWorker)
	}
}

func (h *Hub) runSuggestWorker() {
	s := &h.suggestQueue
	for {
		s.mu.Lock()
		if len(s.order) == 0 {
			s.workers--
			s.mu.Unlock()
			return
		}
		a := s.requests[s.order[0]]
		delete(s.requests, s.order[0])
		s.order = s.order[1:]
		s.mu.Unlock()
		wire.Guard("suggest FAQ entries", func() { h.suggestOnce(a) }, nil) // a fault costs this one only
	}
}

func (h *Hub) suggestOnce(a suggestRequest) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	found, err := h.faq.Suggest(ctx, access.System(a.org, "suggest FAQ entries"), model.QuestionOf(a.conversation, a.question.Text))
	if errors.Is(err, error(faq.ErrLoading)) && a.tries < maxLoadTries {
		a.tries++
		time.AfterFunc(time.Second, func() { h.retrySuggestion(a) })
		return
	}
	if err != nil {
		slog.Warn("suggest FAQ entries", "error", err)
		return
	}
	if len(found.List) == 0 && len(faq.SearchWords(a.question.Text)) < minQuestionWords {
		return // "hello?": what was found for the message before still counts
	}
	for _, d := range h.desksShowing(a.org, a.conversation.ID) {
		d.push(view.SuggestionsUpdate(a.conversation.ID, model.Suggestions{Seq: a.question.Seq, List: found.List}))
	}
}

// maxLoadTries is how often it is tried again while an organization's suggestions are being loaded, a second apart.
const maxLoadTries = 60

// retrySuggestion asks again, unless a newer message has come.
func (h *Hub) retrySuggestion(a suggestRequest) {
	h.suggestQueue.mu.Lock()
	_, newer := h.suggestQueue.requests[a.conversation.ID]
	h.suggestQueue.mu.Unlock()
	if !newer {
		h.enqueueSuggestion(a)
	}
}

// minQuestionWords is how many words a message has that says something of its own.
const minQuestionWords = 4

// suggestForLast is suggest for what another process has written.
func (h *Hub) suggestForLast(ctx context.Context, who access.Actor, c conversation.Conversation) {
	if c.WaitingSince.IsZero() || len(h.desksShowing(who.Org(), c.ID)) == 0 {
		return
	}
	last, err := h.conversations.LastQuestions(ctx, who, []uuid.UUID{c.ID})
	if q, asks := last[c.ID]; asks && err == nil {
		h.suggest(who.Org(), c, q)
	}
}

// desksShowing returns the organization's desks here that follow a conversation.
func (h *Hub) desksShowing(org, conversation uuid.UUID) (list []*desk) {
	f := h.desksOf(org)
	if f == nil {
		return nil
	}
	for _, d := range f.all() {
		if d.isFollowing(conversation) {
			list = append(list, d)
		}
	}
	return list
}
