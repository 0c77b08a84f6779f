package faq

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/app/platform/fail"
)

// PlaceholderValues is what placeholders stand for.
type PlaceholderValues struct {
	Visitor, Agent, Website, Customer string
	Greeting                          string            // by the time of day: Good morning
	Data                              map[string]string // what the site says of its visitor
}

var placeholder = regexp.MustCompile(`\{([\p{L}\p{N}_.-]+)(?:\|([^{}\n]*))?\}`)

// Placeholders is what can be filled in besides {data.NAME}.
var Placeholders = []string{"visitor", "agent", "website", "customer", "greeting"}

// Fill puts what is known in place of {visitor}, {agent}, {website}, {customer}, {greeting} and {data.NAME}. What is not known
// becomes what stands behind a bar, as in {visitor|there}, or nothing: then the comma, the space and the possessive that belong to it go,
// too, and a sentence that began with it begins with a capital. Other braces stay.
func (f PlaceholderValues) Fill(body string) string {
	var out []byte
	capital := false // the next letter begins a sentence whose first words are left out
	add := func(s string) {
		if r, n := utf8.DecodeRuneInString(s); capital && n > 0 {
			out, s, capital = utf8.AppendRune(out, unicode.ToUpper(r)), s[n:], false
		}
		out = append(out, s...)
	}
	rest := body
	for {
		at := placeholder.FindStringSubmatchIndex(rest)
		if at == nil {
			break
		}
		add(rest[:at[0]])
		name, all, otherwise := strings.ToLower(rest[at[2]:at[3]]), rest[at[0]:at[1]], ""
		if at[4] >= 0 {
			otherwise = rest[at[4]:at[5]]
		}
		rest = rest[at[1]:]
		value, known := f.value(name)
		if !known {
			value = all
		}
		if value == "" {
			value = otherwise
		}
		if value != "" {
			capital = false
			out = append(out, value...)
			continue
		}
		if p := possessive.FindStringSubmatch(rest); p != nil &&
			(len(p[1]) > 1 && p[1] != "’" || !bytes.HasSuffix(out, []byte("'")) && !bytes.HasSuffix(out, []byte("‘"))) {
			rest = rest[len(p[1]):]
		}
		var begins bool
		if out, rest, begins = cutAround(out, rest); begins {
			capital = true
		}
	}
	add(rest)
	return string(out)
}

// possessive is what is written right behind a name: {visitor}'s order.
var possessive = regexp.MustCompile(`^(['’]s|s|['’])(?:[^\p{L}\p{N}]|$)`)

// enclosingSigns are signs that stand on both sides of a word.
var enclosingSigns = map[rune]rune{'(': ')', '[': ']', '"': '"', '“': '”', '„': '“', '«': '»', '‘': '’'}

// cutAround returns the texts before and after something that is left out, without the signs that belong to it, and whether a sentence
// begins with what comes after.
func cutAround(before []byte, after string) ([]byte, string, bool) {
	begin := strings.TrimRight(string(before), " \t")
	last, n := utf8.DecodeLastRuneInString(begin)
	if next, m := utf8.DecodeRuneInString(after); n > 0 && m > 0 && enclosingSigns[last] == next { // nothing is left in them
		return cutAround([]byte(begin[:len(begin)-n]), after[m:])
	}
	if n == 0 || strings.ContainsRune("\n.!?…。！？¡¿:", last) {
		trimmed := strings.TrimLeft(strings.TrimLeft(after, " \t"), ",;:!?.–—-，、")
		if strings.TrimSpace(trimmed) == "" {
			return []byte(begin), trimmed, false
		}
		if gone := len(after) - len(trimmed); gone > 0 || n == 0 || last == '\n' {
			trimmed = strings.TrimLeft(trimmed, " \t\n")
		}
		return before, trimmed, last != ':'
	}
	next, _ := utf8.DecodeRuneInString(strings.TrimLeft(after, " \t"))
	ends := strings.TrimSpace(after) == "" || strings.ContainsRune(".!?…。！？)\n", next)
	follows := next == ',' || next == '，'
	if ends || follows {
		shorter := strings.TrimRight(begin, ",，")
		if ends && len(shorter) == len(begin) {
			shorter = strings.TrimRight(strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(begin, " –"), " —"), " -"), " ")
		}
		return []byte(shorter), strings.TrimLeft(after, " \t"), false
	}
	return []byte(begin), after, false
}

