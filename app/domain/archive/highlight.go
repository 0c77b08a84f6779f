package archive

import (
	"strings"
	"unicode"
)

// Span is a part of a text; IsMatch reports whether it is a word that a search has found.
type Span struct {
	Text    string
	IsMatch bool
}

// Highlight splits a text into the words that begin with one of the words of a search, and what is between them.
func Highlight(text string, words []string) []Span {
	return splitSpans([]rune(text), words)
}

// The part of a message that a list shows.
const (
	excerptLength = 220 // characters
	excerptLead   = 60  // of them before the first word that was found
)

// Excerpt is Highlight of the part of a message in which the first match stands.
func Excerpt(text string, words []string) []Span {
	line := []rune(strings.Join(strings.Fields(text), " "))
	if len(line) <= excerptLength {
		return splitSpans(line, words)
	}
	begin := 0
	for i := range line {
		if matchLength(line, i, words) > 0 {
			begin = max(0, min(i-excerptLead, len(line)-excerptLength))
			break
		}
	}
	for begin > 0 && begin < len(line) && !unicode.IsSpace(line[begin-1]) && matchLength(line, begin, words) == 0 {
		begin++ // with a whole word
	}
	end := min(len(line), begin+excerptLength)
	list := splitSpans(line[begin:end], words)
	if begin > 0 {
		list = append([]Span{{Text: "… "}}, list...)
	}
	if end < len(line) {
		list = append(list, Span{Text: " …"})
	}
	return list
}

func splitSpans(text []rune, words []string) (list []Span) {
	plain := 0
	for i := 0; i < len(text); {
		n := matchLength(text, i, words)
		if n == 0 {
			i++
			continue
		}
		if plain < i {
			list = append(list, Span{Text: string(text[plain:i])})
		}
		list = append(list, Span{string(text[i : i+n]), true})
		i += n
		plain = i
	}
	if plain < len(text) {
		list = append(list, Span{Text: string(text[plain:])})
	}
	return list
}

// matchLength returns the length of the word at an index if it begins with one of the words of a search, else 0.
func matchLength(text []rune, at int, words []string) int {
	if !isWordRune(text[at]) || at > 0 && isWordRune(text[at-1]) {
		return 0
	}
	longest := 0
	for _, word := range words {
		n := 0
		for _, r := range word {
			if at+n >= len(text) || unicode.ToLower(text[at+n]) != r {
				n = 0
				break
			}
			n++
		}
		if len(word) == 1 && at+n < len(text) && isWordRune(text[at+n]) {
			n = 0 // a single letter only matches itself
		}
		longest = max(longest, n)
	}
	for longest > 0 && at+longest < len(text) && isWordRune(text[at+longest]) {
		longest++
	}
	return longest
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }
