package ui

import (
	"context"
	"html"
	"io"
	"strings"
	"unicode"

	"github.com/a-h/templ"
)

// Highlight draws a text with the words marked that begin with one of some (in lower case).
func Highlight(s string, words []string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, highlightHTML(s, words))
		return err
	})
}

func highlightHTML(s string, words []string) string {
	var out strings.Builder
	inWord := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }
	for s != "" {
		n := strings.IndexFunc(s, inWord)
		if n < 0 {
			n = len(s)
		}
		out.WriteString(html.EscapeString(s[:n]))
		s = s[n:]
		if n = strings.IndexFunc(s, func(r rune) bool { return !inWord(r) }); n < 0 {
			n = len(s)
		}
		word := s[:n]
		s = s[n:]
		marked := false
		for _, w := range words {
			marked = marked || w != "" && strings.HasPrefix(strings.ToLower(word), w)
		}
		if marked {
			out.WriteString("<mark>" + html.EscapeString(word) + "</mark>")
		} else {
			out.WriteString(html.EscapeString(word))
		}
	}
	return out.String()
}
