package faq

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/settings"
	"parley/app/platform/access"
)

// similarFrom is the confidence from which on an entry may say the same as another.
const similarFrom = 0.3

// FindSimilar returns published entries that may say what a new one is to say, the nearest first.
func (s *Service) FindSimilar(ctx context.Context, who access.Actor, question, answer string) ([]Suggestion, error) {
	seen := map[uuid.UUID]bool{}
	var list []Suggestion
	for _, text := range []string{question, answer} {
		found, _, err := s.suggest(ctx, who, Question{Text: text}, MaxSuggestions, true)
		if err != nil {
			return nil, err
		}
		for _, suggestion := range found.List {
			if suggestion.Confidence >= similarFrom && !seen[suggestion.ID] && len(list) < MaxSuggestions {
				seen[suggestion.ID] = true
				list = append(list, suggestion)
			}
		}
	}
	return list, nil
}

// AddFromAnswer makes an entry of an answer that an agent has given, with the visitor's own words as its first example. Everybody who
// answers may; it goes to review unless its writer may publish it.
func (s *Service) AddFromAnswer(ctx context.Context, who access.Actor, e Entry, example Choice) (uuid.UUID, State, error) {
	t, err := s.db.Authorize(who, access.FAQEntryPropose)
	if err != nil {
		return uuid.Nil, "", err
	}
	rules, err := settings.ReadDesk(ctx, t)
	if err != nil {
		return uuid.Nil, "", err
	}
	e.ID, e.State = uuid.Nil, Published
	rules.Review = rules.Review || !rules.AgentsEdit // of agents; storeEntry publishes managers' own
	id, state, err := s.storeEntry(ctx, t, who, rules, e)
	if err != nil || example.Seq == 0 {
		return id, state, err
	}
	example.Entry, example.Kind = id, AsExample
	return id, state, s.RecordChoice(ctx, who, example)
}

// StateOfNewEntry returns the state that an entry gets which the actor makes of an answer.
func (s *Service) StateOfNewEntry(ctx context.Context, who access.Actor) (State, error) {
	t, err := s.db.Authorize(who, access.DeskRulesRead)
	if err != nil {
		return "", err
	}
	rules, err := settings.ReadDesk(ctx, t)
	if who.CanFully(access.FAQEntryPublish) || rules.AgentsEdit && !rules.Review {
		return Published, err
	}
	return InReview, err
}
