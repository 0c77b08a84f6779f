package desk

import (
	"context"
	"errors"
	"log/slog"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	"parley/app/platform/access"
)

// Suggestions are the FAQ entries that are suggested for a visitor's message.
type Suggestions struct {
	Seq  int // the number of the message
	List []faq.Suggestion
}

// LoadSuggestions finds suggestions for those of some conversations whose visitors wait for an answer, by conversation.
// It returns no error: what cannot be found now comes with the next message.
func (s *Service) LoadSuggestions(ctx context.Context, actor access.Actor, list []conversation.Conversation) map[uuid.UUID]Suggestions {
	var ids []uuid.UUID
	for _, c := range list {
		if !c.WaitingSince.IsZero() {
			ids = append(ids, c.ID)
		}
	}
	suggestions := map[uuid.UUID]Suggestions{}
	questions, err := s.conversations.LastQuestions(ctx, actor, ids)
	for _, c := range list {
		q, asks := questions[c.ID]
		if !asks || err != nil {
			continue
		}
		var found faq.Suggestions
		if found, err = s.faq.Suggest(ctx, actor, QuestionOf(c, q.Text)); err == nil && len(found.List) > 0 {
			suggestions[c.ID] = Suggestions{Seq: q.Seq, List: found.List}
		}
	}
	if err != nil && !errors.Is(err, error(faq.ErrLoading)) {
		slog.Warn("suggest FAQ entries", "error", err)
	}
	return suggestions
}

// QuestionOf returns what is asked of the FAQ for a visitor's message.
func QuestionOf(c conversation.Conversation, text string) faq.Question {
	return faq.Question{Text: text, Language: c.Language, Scope: ScopeOf(c)}
}

// ScopeOf returns whose FAQ entries count in a conversation.
func ScopeOf(c conversation.Conversation) faq.Scope {
	return faq.Scope{Customer: c.Customer, Website: c.Website, Group: c.Group}
}
