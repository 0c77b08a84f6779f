package mail

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Longest names in mails, in characters.
const (
	MaxOrganizationName = 60
	MaxPersonName       = 40
)

var phone = regexp.MustCompile(`\+?\(?\d(?:[ ()-]{0,2}\d){8,}`)

// SafeName returns what somebody has chosen to be called, as it may stand in a mail to a person who has not asked for it: one line of
// at most so many characters, without anything that a mail program makes a link of, telephone numbers, and characters that nobody
// sees or that change the direction of the text. What has nothing left is otherwise.
func SafeName(s string, most int, otherwise string) string {
	s = phone.ReplaceAllString(norm.NFKC.String(s), " ")
	var out strings.Builder
	for i, r := range s {
		switch {
		case r == '.': // shop.example would become a link, "Dr. Lee" does not
			out.WriteRune(r)
			if next, _ := utf8.DecodeRuneInString(s[i+1:]); unicode.IsLetter(next) || unicode.IsDigit(next) {
				out.WriteRune(' ')
			}
		case unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) || r == '\u2800': // not seen
		case unicode.In(r, unicode.L, unicode.N, unicode.M) || strings.ContainsRune("'’-–&,()+!", r):
			out.WriteRune(r)
		default:
			out.WriteRune(' ')
		}
	}
	words := strings.Fields(out.String())
	kept, length := words[:0], 0
	for _, w := range words {
		switch strings.ToLower(w) {
		case "www", "www.", "http", "https", "mailto":
			continue
		}
		n := utf8.RuneCountInString(w)
		if length+n+1 > most && len(kept) > 0 {
			return strings.Join(kept, " ") + "…"
		}
		if n > most {
			return string([]rune(w)[:most]) + "…"
		}
		kept, length = append(kept, w), length+n+1
	}
	if len(kept) == 0 {
		return otherwise
	}
	return strings.Join(kept, " ")
}
