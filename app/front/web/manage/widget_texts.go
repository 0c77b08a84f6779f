package manage

import (
	"regexp"
	"slices"
	"strings"

	"parley/app/platform/fail"
	assets "parley/widget"
)

var (
	placeholderPattern  = regexp.MustCompile(`\{ *[\p{L}_][\p{L}\p{N}_ .-]*\}`)
	unclosedPlaceholder = regexp.MustCompile(`\{ *[\p{L}_][\p{L}\p{N}_.-]*(?:[ ,:!?]|$)[^{}]*$`)
)

// checkTexts refuses names that no text of the widget has, and placeholders that a text cannot have: visitors would read them.
func checkTexts(texts map[string]map[string]string) error {
	var wrong fail.Checks
	for _, of := range texts {
		for name, text := range of {
			if name != "" && !assets.HasText(name) {
				wrong.Add("texts", "The widget has no text “%s”. The names are listed below.", name)
			}
			if open := unclosedPlaceholder.FindString(text); open != "" && assets.HasText(name) {
				wrong.Add("texts", "The placeholder “%s” in the text “%s” is not closed. Write } behind its name.", open, name)
			}
			for _, p := range placeholderPattern.FindAllString(text, -1) {
				if can := assets.Fills(name); !slices.Contains(can, p) {
					wrong.Add("texts", "The text “%s” has no placeholder %s. %s", name, p,
						map[bool]string{true: "It has none.", false: "It can have " + strings.Join(can,
							" and ") + "."}[len(can) == 0])
				}
			}
		}
	}
	return wrong.Result()
}
