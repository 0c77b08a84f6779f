package faq

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/faq/internal/faqdb"
	"parley/app/domain/faq/suggest"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// MaxSuggestions is how many suggestions there are at most.
const MaxSuggestions = 3

// Question is a visitor's message that wants an answer.
type Question struct {
	Text     string
	Language string // the conversation's, as the browser says
	Scope    Scope  // where the conversation is
}

// Suggestion is an entry offered to an agent.
type Suggestion struct {
	ID         uuid.UUID
	Text               // in the language of the message, where there is one
	Confidence float64 // 0 to 1
}

// Suggestions is what is offered for a message.
type Suggestions struct {
	List     []Suggestion
	Language string // of the message, as far as it can be told
	Best     float64
}

// Suggest returns the best entries for a message, none where the engine is unsure. It asks no table once the organization's
// engine is loaded.
func (s *Service) Suggest(ctx context.Context, who access.Actor, in Question) (Suggestions, error) {
	out, _, err := s.suggest(ctx, who, in, MaxSuggestions, false)
	return out, err
}

// Candidates is Suggest with those, too, that are too unsure to be shown: drafts may be asked for with them.
func (s *Service) Candidates(ctx context.Context, who access.Actor, in Question) (Suggestions, error) {
	out, _, err := s.suggest(ctx, who, in, 5, true)
	return out, err
}

func (s *Service) suggest(
	ctx context.Context, who access.Actor, in Question, most int, unsure bool,
) (out Suggestions, threshold float64, err error) {
	if err := who.Require(access.FAQEntrySuggest); err != nil {
		return out, 0, err
	}
	e, err := s.engineWithinTimeout(ctx, who.Org())
	if err != nil {
		return out, 0, err
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	if len(e.entries) == 0 {
		return out, 0, nil
	}
	out.Language = e.suggest.DetectLanguage(in.Text)
	if out.Language == "" {
		out.Language = in.Language
	}
	threshold = e.suggest.Threshold()
	found := e.suggest.Suggest(suggest.Query{Text: in.Text, Language: out.Language, K: most, Allow: func(id string) bool {
		x, there := e.entries[id]
		return there && x.Scope.Allows(in.Scope)
	}})
	for _, candidate := range found {
		out.Best = max(out.Best, candidate.Confidence)
		if candidate.Confidence < threshold && !unsure {
			continue
		}
		x := e.entries[candidate.Entry]
		out.List = append(out.List, Suggestion{x.ID, x.In(out.Language), candidate.Confidence})
	}
	return out, threshold, nil
}

// GetUsableText returns a published entry that may be used at a place, in a language.
func (s *Service) GetUsableText(ctx context.Context, who access.Actor, id uuid.UUID, language string, place Scope) (Text, error) {
	x, err := s.GetEntry(ctx, who, id)
	if err != nil {
		return Text{}, err
	}
	if x.State != Published || !x.Scope.Allows(place) {
		return Text{}, fail.Missing("FAQ entry")
	}
	return x.In(language), nil
}

// ChoiceKind is what became of a suggestion.
type ChoiceKind string

const (
	Accepted  ChoiceKind = "accepted"  // sent as it is
	Edited    ChoiceKind = "edited"    // sent after a change
	Dismissed ChoiceKind = "dismissed" // wrong here
	Picked    ChoiceKind = "picked"    // found by search: no suggestion was right
	AsExample ChoiceKind = "example"   // the visitor's words stored with a new entry
)

// Choice is what an agent has chosen for a visitor's message.
type Choice struct {
	Entry        uuid.UUID
	Kind         ChoiceKind
	Conversation uuid.UUID
	Seq          int    // the visitor's message
	Query        string // its words
	Language     string
}

func (c Choice) toEngine() suggest.Choice {
	kinds := map[ChoiceKind]suggest.Kind{
		Accepted:  suggest.Accepted,
		Edited:    suggest.Edited,
		Dismissed: suggest.Dismissed,
		Picked:    suggest.Picked,
		AsExample: suggest.Example,
	}
	return suggest.Choice{Entry: c.Entry.String(), Query: c.Query, Language: c.Language, Kind: kinds[c.Kind]}
}

// RecordChoice stores a choice and teaches it to the engines. The caller has checked that the actor may see the conversation; the
// visitor's words are read from the message itself. Choosing twice is choosing once.
func (s *Service) RecordChoice(ctx context.Context, who access.Actor, c Choice) error {
	t, err := s.db.Authorize(who, access.FAQEntrySuggest)
	if err != nil {
		return err
	}
	if e, err := s.engineWithinTimeout(ctx, who.Org()); err == nil { // it tells the language, and learns it right after
		e.mu.RLock()
		if own := e.suggest.DetectLanguage(c.Query); own != "" {
			c.Language = own
		}
		e.mu.RUnlock()
	}
	id := uuid.Must(uuid.NewV7())
	n, err := faqdb.New(t).AddChoice(ctx, faqdb.AddChoiceParams{ID: id, EntryID: c.Entry, Kind: string(c.Kind), Language: c.Language,
		UserID: optional(who.ID()), ConversationID: c.Conversation, Seq: int32(c.Seq)})
	if pg.IsMissingReference(err) {
		return fail.Missing("FAQ entry")
	}
	if err == nil && n > 0 {
		s.bus.Publish(bus.Event{Kind: bus.FAQ, Org: who.Org(), Text: eventChoice + id.String(), Local: c})
	}
	return err
}
