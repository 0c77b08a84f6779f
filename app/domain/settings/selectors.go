package settings

import (
	"regexp"
	"slices"
	"strings"

	"github.com/andybalholm/cascadia"

	"parley/app/platform/fail"
)

// checkSelector refuses what browsers take for no CSS selector. Of what only newer browsers know it looks at the form alone.
func checkSelector(s string) error {
	if why := selectorProblem(s, 0); why != "" {
		return fail.New(fail.Invalid, "“%s” is no CSS selector: %s. Examples: .contact-us, #help, a[href=\"#chat\"]", s, why)
	}
	return nil
}

// pseudoClasses are the pseudo-classes that have an argument, and whether it is a list of selectors.
var pseudoClasses = map[string]bool{"not": true, "is": true, "where": true, "has": true, "matches": true, "-webkit-any": true, "-moz-any": true, "nth-child": false,
	"nth-last-child": false, "nth-of-type": false, "nth-last-of-type": false, "lang": false, "dir": false, "state": false}

// scriptOnlyPseudoClasses are pseudo-classes of a library for pages' scripts; browsers do not know them.
var scriptOnlyPseudoClasses = []string{"contains", "containsown", "matchesown", "eq", "gt", "lt", "first", "last", "even", "odd", "visible", "hidden", "header", "parent", "button", "input", "text", "submit",
	"checkbox", "radio", "password", "file", "image", "reset", "selected", "animated", "haschild"}

var (
	cssName         = regexp.MustCompile(`^-?-?[\p{L}_][\p{L}\p{N}_-]*`)
	leadingDigit    = regexp.MustCompile(`[.#]-?[0-9]`)
	brackets        = regexp.MustCompile(`\[[^\]]*\]`)
	unknownOperator = regexp.MustCompile(`^\[[^"'=]*[!#]=`)
	attributeFlags  = regexp.MustCompile(`\s+[iIsS]\s*\]`)
	cssEscape       = regexp.MustCompile(`^\\(?:[0-9a-fA-F]{1,6}\s?|[^\n])`)
)

// selectorProblem says what is wrong with a selector; empty: nothing. Pseudo-classes and escapes are taken out, and looked at here: the
// parser knows some only, and some that no browser does.
func selectorProblem(s string, depth int) string {
	if strings.TrimSpace(s) == "" {
		return "it is empty"
	}
	if depth > 10 {
		return "it is nested too deeply"
	}
	var plain strings.Builder
	last := func() byte {
		if text := plain.String(); text != "" {
			return text[len(text)-1]
		}
		return ' '
	}
	inside := false // of brackets
	for rest := s; rest != ""; {
		switch c := rest[0]; {
		case c == '\\':
			at := cssEscape.FindString(rest)
			if at == "" {
				return "a backslash stands at its end"
			}
			plain.WriteByte('x')
			rest = rest[len(at):]
		case c == '"' || c == '\'':
			n := quotedLength(rest)
			if n == 0 {
				return "a quotation mark is not closed"
			}
			if !inside {
				return "quotation marks stand in brackets only, as in [name=\"chat\"]"
			}
			plain.WriteString(`"x"`)
			rest = rest[n:]
		case c == '[' || c == ']':
			if inside == (c == '[') {
				return "its brackets do not fit"
			}
			inside = !inside
			plain.WriteByte(c)
			rest = rest[1:]
		case c == '(' || c == ')':
			return "its parentheses do not fit"
		case c == ':' && !inside:
			if strings.HasPrefix(rest, "::") {
				return "“::” does not choose an element"
			}
			name := cssName.FindString(rest[1:])
			if name == "" {
				return "a name is missing behind “:”"
			}
			rest = rest[1+len(name):]
			name = strings.ToLower(name)
			selectors, function := pseudoClasses[name]
			if slices.Contains(scriptOnlyPseudoClasses, name) || function != strings.HasPrefix(rest, "(") {
				return "browsers know no “:" + name + "”"
			}
			if function {
				n := parenthesizedLength(rest)
				if n == 0 {
					return "its parentheses do not fit"
				}
				argument := strings.TrimSpace(rest[1 : n-1])
				if name == "has" {
					argument = strings.TrimLeft(argument, ">+~ ")
				}
				if argument == "" {
					return "nothing stands between its parentheses"
				}
				if selectors {
					if why := selectorProblem(argument, depth+1); why != "" {
						return why
					}
				}
				rest = rest[n:]
			}
			if strings.IndexByte(" \t\n>+~,", last()) >= 0 {
				plain.WriteByte('*')
			}
		default:
			plain.WriteByte(c)
			rest = rest[1:]
		}
	}
	if inside {
		return "a bracket is not closed"
	}
	text := attributeFlags.ReplaceAllString(plain.String(), "]")
	for _, b := range brackets.FindAllString(text, -1) {
		if unknownOperator.MatchString(b) {
			return "browsers do not know this comparison in brackets"
		}
	}
	if leadingDigit.MatchString(brackets.ReplaceAllString(text, "")) {
		return "a name cannot begin with a digit"
	}
	if _, err := cascadia.ParseGroup(text); err != nil {
		return "it cannot be read"
	}
	return ""
}

// quotedLength returns how long the text in quotation marks is that s begins with; 0: it does not end.
func quotedLength(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			return i + 1
		}
	}
	return 0
}

// parenthesizedLength returns how long the text in parentheses is that s begins with; 0: it does not end.
func parenthesizedLength(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"', '\'':
			n := quotedLength(s[i:])
			if n == 0 {
				return 0
			}
			i += n - 1
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}
