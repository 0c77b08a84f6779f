package validate

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"parley/app/platform/fail"
)

// Line cleans a one-line text: valid UTF-8, NFC, trimmed, at most max characters (runes). What programs for presentations and
// terminals leave in copied text is taken out: characters that end a line become spaces, other control characters go.
// An empty result is an error, and a text of which nothing can be seen is empty; label names the thing in the message.
func Line(label, s string, max int) (string, error) {
	s, err := normalize(label, s, max, false)
	if err == nil && s == "" {
		return "", fail.New(fail.Invalid, "Enter %s.", label)
	}
	return s, err
}

// OptionalLine is Line, but allows the empty text.
func OptionalLine(label, s string, max int) (string, error) { return normalize(label, s, max, false) }

// Name is Line for what staff calls something. Characters that nobody sees and those that turn directions are taken out, so that
// names that look the same are the same, and none turns around the text beside it.
func Name(label, s string, max int) (string, error) { return Line(label, stripInvisible(s), max) }

// OptionalName is Name, but allows the empty text.
func OptionalName(label, s string, max int) (string, error) {
	return OptionalLine(label, stripInvisible(s), max)
}

// Text cleans a text of several lines: as Line, but newlines and tabs stay, and everything else that ends a line becomes a
// newline.
func Text(label, s string, max int) (string, error) {
	s, err := normalize(label, s, max, true)
	if err == nil && s == "" {
		return "", fail.New(fail.Invalid, "Enter %s.", label)
	}
	return s, err
}

// OptionalText is Text, but allows the empty text.
func OptionalText(label, s string, max int) (string, error) { return normalize(label, s, max, true) }

func normalize(label, s string, max int, lines bool) (string, error) {
	if !utf8.ValidString(s) {
		return "", fail.New(fail.Invalid, "Some characters in %s are not valid text (UTF-8). Remove them.", label)
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\t' && lines:
			return r
		case strings.ContainsRune("\n\r\v\f\u0085\u2028\u2029", r) && lines:
			return '\n'
		case strings.ContainsRune("\t\n\r\v\f\u0085\u2028\u2029", r):
			return ' '
		case unicode.IsControl(r) || r == '\ufeff' || r >= '\ufff9' && r <= '\ufffc': // the last: places of annotations and pictures
			return -1
		}
		return r
	}, s)
	s = strings.TrimSpace(norm.NFC.String(s))
	if !strings.ContainsFunc(s, IsVisible) {
		return "", nil
	}
	if n := utf8.RuneCountInString(s); n > max {
		return "", fail.New(fail.Invalid, "Too long: %s can have %d characters, but has %d. Shorten the text.", label, max, n)
	}
	return s, nil
}

// IsVisible reports whether a character shows something by itself. White space does not, nor do joiners, soft hyphens,
// marks of direction and other characters that only say how those around them are shown.
func IsVisible(r rune) bool {
	return !unicode.IsSpace(r) && !unicode.IsControl(r) && r != '\u2800' && // a pattern of Braille without dots
		(!unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Prepended_Concatenation_Mark, r)) &&
		!unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// stripInvisible takes out what nobody sees and no word needs: spaces without width, soft hyphens, embeddings, overrides and isolates.
// Marks of direction and joiners stay; scripts need them.
func stripInvisible(s string) string {
	if !utf8.ValidString(s) {
		return s // refused for this
	}
	return strings.Map(func(r rune) rune {
		if r >= '\u202a' && r <= '\u202e' || r >= '\u2060' && r <= '\u206f' || strings.ContainsRune("\u00ad\u180e\u200b", r) {
			return -1
		}
		return r
	}, s)
}
