package org

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/publicsuffix"

	"parley/app/platform/fail"
)

// pagePattern brings a pattern of pages into the form in which browsers compare it with a page's path: the beginning of the path, or with
// * for anything. What is unmistakable is mended: of the whole address of a page the path counts, a word stands behind a slash, and letters
// that browsers encode are encoded. What would fit no page is refused.
func pagePattern(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	const example = "Write the path as in /checkout, or with * for anything as in /shop/*."
	path, whole := s, false
	if scheme, rest, is := strings.Cut(s, "://"); is || strings.HasPrefix(s, "//") {
		if !is {
			rest = s[2:]
		} else if l := strings.ToLower(scheme); l != "https" && l != "http" && l != "*" {
			return "", fail.New(fail.Invalid, "“%s://” begins no address of a page. %s", scheme, example)
		}
		if strings.Contains(rest, "://") {
			return "", fail.New(fail.Invalid, "There are several addresses here. One pattern is possible: %s", example)
		}
		path, whole = "/", true
		if at := strings.IndexAny(rest, "/?#"); at >= 0 {
			path = "/" + strings.TrimPrefix(rest[at:], "/")
		}
	}
	path = strings.ReplaceAll(path, `\`, "/")
	if at := strings.IndexByte(path, '#'); at >= 0 {
		if !whole || strings.HasPrefix(path[at+1:], "/") || strings.HasPrefix(path[at+1:], "!") {
			return "", fail.New(fail.Invalid, "Only the path of a page counts, which ends before #. %s", example)
		}
		path = path[:at]
	}
	if at := strings.IndexByte(path, '?'); at >= 0 {
		if !whole {
			return "", fail.New(fail.Invalid, "Only the path of a page counts, which ends before ?. %s", example)
		}
		path = path[:at]
	}
	switch first, _, deeper := strings.Cut(path, "/"); {
	case secondPattern.MatchString(path):
		return "", fail.New(fail.Invalid, "There are several patterns here. One is possible: %s", example)
	case strings.ContainsAny(path, "^<>\"`{}"):
		return "", fail.New(fail.Invalid, "There is a character in it that no path has. Only * has a meaning. %s", example)
	case strings.HasPrefix(path, "/") || strings.HasPrefix(path, "*") && !(strings.HasPrefix(path, "*.") && deeper):
	case strings.Contains(first, ".") && (deeper || isDomain(first)) || strings.Contains(first, ":"):
		return "", fail.New(fail.Invalid, "The path of a page begins behind its domain. %s", example)
	default:
		path = "/" + path
	}
	return encodedPath(path), nil
}

// secondPattern finds a second pattern.
var secondPattern = regexp.MustCompile(`[\s,;|][\s]*[/*]\S`)

// isDomain reports whether a word ends as domains do: shop.com is one, index.html is none.
func isDomain(word string) bool {
	_, listed := publicsuffix.PublicSuffix(strings.ToLower(word))
	return listed
}

// encodedPath encodes what browsers encode in the path of an address.
func encodedPath(path string) string {
	var out strings.Builder
	for i := range len(path) {
		if c := path[i]; c <= ' ' || c >= utf8.RuneSelf {
			out.WriteString("%" + string([]byte{hex[c>>4], hex[c&15]}))
			continue
		}
		out.WriteByte(path[i])
	}
	return out.String()
}

const hex = "0123456789ABCDEF"

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
