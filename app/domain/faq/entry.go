package faq

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/platform/fail"
	"parley/app/platform/validate"
)

// State of an entry.
type State string

const (
	Draft     State = "draft"  // being written
	InReview  State = "review" // waits for a manager
	Published State = "live"   // suggested and found
)

// States lists them all.
var States = []State{Draft, InReview, Published}

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

var languagePattern = regexp.MustCompile(`^[a-z]{2,3}(-[a-z0-9]{2,8})?$`)

// check cleans an entry as somebody has written it.
func (e *Entry) check() error {
	var checks fail.Checks
	var err error
	e.Category, err = validate.OptionalName("the category", e.Category, 100)
	checks.AddError("category", err)
	if !slices.Contains(States, e.State) {
		checks.Add("state", "The state must be draft, review or live.")
	}
	if len(e.Texts) == 0 {
		checks.Add("question", "Enter a question and its answer.")
	}
	if len(e.Texts) > maxTexts {
		checks.Add("question", "An entry can have %d languages. Remove some.", maxTexts)
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
		if !languagePattern.MatchString(t.Language) {
			checks.Add(field("language"), "%q is not a valid language. Use a code such as en, de or pt-br.", t.Language)
		} else if seen[t.Language] {
			checks.Add(field("language"), "There are two texts in this language (%s). Edit the other one, or change this language.", t.Language)
		}
		seen[t.Language] = true
		t.Question, err = validate.Line("the question", t.Question, maxQuestion)
		checks.AddError(field("question"), err)
		t.Answer, err = validate.Text("the answer", t.Answer, maxAnswer)
		checks.AddError(field("answer"), err)
	}
	return checks.Result()
}
