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

// suggestQueue has the visitors' messages for which FAQ entries are to be suggested, so that no message waits for that:
// a few are worked on at once, and of a conversation only the newest message.
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
	tries        int // while the suggestion engine was being loaded
}

// suggest shows suggestions for a visitor's message on the desks that show its conversation, soon.
func (h *Hub) suggest(org uuid.UUID, c conversation.Conversation, q conversation.Question) {
	h.enqueueSuggestion(suggestRequest{org: org, conversation: c, question: q})
}

// enqueueSuggestion queues a request in place of an older one of the same conversation.
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
		wire.Guard("suggest FAQ entries", func() { h.suggestOnce(a) }, nil) // a panic ends only this one
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
		return // such as "hello?": the suggestions for the message before stay
	}
	for _, d := range h.desksShowing(a.org, a.conversation.ID) {
		d.push(view.SuggestionsUpdate(a.conversation.ID, model.Suggestions{Seq: a.question.Seq, List: found.List}))
	}
}

// maxLoadTries is how often a request is tried again, a second apart, while the organization's suggestion engine is being loaded.
const maxLoadTries = 60

// retrySuggestion tries a request again, unless a newer message has come.
func (h *Hub) retrySuggestion(a suggestRequest) {
	h.suggestQueue.mu.Lock()
	_, newer := h.suggestQueue.requests[a.conversation.ID]
	h.suggestQueue.mu.Unlock()
	if !newer {
		h.enqueueSuggestion(a)
	}
}

// minQuestionWords is how many words a message has at least that says something by itself.
const minQuestionWords = 4

// suggestForLast is suggest for the newest message of a visitor that waits, which another process may have stored.
func (h *Hub) suggestForLast(ctx context.Context, actor access.Actor, c conversation.Conversation) {
	if c.WaitingSince.IsZero() || len(h.desksShowing(actor.Org(), c.ID)) == 0 {
		return
	}
	last, err := h.conversations.LastQuestions(ctx, actor, []uuid.UUID{c.ID})
	if q, asks := last[c.ID]; asks && err == nil {
		h.suggest(actor.Org(), c, q)
	}
}

// desksShowing returns the desks of an organization that show a conversation.
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
