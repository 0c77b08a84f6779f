package settings

import (
	"regexp"
	"strings"

	"golang.org/x/text/language"

	"parley/app/platform/fail"
	"parley/app/platform/validate"
)

// Range is the numbers that a setting can have, both ends included.
type Range struct{ Min, Max int }

func (r Range) has(n int) bool { return r.Min <= n && n <= r.Max }

// check refuses a number outside of the range.
func (r Range) check(c *fail.Checks, field, what string, n int) {
	if !r.has(n) {
		c.Add(field, "Enter a number of %s from %d to %d.", what, r.Min, r.Max)
	}
}

func checkLine(c *fail.Checks, field, what string, text *string, most int) {
	clean, err := validate.OptionalLine(what, *text, most)
	c.AddError(field, err)
	if err == nil {
		*text = clean
	}
}

func checkText(c *fail.Checks, field, what string, text *string, most int) {
	clean, err := validate.OptionalText(what, *text, most)
	c.AddError(field, err)
	if err == nil {
		*text = clean
	}
}

func checkPage(c *fail.Checks, field string, pattern *string) {
	checkLine(c, field, "the page", pattern, 300)
	clean, err := pagePattern(*pattern)
	c.AddError(field, err)
	if err == nil {
		*pattern = clean
	}
}

var snippetPlaceholder = regexp.MustCompile(`(?i)\{(visitor|agent|website|customer|greeting|data\.[\p{L}\p{N}_.-]+|name)(\|[^{}\n]*)?\}`)

// rejectPlaceholders refuses placeholders of snippets in a text that is shown as it is.
func rejectPlaceholders(what, text string) error {
	if p := snippetPlaceholder.FindString(text); p != "" {
		return fail.New(fail.Invalid, "Placeholders work in snippets only. Remove %s from %s.", p, what)
	}
	return nil
}

// validateLanguage refuses what is no language, behind which stands a text in it.
func validateLanguage(s string) error {
	if _, err := language.Parse(s); err != nil {
		return fail.New(fail.Invalid, "“%s” is not a valid language. Use a code such as en, de or pt-BR.", s)
	}
	return nil
}

func checkLanguage(c *fail.Checks, field, s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	t, err := language.Parse(s)
	if err != nil {
		c.Add(field, "“%s” is not a valid language. Use a code such as en, de or pt-BR.", s)
		return s
	}
	return t.String()
}

// shortened returns the beginning of a text that is repeated in a message.
func shortened(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
