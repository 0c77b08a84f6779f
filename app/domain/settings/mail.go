package settings

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"parley/app/platform/fail"
	"parley/app/platform/validate"
)

// Mail is the section of how mails to visitors look. The address that they come from is the installation's, as only that one's mail
// server may send for (docs/decisions/0038-mails-are-the-websites-from-the-installations-address.md).
type Mail struct {
	Sender            string      `json:"sender,omitempty"`   // what the sender is called; empty: as the website
	ReplyTo           string      `json:"reply_to,omitempty"` // where replies go; empty: nobody reads them
	ReplySubject      MailSubject `json:"answer,omitzero"`
	TranscriptSubject MailSubject `json:"transcript,omitzero"`
}

// MailSubject is the subject of mails, with {website} and {domain}.
type MailSubject struct {
	Text         string            `json:"text,omitempty"`   // empty: Parley's own, in the visitor's language
	Translations map[string]string `json:"labels,omitempty"` // in other languages
}

// In returns the subject in the first of the languages that there is one in, found along the language's parts: pt_BR may be pt-BR, pt_br
// or pt. Else Text.
func (s MailSubject) In(languages ...string) string {
	for _, l := range languages {
		l = strings.ToLower(strings.ReplaceAll(l, "_", "-"))
		for l != "" {
			for of, text := range s.Translations {
				if strings.EqualFold(of, l) {
					return text
				}
			}
			l = l[:max(0, strings.LastIndexByte(l, '-'))]
		}
	}
	return s.Text
}

const (
	maxSenderLength  = 60
	maxSubjectLength = 150
)

// MailPlaceholders are what subjects and the sender's name may contain.
var MailPlaceholders = []string{"{website}", "{domain}"}

var braces = regexp.MustCompile(`\{[^{}]*\}`)

// Check cleans what somebody has typed, and refuses what would not arrive as it reads; fields are named as the form names them.
func (m *Mail) Check() error {
	var c fail.Checks
	m.check(&c)
	return c.Result()
}

// check is Check among others.
func (m *Mail) check(c *fail.Checks) {
	checkHeader(c, "sender", "the sender name", &m.Sender, maxSenderLength)
	if strings.ContainsAny(m.Sender, "@<>") {
		c.Add("sender", "Enter a name without an email address. Replies go to the reply-to address.")
	}
	if m.ReplyTo = strings.TrimSpace(m.ReplyTo); m.ReplyTo != "" {
		address, err := validate.Email(m.ReplyTo)
		c.AddError("reply_to", err)
		if err == nil {
			m.ReplyTo = address
		}
	}
	m.ReplySubject.check(c, "answer_subject")
	m.TranscriptSubject.check(c, "transcript_subject")
}

func (s *MailSubject) check(c *fail.Checks, field string) {
	checkHeader(c, field, "the subject", &s.Text, maxSubjectLength)
	if len(s.Translations) > maxLanguages {
		c.Add(field+"s", "Too many languages: the limit is %d. Remove some.", maxLanguages)
	}
	for l, text := range s.Translations {
		checkHeader(c, field+"s", fmt.Sprintf("the subject in “%s”", l), &text, maxSubjectLength)
		s.Translations[l] = text
		if text == "" {
			c.Add(field+"s", "Write a language and the subject on each line, such as: de: Ihre Frage an {website}")
		}
		c.AddError(field+"s", validateLanguage(l))
	}
}

// checkHeader cleans and checks a line that stands in a mail's head.
func checkHeader(c *fail.Checks, field, what string, text *string, most int) {
	clean, err := validate.OptionalLine(what, *text, most)
	*text = clean
	switch {
	case err != nil:
		c.AddError(field, err)
	case strings.ContainsFunc(clean, isHidden):
		c.Add(field, "There is an invisible character in %s. Type the text instead of pasting it.", what)
	case strings.Contains(clean, "://") || strings.Contains(strings.ToLower(clean), "www."):
		c.Add(field, "There is a link in %s. Remove it: mail servers treat such emails as spam.", what)
	}
	switch rest := braces.ReplaceAllString(clean, ""); {
	case strings.Contains(rest, "{"):
		c.Add(field, "The placeholder “%s” is not closed. Available placeholders: %s.", shortened(rest[strings.Index(rest, "{"):]),
			strings.Join(MailPlaceholders, ", "))
	case strings.Contains(rest, "}"):
		c.Add(field, "There is a } without a {. Available placeholders: %s.", strings.Join(MailPlaceholders, ", "))
	}
	for _, p := range braces.FindAllString(clean, -1) {
		if !slices.Contains(MailPlaceholders, p) {
			c.Add(field, "The placeholder %s does not exist. Available placeholders: %s.", p, strings.Join(MailPlaceholders, ", "))
		}
	}
}

// isHidden reports whether nobody can see r, or r changes the direction of what stands around it. What joins the parts of an emoji, or
// of letters, is seen.
func isHidden(r rune) bool {
	if r == '\u200c' || r == '\u200d' || r == '\ufe0f' || r == '\ufe0e' {
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point) || r == '\u2800'
}
