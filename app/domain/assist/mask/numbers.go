package mask

import (
	"unicode"
	"unicode/utf8"
)

// group is digits written without anything between them.
type group struct {
	from, to int    // bytes in the text
	digits   string // as ASCII, whatever the script
	before   string // separators between the previous group of the run and this one
}

// run is groups with nothing between them but what people write between the parts of one number.
type run struct {
	groups []group
	plus   bool // a + stands right before
	paren  bool // an opening bracket stands right before
	from   int  // of the first character, + and bracket included
}

// maxSeparators is how many separators may stand between two groups of one number, as in "+49 (0) - 30".
const maxSeparators = 3

// numbers returns the runs of digits in text, in one pass.
func numbers(text string) []run {
	var runs []run
	var current run
	open := false // a run is under way
	sep, seps := 0, 0
	end := func() {
		if open {
			runs = append(runs, current)
		}
		current, open = run{}, false
	}
	var last rune // before the run
	lastAt := 0
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		d := digitValue(r)
		switch {
		case d >= 0:
			if !open {
				open = true
				current = run{from: i, plus: last == '+' || last == '＋', paren: last == '('}
				if current.plus || current.paren {
					current.from = lastAt
				}
				if lastAt > 0 && (current.plus || current.paren) { // (+49) 30, +(49) 30
					p, n := utf8.DecodeLastRuneInString(text[:lastAt])
					if current.paren && (p == '+' || p == '＋') || current.plus && p == '(' {
						current.plus, current.from = true, lastAt-n
					}
				}
				current.groups = append(current.groups, group{from: i})
			} else if seps > 0 {
				current.groups = append(current.groups, group{from: i, before: text[sep:i]})
			}
			g := &current.groups[len(current.groups)-1]
			g.digits += string(rune('0' + d))
			g.to = i + size
			seps = 0
			if len(g.digits) > maxDigits { // no number of a person is that long
				i += size
				for i < len(text) {
					r, size := utf8.DecodeRuneInString(text[i:])
					if digitValue(r) < 0 {
						break
					}
					i += size
				}
				current.groups = current.groups[:len(current.groups)-1]
				if len(current.groups) == 0 {
					open = false
				}
				end()
				last = 0
				continue
			}
		case open && isSeparator(r):
			if seps == 0 {
				sep = i
			}
			if seps++; seps > maxSeparators {
				end()
				seps = 0
			}
		default:
			end()
			seps = 0
		}
		if !unicode.Is(unicode.Cf, r) {
			last, lastAt = r, i
		}
		i += size
	}
	end()
	return runs
}

// maxDigits is the longest group that is looked at: a card has 19 digits at most.
const maxDigits = 34

func isSeparator(r rune) bool {
	switch r {
	case ' ', '\u00a0', '\u202f', '\u2007', '\u2009', '-', '.', '/', '(', ')', '\u2212', '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2015', '－', '·':
		return true
	}
	return unicode.Is(unicode.Cf, r) // invisible characters inside a number hide it from programs, not from people
}

// digitValue returns the value of a decimal digit of any script, or -1.
func digitValue(r rune) int {
	if r < utf8.RuneSelf {
		if r >= '0' && r <= '9' {
			return int(r - '0')
		}
		return -1
	}
	if !unicode.IsDigit(r) {
		return -1
	}
	for _, t := range unicode.Nd.R16 {
		if r <= rune(t.Hi) {
			return int(r-rune(t.Lo)) % 10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if r <= rune(t.Hi) {
			return int(r-rune(t.Lo)) % 10
		}
	}
	return -1
}

// joinDigits returns the digits of groups i up to and without j.
func joinDigits(groups []group) string {
	if len(groups) == 1 {
		return groups[0].digits
	}
	var b []byte
	for _, g := range groups {
		b = append(b, g.digits...)
	}
	return string(b)
}
