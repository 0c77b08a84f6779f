package settings

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"parley/app/platform/fail"
)

// PreChat is the section of what the visitor is asked and told before the chat.
type PreChat struct {
	Questions []Question `json:"questions,omitempty"` // before the first message
	Privacy   string     `json:"privacy,omitempty"`   // what the panel says of data; Markdown
}

// MaxQuestions is how many questions there can be.
const MaxQuestions = 12

// Question is asked before the first message.
type Question struct {
	Kind     string            `json:"kind"` // text, name, email, choice, consent
	Label    string            `json:"label"`
	Labels   map[string]string `json:"labels,omitempty"` // in other languages
	Choices  []string          `json:"choices,omitempty"`
	Required bool              `json:"required,omitempty"`
	Link     string            `json:"link,omitempty"` // of a consent: what it is to
}

// QuestionKinds is all there are.
var QuestionKinds = []string{"text", "name", "email", "choice", "consent"}

func (s *PreChat) checkPrivacy(c *fail.Checks) {
	checkText(c, "privacy", "the privacy text", &s.Privacy, 2000)
	c.AddError("privacy", rejectPlaceholders("the privacy text", s.Privacy))
}

func (s *PreChat) checkQuestions(c *fail.Checks) {
	if len(s.Questions) > MaxQuestions {
		c.Add("", "A widget can have %d questions, but there are %d. Remove some.", MaxQuestions, len(s.Questions))
	}
	for i := range s.Questions {
		s.Questions[i].check(c, i)
	}
}

// check cleans and checks the question at a position in the list.
func (q *Question) check(c *fail.Checks, position int) {
	field := func(name string) string { return fmt.Sprintf("question-%d-%s", position, name) }
	checkLine(c, field("label"), "the question", &q.Label, 300)
	checkLine(c, field("link"), "the link", &q.Link, 500)
	if q.Label == "" {
		c.Add(field("label"), "Enter the question, or remove it.")
	}
	if !slices.Contains(QuestionKinds, q.Kind) {
		c.Add(field("kind"), "Choose one of the options.")
	}
	q.checkChoices(c, field("choices"))
	if u, err := url.Parse(q.Link); q.Link != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
		c.Add(field("link"), "Enter a link that begins with https://")
	}
	if len(q.Labels) > maxLanguages {
		c.Add(field("labels"), "Too many languages: the limit is %d, but there are %d. Remove some.", maxLanguages, len(q.Labels))
	}
	for l, text := range q.Labels {
		checkLine(c, field("labels"), "the question", &text, 300)
		q.Labels[l] = text
		if text == "" {
			c.Add(field("labels"), "Write a language and the question on each line: de: Wie heißen Sie?")
		}
		c.AddError(field("labels"), validateLanguage(l))
	}
}

func (q *Question) checkChoices(c *fail.Checks, field string) {
	if n := len(q.Choices); q.Kind == "choice" && (n < 2 || n > 30) {
		c.Add(field, "Enter 2 to 30 choices, one per line. There are %d.", n)
	} else if n > 30 {
		c.Add(field, "Too many choices: the limit is 30, but there are %d. Remove some.", n)
	}
	seen := map[string]bool{}
	for i := range q.Choices {
		checkLine(c, field, "the choice in line "+strconv.Itoa(i+1), &q.Choices[i], 100)
		if name := strings.ToLower(q.Choices[i]); seen[name] {
			c.Add(field, "“%s” is listed twice. Remove one.", q.Choices[i])
		} else {
			seen[name] = true
		}
	}
}
