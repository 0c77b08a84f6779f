package prompt

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// fence sets every line of a text behind a mark. A closing line could be imitated; the start of each line cannot, since what
// breaks lines is known and everything else that might is taken out.
func fence(mark, text string) string {
	lines := strings.Split(visible(text), "\n")
	for i, l := range lines {
		lines[i] = mark + "| " + l
	}
	return strings.Join(lines, "\n")
}

// visible returns text with line feeds as its only line breaks, and without what a person does not see but a model may read:
// control and format characters, tags, private use. Joiners stay inside emoji and the scripts that need them.
func visible(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r >= ' ' && r < 0x7f:
			return r
		case r == '\n' || r == '\r' || r == '\v' || r == '\f' || r == '\u0085' || r == '\u2028' || r == '\u2029':
			return '\n'
		case r == '\t':
			return ' '
		case r == '\u200c' || r == '\u200d':
			return r
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs) || r >= 0xE0000 && r <= 0xE0FFF:
			return -1
		}
		return r
	}, s)
}

func oneLine(s string) string { return strings.Join(strings.Fields(visible(s)), " ") }

// shorten shortens a text to so many characters: more of its start, some of its end, where people put what they want.
func shorten(s string, most int) string {
	s = strings.TrimSpace(visible(s))
	if len(s) <= most || utf8.RuneCountInString(s) <= most {
		return s
	}
	r := []rune(s)
	head := most * 2 / 3
	return strings.TrimSpace(string(r[:head])) + " […] " + strings.TrimSpace(string(r[len(r)-(most-head-5):]))
}
