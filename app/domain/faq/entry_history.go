package faq

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/faq/internal/faqdb"
	"parley/app/platform/access"
)

// Revision is what an entry was.
type Revision struct {
	Version  int
	Category string
	State    State
	Texts    []Text
	By       string
	At       time.Time
}

// Example is a visitor's message that an entry was the answer to.
type Example struct {
	ID    uuid.UUID
	Query string
	Kind  ChoiceKind
	At    time.Time
}

// Usage is what has become of an entry's suggestions, and how much is stored of it.
type Usage struct {
	Used, Dismissed int
	Choices         int // of agents, which suggestions learned from
	Versions        int // of its history
}

// GetHistory returns what an entry has learned and what it was before.
func (s *Service) GetHistory(
	ctx context.Context, who access.Actor, id uuid.UUID,
) (examples []Example, former []Revision, uses Usage, err error) {
	t, err := s.db.Authorize(who, access.FAQEntryRead)
	if err != nil {
		return nil, nil, uses, err
	}
	q := faqdb.New(t)
	rows, err := q.ListExamples(ctx, faqdb.ListExamplesParams{EntryID: id, Most: 50})
	if err != nil {
		return nil, nil, uses, err
	}
	for _, x := range rows {
		examples = append(examples, Example{x.ID, x.Query, ChoiceKind(x.Kind), x.At})
	}
	history, err := q.ListHistory(ctx, id)
	if err != nil {
		return nil, nil, uses, err
	}
	for _, h := range history {
		f := Revision{Version: int(h.Version), Category: h.Category, State: State(h.State), By: h.ByName, At: h.At}
		if err := json.Unmarshal(h.Texts, &f.Texts); err != nil {
			return nil, nil, uses, err
		}
		former = append(former, f)
	}
	n, err := q.CountEntryUses(ctx, id)
	return examples, former, Usage{int(n.Used), int(n.Dismissed), int(n.Choices), int(n.Versions)}, err
}
