package faq

import (
	"context"

	"github.com/google/uuid"

	"parley/app/access"
)

// alike is the confidence from which on an entry may say the same as another.
const alike = 0.3

// Alike returns live entries that may say what a new one is to say, the nearest first.
func (r *Room) Alike(ctx context.Context, who access.Actor, question, answer string) ([]Suggestion, error) {
	seen := map[uuid.UUID]bool{}
	var list []Suggestion
	for _, text := range []string{question, answer} {
		found, _, err := r.suggest(ctx, who, Question{Text: text}, Most, true)
		if err != nil {
			return nil, err
		}
		for _, s := range found.List {
			if s.Confidence >= alike && !seen[s.ID] && len(list) < Most {
				seen[s.ID] = true
				list = append(list, s)
			}
		}
	}
	return list, nil
}

// Keep makes an entry of an answer that an agent has given, with the visitor's own words as its first example. Everybody who
// answers may; it goes to review unless its writer may let it live.
func (r *Room) Keep(ctx context.Context, who access.Actor, e Entry, example Choice) (uuid.UUID, State, error) {
	rules, err := r.Rules(ctx, who)
	if err != nil {
		return uuid.Nil, "", err
	}
	e.ID, e.State = uuid.Nil, Live
	rules.Review = rules.Review || !rules.AgentsEdit // of agents; save lets managers' own live
	id, state, err := r.save(ctx, r.db.As(who), who, rules, e)
	if err != nil || example.Seq == 0 {
		return id, state, err
	}
	example.Entry, example.Kind = id, AsExample
	return id, state, r.Choose(ctx, who, example)
}

// Goes is the state that an entry gets which somebody keeps.
func (r *Room) Goes(ctx context.Context, who access.Actor) (State, error) {
	rules, err := r.Rules(ctx, who)
	if who.May(access.Manage) || rules.AgentsEdit && !rules.Review {
		return Live, err
	}
	return Review, err
}
