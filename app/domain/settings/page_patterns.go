package settings

import (
	"regexp"
	"strings"
	"unicode/utf8"

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
	const example = "Enter a path such as /checkout, or use * for anything, as in /shop/*."
	path, whole := s, false
	if scheme, rest, is := strings.Cut(s, "://"); is || strings.HasPrefix(s, "//") {
		if !is {
			rest = s[2:]
		} else if l := strings.ToLower(scheme); l != "https" && l != "http" && l != "*" {
			return "", fail.New(fail.Invalid, "Page addresses do not begin with “%s://”. %s", scheme, example)
		}
		if strings.Contains(rest, "://") {
			return "", fail.New(fail.Invalid, "Only one pattern is possible. %s", example)
		}
		path, whole = "/", true
		if at := strings.IndexAny(rest, "/?#"); at >= 0 {
			path = "/" + strings.TrimPrefix(rest[at:], "/")
		}
	}
	path = strings.ReplaceAll(path, `\`, "/")
	if at := strings.IndexByte(path, '#'); at >= 0 {
		if !whole || strings.HasPrefix(path[at+1:], "/") || strings.HasPrefix(path[at+1:], "!") {
			return "", fail.New(fail.Invalid, "Remove everything from # on: only the path is compared. %s", example)
		}
		path = path[:at]
	}
	if at := strings.IndexByte(path, '?'); at >= 0 {
		if !whole {
			return "", fail.New(fail.Invalid, "Remove everything from ? on: only the path is compared. %s", example)
		}
		path = path[:at]
	}
	switch first, _, deeper := strings.Cut(path, "/"); {
	case secondPattern.MatchString(path):
		return "", fail.New(fail.Invalid, "Only one pattern is possible. %s", example)
	case strings.ContainsAny(path, "^<>\"`{}"):
		return "", fail.New(fail.Invalid, "The pattern contains a character that paths cannot have. %s", example)
	case strings.HasPrefix(path, "/") || strings.HasPrefix(path, "*") && !(strings.HasPrefix(path, "*.") && deeper):
	case strings.Contains(first, ".") && (deeper || isDomain(first)) || strings.Contains(first, ":"):
		return "", fail.New(fail.Invalid, "Remove the domain. %s", example)
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
