package faq

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/bus"
	"parley/app/fail"
	"parley/app/faq/internal/faqdb"
	"parley/app/pg"
)

// Room is the place of FAQ entries and snippets.
type Room struct {
	db      *pg.DB
	bus     *bus.Bus
	engines engines
}

// New returns the room. It hears of what other processes change.
func New(db *pg.DB, b *bus.Bus) *Room {
	r := &Room{db: db, bus: b, engines: engines{of: map[uuid.UUID]*engine{}, budget: DefaultBudget()}}
	b.Subscribe(r)
	return r
}

// State of an entry.
type State string

const (
	Draft  State = "draft"  // being written
	Review State = "review" // waits for a manager
	Live   State = "live"   // suggested and found
)

// States lists them all.
var States = []State{Draft, Review, Live}

// Text is an entry in one language.
type Text struct {
	Language string `json:"language"` // BCP 47, lower case: de, pt-br
	Question string `json:"question"`
	Answer   string `json:"answer"` // Markdown, as messages are
}

// Scope is where an entry may be used: each zero id is everywhere.
type Scope struct{ Customer, Website, Group uuid.UUID }

// Allows reports whether an entry may be used in a conversation at a place.
func (s Scope) Allows(place Scope) bool {
	fits := func(only, here uuid.UUID) bool { return only == uuid.Nil || only == here }
	return fits(s.Customer, place.Customer) && fits(s.Website, place.Website) && fits(s.Group, place.Group)
}

// Entry is a question with its answer.
type Entry struct {
	ID        uuid.UUID
	Category  string
	State     State
	Scope     Scope
	Texts     []Text
	Version   int
	CreatedAt time.Time
	UpdatedAt time.Time
	UpdatedBy string
}

// In returns the text in a language: that one, else what the language falls back to along its parts (zh-hant-tw, zh-hant, zh), else one of
// another region, else the first.
func (e Entry) In(language string) Text {
	language = strings.ToLower(strings.ReplaceAll(language, "_", "-"))
	for tag := language; tag != ""; tag = tag[:max(0, strings.LastIndexByte(tag, '-'))] {
		for _, t := range e.Texts {
			if t.Language == tag {
				return t
			}
		}
	}
	short, _, _ := strings.Cut(language, "-")
	for _, t := range e.Texts {
		if own, _, _ := strings.Cut(t.Language, "-"); own == short {
			return t
		}
	}
	if len(e.Texts) == 0 {
		return Text{}
	}
	return e.Texts[0]
}

const (
	maxQuestion = 500
	maxAnswer   = 4000
	maxTexts    = 40
)

var languageForm = regexp.MustCompile(`^[a-z]{2,3}(-[a-z0-9]{2,8})?$`)

// check cleans an entry as somebody has written it.
func (e *Entry) check() error {
	var checks fail.Checks
	var err error
	e.Category, err = fail.OptionalName("the category", e.Category, 100)
	checks.Err("category", err)
	if !slices.Contains(States, e.State) {
		checks.Add("state", "The state is draft, review or live.")
	}
	if len(e.Texts) == 0 {
		checks.Add("question", "Please write a question and its answer.")
	}
	if len(e.Texts) > maxTexts {
		checks.Add("question", "An entry may have %d languages.", maxTexts)
		return checks.Result()
	}
	seen := map[string]bool{}
	for i := range e.Texts {
		t := &e.Texts[i]
		t.Language = strings.ToLower(strings.TrimSpace(strings.ReplaceAll(t.Language, "_", "-")))
		field := func(name string) string {
			if i == 0 {
				return name
			}
			return name + "-" + t.Language
		}
		if !languageForm.MatchString(t.Language) {
			checks.Add(field("language"), "%q is no language. Write it as in en, de or pt-br.", t.Language)
		} else if seen[t.Language] {
			checks.Add(field("language"), "There are two texts in this language (%s). Change the one above, or this language.", t.Language)
		}
		seen[t.Language] = true
		t.Question, err = fail.Line("the question", t.Question, maxQuestion)
		checks.Err(field("question"), err)
		t.Answer, err = fail.Text("the answer", t.Answer, maxAnswer)
		checks.Err(field("answer"), err)
	}
	return checks.Result()
}

// Rules is how the organization wants its desk.
type Rules struct {
	AgentsEdit  bool     // agents may edit FAQ entries, too
	Review      bool     // what agents write goes live only after a manager has read it
	AwayReasons []string // what agents choose from
}

// Rules returns the organization's.
func (r *Room) Rules(ctx context.Context, who access.Actor) (Rules, error) {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return Rules{}, err
	}
	row, err := faqdb.New(t).GetRules(ctx)
	return Rules(row), err
}

// SetRules changes them.
func (r *Room) SetRules(ctx context.Context, who access.Actor, in Rules) error {
	t, err := r.db.ForAll(who, access.Manage)
	if err != nil {
		return err
	}
	if len(in.AwayReasons) > 20 {
		return fail.Field("away_reasons", "Please give at most 20 reasons.")
	}
	for i, reason := range in.AwayReasons {
		if in.AwayReasons[i], err = fail.Name("a reason", reason, 50); err != nil {
			return fail.Field("away_reasons", "%s", err.Error())
		}
	}
	_, err = faqdb.New(t).SetRules(ctx, faqdb.SetRulesParams{AgentsEdit: in.AgentsEdit, Review: in.Review, AwayReasons: in.AwayReasons})
	return err
}

// editor is a handle for somebody who may edit the catalogue: managers, and agents where the organization allows it.
func (r *Room) editor(ctx context.Context, who access.Actor) (*pg.Tenant, Rules, error) {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return nil, Rules{}, err
	}
	rules, err := r.Rules(ctx, who)
	if err != nil {
		return nil, rules, err
	}
	if !who.May(access.Manage) && !rules.AgentsEdit {
		return nil, rules, fail.New(fail.Forbidden, "Agents of your organization may not edit FAQ entries. Ask a manager.")
	}
	return t, rules, nil
}

// MayEdit reports whether somebody may edit the catalogue.
func (r *Room) MayEdit(ctx context.Context, who access.Actor) (bool, error) {
	_, _, err := r.editor(ctx, who)
	if fail.KindOf(err) == fail.Forbidden {
		return false, nil
	}
	return err == nil, err
}

func optional(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

func given(id *uuid.UUID) uuid.UUID {
	if id == nil {
		return uuid.Nil
	}
	return *id
}
