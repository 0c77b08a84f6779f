package org

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"parley/app/platform/fail"
)

// PreChatQuestion is asked before the first message.
type PreChatQuestion struct {
	Kind     string            `json:"kind"` // text, name, email, choice, consent
	Label    string            `json:"label"`
	Labels   map[string]string `json:"labels,omitempty"` // in other languages
	Choices  []string          `json:"choices,omitempty"`
	Required bool              `json:"required,omitempty"`
	Link     string            `json:"link,omitempty"` // of a consent: what it is to
}

// PreChatQuestionKinds is all there are.
var PreChatQuestionKinds = []string{"text", "name", "email", "choice", "consent"}

func (s *Settings) checkQuestions(c *fail.Checks) {
	if len(s.Questions) > maxQuestions {
		c.Add("", "A widget can have %d questions; these are %d. Remove some.", maxQuestions, len(s.Questions))
	}
	for i := range s.Questions {
		q := &s.Questions[i]
		field := func(name string) string { return fmt.Sprintf("question-%d-%s", i, name) }
		checkLine(c, field("label"), "the question", &q.Label, 300)
		checkLine(c, field("link"), "the link", &q.Link, 500)
		if q.Label == "" {
			c.Add(field("label"), "Write what is asked, or remove this question.")
		}
		if !slices.Contains(PreChatQuestionKinds, q.Kind) {
			c.Add(field("kind"), "Please choose one of these.")
		}
		if n := len(q.Choices); q.Kind == "choice" && (n < 2 || n > 30) {
			c.Add(field("choices"), "A choice needs between 2 and 30 answers, one on each line; these are %d.", n)
		} else if n > 30 {
			c.Add(field("choices"), "There can be 30 answers; these are %d.", n)
		}
		seen := map[string]bool{}
		for j := range q.Choices {
			checkLine(c, field("choices"), "the answer in line "+strconv.Itoa(j+1), &q.Choices[j], 100)
			if name := strings.ToLower(q.Choices[j]); seen[name] {
				c.Add(field("choices"), "“%s” is there twice.", q.Choices[j])
			} else {
				seen[name] = true
			}
		}
		if u, err := url.Parse(q.Link); q.Link != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
			c.Add(field("link"), "The link must begin with https://")
		}
		if len(q.Labels) > maxLanguages {
			c.Add(field("labels"), "There can be %d languages; these are %d.", maxLanguages, len(q.Labels))
		}
		for l, text := range q.Labels {
			checkLine(c, field("labels"), "the question", &text, 300)
			q.Labels[l] = text
			if text == "" {
				c.Add(field("labels"), "Each line needs a language and the question in it: de: Wie heißen Sie?")
			}
			c.AddError(field("labels"), validateLanguage(l))
		}
	}
}
