package fail

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Line cleans a one-line text: valid UTF-8, no control characters, trimmed, NFC, at most max characters (runes).
// An empty result is an error; label names the thing in the message.
func Line(label, s string, max int) (string, error) {
	s, err := clean(label, s, max, false)
	if err == nil && s == "" {
		return "", New(Invalid, "Please enter %s.", label)
	}
	return s, err
}

// OptionalLine is Line, but allows the empty text.
func OptionalLine(label, s string, max int) (string, error) { return clean(label, s, max, false) }

// Text cleans a text of several lines: as Line, but newlines and tabs are kept and CRLF becomes LF.
func Text(label, s string, max int) (string, error) {
	s, err := clean(label, s, max, true)
	if err == nil && s == "" {
		return "", New(Invalid, "Please write %s.", label)
	}
	return s, err
}

// OptionalText is Text, but allows the empty text.
func OptionalText(label, s string, max int) (string, error) { return clean(label, s, max, true) }

func clean(label, s string, max int, lines bool) (string, error) {
	if !utf8.ValidString(s) {
		return "", New(Invalid, "There are characters in %s that are not valid text (UTF-8).", label)
	}
	if lines {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	}
	s = strings.TrimSpace(norm.NFC.String(s))
	for _, r := range s {
		if unicode.IsControl(r) && (!lines || r != '\n' && r != '\t') {
			return "", New(Invalid, "There is a control character in %s that cannot be shown. Please remove it.", label)
		}
	}
	if n := utf8.RuneCountInString(s); n > max {
		return "", New(Invalid, "Too long: %s may have %d characters, this has %d.", label, max, n)
	}
	return s, nil
}
