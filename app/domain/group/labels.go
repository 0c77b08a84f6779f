package group

import (
	"fmt"
	"regexp"
	"strings"

	"golang.org/x/text/language"

	"parley/app/platform/fail"
	"parley/app/platform/validate"
)

const (
	maxLabelLength = 60 // characters
	maxLabels      = 50 // languages
	maxLabelErrors = 5  // lines that an error names
)

var isLanguage = regexp.MustCompile(`(?i)^[a-z]{2,3}([-_][a-z0-9]{2,8})*$`)

// ParseLabels reads the labels of a WebsiteGroup, one language a line: "de: Bestellungen". Empty lines are skipped. The error
// is fail.Invalid and names the lines that are wrong.
func ParseLabels(text string) (map[string]string, error) {
	labels := map[string]string{}
	var wrong []string
	n := 0
	for line := range strings.Lines(text) {
		n++
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		of, label, _ := strings.Cut(line, ":")
		of = strings.TrimSpace(of)
		label, err := validate.Name("the name", label, maxLabelLength)
		_, twice := labels[of]
		if text := checkLabel(n, of, err, twice); text != "" {
			wrong = append(wrong, text)
		}
		labels[of] = label
	}
	if len(labels) > maxLabels {
		wrong = append(wrong, fmt.Sprintf("Too many languages: the limit is %d, but there are %d. Remove some.", maxLabels, len(labels)))
	}
	if len(wrong) > 0 {
		return nil, fail.Field("labels", "%s", strings.Join(wrong[:min(len(wrong), maxLabelErrors)], " "))
	}
	return labels, nil
}

// checkLabel says what is wrong with line n, for a language whose label has the error err; "" if nothing is.
func checkLabel(n int, of string, err error, twice bool) string {
	_, unknown := language.Parse(of)
	switch {
	case !isLanguage.MatchString(of):
		return fmt.Sprintf("Line %d does not begin with a language and a colon. Write it like \"de: Bestellungen\".", n)
	case unknown != nil:
		return fmt.Sprintf("Line %d: “%s” is not a valid language. Use a code such as en, de or pt-BR.", n, of)
	case err != nil:
		return fmt.Sprintf("Line %d: %s", n, err)
	case twice:
		return fmt.Sprintf("Line %d repeats a language. Remove one of the lines.", n)
	}
	return ""
}