func (f PlaceholderValues) value(name string) (value string, known bool) {
	switch name {
	case "visitor":
		return f.Visitor, true
	case "agent":
		return f.Agent, true
	case "website":
		return f.Website, true
	case "customer":
		return f.Customer, true
	case "greeting":
		return f.Greeting, true
	}
	if field, ok := strings.CutPrefix(name, "data."); ok {
		for k, v := range f.Data {
			if strings.EqualFold(k, field) {
				return v, true
			}
		}
		return "", true
	}
	return "", false
}

var (
	// words in braces, as somebody writes who means a placeholder; what else is in braces, such as JSON, is none
	likelyPlaceholder = regexp.MustCompile(`\{[ \t]*([\p{L}][\p{L}\p{N}_.\t -]{0,60})(?:\|[^{}\n]*)?\}`)
	// a placeholder without its closing brace
	unclosedPlaceholder = regexp.MustCompile(
		`(?im)\{[ \t]*((?:visitor|agent|website|customer|greeting|data\.[\p{L}\p{N}_-]+)\b)[^{}\n]*(?:\{|$)`)
	// codeSpan is as it is
	codeSpan = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")
	// what other programs call them
	foreignPlaceholders = map[string]string{
		"name":       "visitor",
		"client":     "visitor",
		"contact":    "visitor",
		"user":       "visitor",
		"operator":   "agent",
		"me":         "agent",
		"company":    "customer",
		"site":       "website",
		"shop":       "website",
		"salutation": "greeting",
		"hello":      "greeting",
	}
)

// CheckPlaceholders refuses words in braces that are no placeholders, and placeholders that are not closed: visitors would read them as
// they are.
func CheckPlaceholders(text string) error {
	text = codeSpan.ReplaceAllString(text, "")
	if m := unclosedPlaceholder.FindStringSubmatch(text); m != nil {
		return fail.New(fail.Invalid, "The placeholder {%s is not closed. Write {%s}.", m[1], strings.ToLower(m[1]))
	}
	for _, m := range likelyPlaceholder.FindAllStringSubmatch(text, -1) {
		typed := m[1]
		if _, known := (PlaceholderValues{}).value(strings.ToLower(typed)); known && placeholder.MatchString(m[0]) &&
			strings.ToLower(typed) != "data." {
			continue
		}
		hint := ""
		if near := nearestPlaceholder(typed); near != "" {
			hint = " Did you mean {" + near + "}?"
		}
		return fail.New(fail.Invalid,
			"The placeholder {%s} does not exist.%s Available placeholders: {%s}, and {data.plan} for data that the website provides.",
			strings.TrimSpace(typed), hint, strings.Join(Placeholders, "}, {"))
	}
	return nil
}

// nearestPlaceholder returns the placeholder that is probably meant, empty if none is near.
func nearestPlaceholder(typed string) string {
	words := strings.FieldsFunc(strings.ToLower(typed), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(words) > 1 && words[0] == "data" {
		return "data." + strings.Join(words[1:], "_")
	}
	for _, w := range words {
		if slices.Contains(Placeholders, w) {
			return w
		}
	}
	best, least := "", 3
	for _, w := range append(words, strings.Join(words, "")) {
		for _, p := range Placeholders {
			if d := editDistance(w, p); d < least {
				best, least = p, d
			}
		}
	}
	for _, w := range words {
		if best == "" {
			best = foreignPlaceholders[w]
		}
	}
	return best
}

// editDistance is how many letters are to be changed, added or left out to make b of a.
func editDistance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := diagonal
			if x[i] != y[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(y)]
}
