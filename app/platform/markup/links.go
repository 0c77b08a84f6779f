package markup

import (
	"strings"
	"unicode"
)

// isAddressChar reports what an address can contain besides letters and digits.
func isAddressChar(c rune) bool {
	return strings.ContainsRune("!#$%&'()*+,-./:;=?@[]_{|}~^·–—", c)
}

// matchBrackets finds the other one of each bracket. What cannot be part of an address is between neither.
func matchBrackets(r []rune) []int {
	match := make([]int, len(r))
	var open [3][]int
	for i, c := range r {
		match[i] = -1
		if !isLetter(c) && !isAddressChar(c) {
			open = [3][]int{open[0][:0], open[1][:0], open[2][:0]}
			continue
		}
		if k := strings.IndexRune("([{", c); k >= 0 {
			open[k] = append(open[k], i)
		} else if k := strings.IndexRune(")]}", c); k >= 0 && len(open[k]) > 0 {
			last := len(open[k]) - 1
			match[i], match[open[k][last]] = open[k][last], i
			open[k] = open[k][:last]
		}
	}
	return match
}

// url returns where the address ends that begins at a place; 0: none does.
func (p *reader) url(at int) int {
	if at > 0 && isWordChar(p.r[at-1]) {
		return 0
	}
	begin := schemeEnd(p.r, at)
	if begin == 0 {
		if at > 0 && strings.ContainsRune("./@-", p.r[at-1]) || !isWebName(p.r, at) {
			return 0
		}
		begin = at + len("www.")
	}
	if begin >= len(p.r) || !isLetter(p.r[begin]) {
		return 0
	}
	const (
		none = iota
		spaced
		unspaced
	)
	end, part := begin, none
	for ; end < len(p.r); end++ {
		c := p.r[end]
		if isLetter(c) {
			if isSpacelessScript(c) {
				if part == spaced {
					break
				}
				part = unspaced
			} else if part == none {
				part = spaced
			}
			continue
		}
		if !isAddressChar(c) || strings.ContainsRune("([{", c) && p.match[end] < 0 || strings.ContainsRune(")]}", c) && p.match[end] < at {
			break
		}
		part = none
	}
	closes := at > 0 && p.r[at-1] == '_' || p.last[3] >= 0
	for end > begin && (strings.ContainsRune(".,;:!?'*|–—·([{", p.r[end-1]) || closes && p.r[end-1] == '_') {
		end--
	}
	return end
}

// schemeEnd returns where the rest of an address of the web begins; 0: it is none.
func schemeEnd(r []rune, at int) int {
	for _, s := range []string{"http://", "https://"} {
		if hasFoldedPrefix(r, at, s) {
			return at + len(s)
		}
	}
	return 0
}

// isWebName reports whether a name of the web begins at a place: www. and at least two labels.
func isWebName(r []rune, at int) bool {
	if !hasFoldedPrefix(r, at, "www.") {
		return false
	}
	at += len("www.")
	if at >= len(r) || !isLetter(r[at]) {
		return false
	}
	for ; at < len(r) && (isLetter(r[at]) || r[at] == '-' || r[at] == '.'); at++ {
		if r[at] == '.' && isLetter(r[at-1]) && at+1 < len(r) && isLetter(r[at+1]) {
			return true
		}
	}
	return false
}

// mail returns the mail address around an @, which begins after a place; end 0: there is none.
func (p *reader) mail(at, after int) (from, end int) {
	r := p.r
	for from = at; from > after && at-from <= 64 && (isASCIIAlnum(r[from-1]) || strings.ContainsRune("_.+'-", r[from-1])); from-- {
	}
	if at-from > 64 || from > 0 && (r[from-1] == '@' || isWordChar(r[from-1]) && !isASCIIAlnum(r[from-1])) {
		return 0, 0
	}
	for from < at && !isASCIIAlnum(r[from]) {
		from++
	}
	if from == at || r[at-1] == '.' || r[at-1] == '\'' || strings.Contains(string(r[from:at]), "..") {
		return 0, 0
	}
	if end = domainEnd(r, at+1); end == 0 {
		return 0, 0
	}
	if end < len(r) {
		c := r[end]
		if c == '@' || c == '-' || isWordChar(c) || (c == '.' || c == '_') && end+1 < len(r) && isWordChar(r[end+1]) {
			return 0, 0
		}
	}
	return from, end
}

// domainEnd returns where a domain with at least two labels ends, of which the last is of letters; 0: there is none.
func domainEnd(r []rune, at int) (end int) {
	for labels := 1; ; labels++ {
		from, letters := at, true
		spaced, unspaced := false, false
		for at < len(r) && (isLetter(r[at]) || r[at] == '-') {
			if c := r[at]; isSpacelessScript(c) {
				if spaced {
					break
				}
				unspaced = true
			} else {
				spaced = spaced || c != '-' && !unspaced
				letters = letters && unicode.In(c, unicode.L, unicode.M)
			}
			at++
		}
		if at == from || r[from] == '-' || r[at-1] == '-' {
			return end
		}
		if labels > 1 && at-from > 1 && (letters || hasFoldedPrefix(r, from, "xn--")) {
			end = at
		}
		if at >= len(r) || r[at] != '.' {
			return end
		}
		at++
	}
}

// destination returns where a named link leads, empty if to nothing that links may lead to.
func destination(r []rune) string {
	if begin := schemeEnd(r, 0); begin > 0 {
		if begin < len(r) && isLetter(r[begin]) {
			return string(r)
		}
		return ""
	}
	if isWebName(r, 0) {
		return withScheme(string(r))
	}
	if hasFoldedPrefix(r, 0, "mailto:") {
		r = r[len("mailto:"):]
	}
	for i, c := range r {
		if c != '@' {
			continue
		}
		p := reader{r: r}
		if from, end := p.mail(i, 0); from == 0 && end == len(r) {
			return "mailto:" + string(r)
		}
		return ""
	}
	return ""
}

// withScheme returns an address with its scheme.
func withScheme(address string) string {
	if hasFoldedPrefix([]rune(address), 0, "www.") {
		return "https://" + address
	}
	return address
}

// hasFoldedPrefix reports whether r has s at a place, whatever its case. s is of small ASCII letters and signs.
func hasFoldedPrefix(r []rune, at int, s string) bool {
	if len(r)-at < len(s) {
		return false
	}
	for i := range len(s) {
		c := r[at+i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != rune(s[i]) {
			return false
		}
	}
	return true
}

// isASCIIAlnum reports ASCII letters and digits.
func isASCIIAlnum(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
