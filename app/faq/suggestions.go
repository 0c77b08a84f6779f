package faq

import (
	"context"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/bus"
	"parley/app/fail"
	"parley/app/faq/internal/faqdb"
	"parley/app/faq/suggest"
	"parley/app/pg"
)

// Most is how many suggestions there are at most.
const Most = 3

// Question is a visitor's message that wants an answer.
type Question struct {
	Text     string
	Language string // the conversation's, as the browser says
	Place    Scope  // where the conversation is
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
func (r *Room) Suggest(ctx context.Context, who access.Actor, in Question) (Suggestions, error) {
	out, _, err := r.suggest(ctx, who, in, Most, false)
	return out, err
}

// Candidates is Suggest with those, too, that are too unsure to be shown: drafts may be asked for with them.
func (r *Room) Candidates(ctx context.Context, who access.Actor, in Question) (Suggestions, error) {
	out, _, err := r.suggest(ctx, who, in, 5, true)
	return out, err
}

func (r *Room) suggest(ctx context.Context, who access.Actor, in Question, most int, unsure bool) (out Suggestions, threshold float64, err error) {
	if !who.May(access.Answer) {
		return out, 0, fail.New(fail.Forbidden, "Your role does not allow this. Ask a manager of your organization.")
	}
	e, err := r.soonEngine(ctx, who.Org())
	if err != nil {
		return out, 0, err
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	if len(e.entries) == 0 {
		return out, 0, nil
	}
	out.Language = e.suggest.Language(in.Text)
	if out.Language == "" {
		out.Language = in.Language
	}
	threshold = e.suggest.Threshold()
	found := e.suggest.Suggest(suggest.Query{Text: in.Text, Language: out.Language, K: most, Allow: func(id string) bool {
		x, there := e.entries[id]
		return there && x.Scope.Allows(in.Place)
	}})
	for _, s := range found {
		out.Best = max(out.Best, s.Confidence)
		if s.Confidence < threshold && !unsure {
			continue
		}
		x := e.entries[s.Entry]
		out.List = append(out.List, Suggestion{x.ID, x.In(out.Language), s.Confidence})
	}
	return out, threshold, nil
}

// Usable returns a live entry that may be used at a place, in a language.
func (r *Room) Usable(ctx context.Context, who access.Actor, id uuid.UUID, language string, place Scope) (Text, error) {
	x, err := r.Entry(ctx, who, id)
	if err != nil {
		return Text{}, err
	}
	if x.State != Live || !x.Scope.Allows(place) {
		return Text{}, fail.Missing("FAQ entry")
	}
	return x.In(language), nil
}

// Kind is what became of a suggestion.
type Kind string

const (
	Accepted  Kind = "accepted"  // sent as it is
	Edited    Kind = "edited"    // sent after a change
	Dismissed Kind = "dismissed" // wrong here
	Picked    Kind = "picked"    // looked for by hand: it was missed
	AsExample Kind = "example"   // the visitor's words kept with a new entry
)

// Choice is what an agent has chosen for a visitor's message.
type Choice struct {
	Entry        uuid.UUID
	Kind         Kind
	Conversation uuid.UUID
	Seq          int    // the visitor's message
	Query        string // its words
	Language     string
}

func (c Choice) forEngine() suggest.Choice {
	kinds := map[Kind]suggest.Kind{Accepted: suggest.Accepted, Edited: suggest.Edited, Dismissed: suggest.Dismissed, Picked: suggest.Picked, AsExample: suggest.Example}
	return suggest.Choice{Entry: c.Entry.String(), Query: c.Query, Language: c.Language, Kind: kinds[c.Kind]}
}

// Choose keeps a choice and teaches it to the engines. The caller has checked that the actor may see the conversation; the
// visitor's words are read from the message itself. Choosing twice is choosing once.
func (r *Room) Choose(ctx context.Context, who access.Actor, c Choice) error {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return err
	}
	if e, err := r.soonEngine(ctx, who.Org()); err == nil { // it tells the language, and learns it right after
		e.mu.RLock()
		if own := e.suggest.Language(c.Query); own != "" {
			c.Language = own
		}
		e.mu.RUnlock()
	}
	id := uuid.Must(uuid.NewV7())
	n, err := faqdb.New(t).AddChoice(ctx, faqdb.AddChoiceParams{ID: id, EntryID: c.Entry, Kind: string(c.Kind), Language: c.Language,
		UserID: optional(who.ID()), ConversationID: c.Conversation, Seq: int32(c.Seq)})
	if pg.Missing(err) {
		return fail.Missing("FAQ entry")
	}
	if err == nil && n > 0 {
		r.bus.Publish(bus.Event{Kind: bus.FAQ, Org: who.Org(), Text: tellChoice + id.String(), Local: c})
	}
	return err
}
