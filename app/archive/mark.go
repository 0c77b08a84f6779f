package archive

import (
	"strings"
	"unicode"
)

// Piece is a part of a text; Hit is that a word of a search begins it.
type Piece struct {
	Text string
	Hit  bool
}

// Mark takes a text apart by the words that begin with one of those sought.
func Mark(text string, sought []string) []Piece {
	return pieces([]rune(text), sought)
}

// The part of a message that a list shows.
const (
	excerptLong   = 220 // characters
	excerptBefore = 60  // of them before the first word that was found
)

// Excerpt is Mark of the part of a message in which the first word sought stands.
func Excerpt(text string, sought []string) []Piece {
	line := []rune(strings.Join(strings.Fields(text), " "))
	if len(line) <= excerptLong {
		return pieces(line, sought)
	}
	begin := 0
	for i := range line {
		if hit(line, i, sought) > 0 {
			begin = max(0, min(i-excerptBefore, len(line)-excerptLong))
			break
		}
	}
	for begin > 0 && begin < len(line) && !unicode.IsSpace(line[begin-1]) && hit(line, begin, sought) == 0 {
		begin++ // with a whole word
	}
	end := min(len(line), begin+excerptLong)
	list := pieces(line[begin:end], sought)
	if begin > 0 {
		list = append([]Piece{{Text: "… "}}, list...)
	}
	if end < len(line) {
		list = append(list, Piece{Text: " …"})
	}
	return list
}

func pieces(text []rune, sought []string) (list []Piece) {
	plain := 0
	for i := 0; i < len(text); {
		n := hit(text, i, sought)
		if n == 0 {
			i++
			continue
		}
		if plain < i {
			list = append(list, Piece{Text: string(text[plain:i])})
		}
		list = append(list, Piece{string(text[i : i+n]), true})
		i += n
		plain = i
	}
	if plain < len(text) {
		list = append(list, Piece{Text: string(text[plain:])})
	}
	return list
}

// hit is how long the word at a place is, if it begins with one of those sought.
func hit(text []rune, at int, sought []string) int {
	if !inWord(text[at]) || at > 0 && inWord(text[at-1]) {
		return 0
	}
	longest := 0
	for _, word := range sought {
		n := 0
		for _, r := range word {
			if at+n >= len(text) || unicode.ToLower(text[at+n]) != r {
				n = 0
				break
			}
			n++
		}
		if len(word) == 1 && at+n < len(text) && inWord(text[at+n]) {
			n = 0 // a single letter is only sought as it is
		}
		longest = max(longest, n)
	}
	for longest > 0 && at+longest < len(text) && inWord(text[at+longest]) {
		longest++
	}
	return longest
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }
