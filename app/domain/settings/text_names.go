package settings

import (
	"regexp"
	"slices"
	"strings"

	"parley/app/platform/fail"
)

// TextNames are the names of the widget's texts, each with the placeholders that it can have, such as {name}.
type TextNames map[string][]string

var (
	placeholderPattern  = regexp.MustCompile(`\{ *[\p{L}_][\p{L}\p{N}_ .-]*\}`)
	unclosedPlaceholder = regexp.MustCompile(`\{ *[\p{L}_][\p{L}\p{N}_.-]*(?:[ ,:!?]|$)[^{}]*$`)
)

// check refuses names that no text of the widget has, and placeholders that a text cannot have: visitors would read them.
func (n TextNames) check(texts Texts, wrong *fail.Checks) {
	if n == nil {
		return
	}
	for _, of := range texts {
		for name, text := range of {
			if placeholders, known := n[name]; known {
				checkPlaceholders(name, text, placeholders, wrong)
			} else if name != "" {
				wrong.Add("texts", "The widget has no text “%s”. Use one of the names listed below.", name)
			}
		}
	}
}

func checkPlaceholders(name, text string, can []string, wrong *fail.Checks) {
	if open := unclosedPlaceholder.FindString(text); open != "" {
		wrong.Add("texts", "The placeholder “%s” in the text “%s” is not closed. Add } after its name.", open, name)
	}
	for _, p := range placeholderPattern.FindAllString(text, -1) {
		switch {
		case slices.Contains(can, p):
		case len(can) == 0:
			wrong.Add("texts", "The text “%s” cannot contain the placeholder %s. Remove it.", name, p)
		default:
			wrong.Add("texts", "The text “%s” cannot contain the placeholder %s. It can contain %s.", name, p, strings.Join(can, " and "))
		}
	}
}
