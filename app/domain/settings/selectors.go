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
		return fail.New(fail.Invalid, "“%s” is not a valid CSS selector: %s. Examples: .contact-us, #help, a[href=\"#chat\"]", s, why)
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
	scan := selectorScan{rest: s, depth: depth}
	for scan.rest != "" {
		if why := scan.step(); why != "" {
			return why
		}
	}
	if scan.inBrackets {
		return "a bracket is not closed"
	}
	return plainSelectorProblem(scan.plain.String())
}

// plainSelectorProblem says what is wrong with a selector that has no pseudo-classes and no escapes.
func plainSelectorProblem(s string) string {
	text := attributeFlags.ReplaceAllString(s, "]")
	for _, b := range brackets.FindAllString(text, -1) {
		if unknownOperator.MatchString(b) {
			return "the comparison in brackets is unknown"
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

// selectorScan reads a selector from left to right.
type selectorScan struct {
	rest       string          // what is not read yet
	plain      strings.Builder // what was read, without pseudo-classes and escapes
	inBrackets bool
	depth      int // of nested selectors
}

// step reads the next part, and says what is wrong with it.
func (s *selectorScan) step() string {
	switch c := s.rest[0]; {
	case c == '\\':
		at := cssEscape.FindString(s.rest)
		if at == "" {
			return "it ends with a backslash"
		}
		s.take(len(at), "x")
	case c == '"' || c == '\'':
		n := quotedLength(s.rest)
		if n == 0 {
			return "a quotation mark is not closed"
		}
		if !s.inBrackets {
			return "quotation marks are allowed in brackets only, as in [name=\"chat\"]"
		}
		s.take(n, `"x"`)
	case c == '[' || c == ']':
		if s.inBrackets == (c == '[') {
			return "the brackets do not match"
		}
		s.inBrackets = !s.inBrackets
		s.take(1, s.rest[:1])
	case c == '(' || c == ')':
		return "the parentheses do not match"
	case c == ':' && !s.inBrackets:
		return s.pseudoClass()
	default:
		s.take(1, s.rest[:1])
	}
	return ""
}

// take goes on behind n bytes, for which plain stands.
func (s *selectorScan) take(n int, plain string) {
	s.plain.WriteString(plain)
	s.rest = s.rest[n:]
}

// pseudoClass reads a pseudo-class with its argument.
func (s *selectorScan) pseudoClass() string {
	if strings.HasPrefix(s.rest, "::") {
		return "“::” does not select an element"
	}
	name := cssName.FindString(s.rest[1:])
	if name == "" {
		return "a name is missing after “:”"
	}
	s.take(1+len(name), "")
	name = strings.ToLower(name)
	_, function := pseudoClasses[name]
	if slices.Contains(scriptOnlyPseudoClasses, name) || function != strings.HasPrefix(s.rest, "(") {
		return "“:" + name + "” is unknown"
	}
	if function {
		if why := s.argument(name); why != "" {
			return why
		}
	}
	if before := s.plain.String(); before == "" || strings.IndexByte(" \t\n>+~,", before[len(before)-1]) >= 0 {
		s.take(0, "*")
	}
	return ""
}

// argument reads what stands in the parentheses behind a pseudo-class.
func (s *selectorScan) argument(name string) string {
	n := parenthesizedLength(s.rest)
	if n == 0 {
		return "the parentheses do not match"
	}
	argument := strings.TrimSpace(s.rest[1 : n-1])
	if name == "has" {
		argument = strings.TrimLeft(argument, ">+~ ")
	}
	if argument == "" {
		return "the parentheses are empty"
	}
	if pseudoClasses[name] {
		if why := selectorProblem(argument, s.depth+1); why != "" {
			return why
		}
	}
	s.take(n, "")
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
