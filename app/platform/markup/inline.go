package markup

import (
	"slices"
	"strings"
	"unicode"
)

// reader reads a text without blocks.
type reader struct {
	r     []rune
	match []int // of a bracket: where its other one is, within what can be part of an address; else -1
	from  int   // where what is not yet in out begins
	out   []Node
	open  []opener
	last  [4]int // by kind: its place in open; -1: none
}

// opener is a mark that may be closed.
type opener struct {
	begin int // behind it in the text
	at    int // its place in out
}

// marks are the runs that mean something, in the order of reader.last.
var marks = [...]string{"*", "**", "***", "_"}

var kinds = [...]Kind{Italic, Bold, BoldItalic, Italic}

// inline reads a text without blocks: with marks or only links.
func inline(r []rune, formatted, links bool) []Node {
	p := reader{r: r, match: matchBrackets(r)}
	p.dropOpen()
	noCode := [4]int{} // by length: no run of as many backticks before here
	for i := 0; i < len(r); {
		switch c := r[i]; {
		case formatted && c == '\n' && i+1 < len(r) && r[i+1] == '\n':
			p.dropOpen()
			i++
		case formatted && c == '`':
			n := p.run(i)
			if n > 3 || i < noCode[n] {
				i += n
				continue
			}
			end, again := p.code(i+n, n)
			if !again {
				noCode[n] = end
				i += n
				continue
			}
			inside := string(r[i+n : end])
			if strings.TrimSpace(inside) == "" {
				i += n
				continue
			}
			p.add(i, end+n, Node{Kind: Code, Text: inside})
			i = end + n
		case formatted && (c == '*' || c == '_'):
			end := i
			for end < len(r) && (r[end] == '*' || r[end] == '_') {
				end++
			}
			p.cluster(i, end)
			i = end
		case formatted && links && c == '[':
			i = p.namedLink(i)
		case links && c == '@':
			if from, end := p.mail(i, p.from); end > 0 {
				address := string(r[from:end])
				p.add(from, end, Node{Kind: Address, URL: "mailto:" + address, Text: address})
				i = end
			} else {
				i++
			}
		case links && (c == 'h' || c == 'H' || c == 'w' || c == 'W'):
			if end := p.url(i); end > 0 {
				address := string(r[i:end])
				p.add(i, end, Node{Kind: Address, URL: withScheme(address), Text: address})
				i = end
			} else {
				i++
			}
		default:
			i++
		}
	}
	p.flush(len(r))
	return mergeTexts(p.out)
}

// dropOpen ends what is open: it is text.
func (p *reader) dropOpen() {
	p.open = p.open[:0]
	p.last = [4]int{-1, -1, -1, -1}
}

func (p *reader) flush(to int) {
	if p.from < to {
		p.out = append(p.out, Node{Text: string(p.r[p.from:to])})
	}
}

// add puts a node in place of a part of the text.
func (p *reader) add(from, end int, n Node) {
	p.flush(from)
	p.out = append(p.out, n)
	p.from = end
}

// run returns how many of the same sign stand at a place.
func (p *reader) run(at int) int {
	n := 1
	for at+n < len(p.r) && p.r[at+n] == p.r[at] {
		n++
	}
	return n
}

// code returns where the next run of n backticks in the line is, or where the line ends if there is none.
func (p *reader) code(at, n int) (int, bool) {
	for at < len(p.r) && p.r[at] != '\n' {
		if p.r[at] != '`' {
			at++
			continue
		}
		m := p.run(at)
		if m == n {
			return at, true
		}
		at += m
	}
	return at, false
}

// cluster reads neighboring marks of emphasis.
func (p *reader) cluster(from, end int) {
	opens, closes := p.opens(from, end), p.closes(from, end)
	if !opens && !closes {
		return
	}
	var runs []string
	for i := from; i < end; {
		n := min(p.run(i), end-i)
		runs = append(runs, string(p.r[i:i+n]))
		if markIndex(runs[len(runs)-1]) < 0 {
			return
		}
		i += n
	}
	p.flush(from)
	p.from = end
	for _, mark := range runs {
		k := markIndex(mark)
		if at := p.last[k]; closes && at >= 0 {
			o := p.open[at]
			if inside := p.r[o.begin:from]; mark == "_" && slices.Contains(inside, '_') && !slices.ContainsFunc(inside, isSpace) {
				// a name such as _own_value_
				p.last[k] = -1
				p.out = append(p.out, Node{Text: mark})
				continue
			}
			p.open = p.open[:at]
			for i := range p.last {
				if p.last[i] >= at {
					p.last[i] = -1
				}
			}
			p.out = append(p.out[:o.at], Node{Kind: kinds[k], Children: mergeTexts(p.out[o.at+1:])})
			continue
		}
		if opens {
			p.last[k] = len(p.open) // one of the same kind before it is text
			p.open = append(p.open, opener{end, len(p.out)})
		}
		p.out = append(p.out, Node{Text: mark})
	}
}

func markIndex(mark string) int {
	for i, m := range marks {
		if m == mark {
			return i
		}
	}
	return -1
}

// opens reports whether marks stand at the beginning of a word.
func (p *reader) opens(from, end int) bool {
	if from > 0 {
		c := p.r[from-1]
		if !isSpace(c) && !isSpacelessScript(c) &&
			!unicode.In(c, unicode.Ps, unicode.Pi, unicode.Pf, unicode.Pd, unicode.So) &&
			!strings.ContainsRune("\"':¿¡\ufe0f", c) && (c < 0x1f3fb || c > 0x1f3ff) {
			return false
		}
	}
	for end < len(p.r) && (unicode.In(p.r[end], unicode.Ps, unicode.Pi, unicode.Pf, unicode.Pd) ||
		strings.ContainsRune("\"'<¿¡", p.r[end])) {
		end++
	}
	return end < len(p.r) && (isEmphasizable(p.r[end]) || p.r[end] == '`')
}

// closes reports whether marks stand at the end of a word.
func (p *reader) closes(from, end int) bool {
	if end < len(p.r) && isWordChar(p.r[end]) {
		return false
	}
	at := from - 1
	for at >= 0 && (p.r[at] == '>' || unicode.In(p.r[at], unicode.Pe, unicode.Pi, unicode.Pf, unicode.Pd, unicode.Po) &&
		!strings.ContainsRune(`*%&#@§/\`, p.r[at])) {
		at--
	}
	return at >= 0 && (isEmphasizable(p.r[at]) || p.r[at] == '`')
}

// namedLink reads a link that has a name of its own, and returns where to go on.
func (p *reader) namedLink(at int) int {
	end := at + 1
	for end < len(p.r) && p.r[end] != '[' && p.r[end] != ']' && p.r[end] != '\n' {
		end++
	}
	if end+1 >= len(p.r) || p.r[end] != ']' || p.r[end+1] != '(' || p.match[end+1] < 0 {
		return at + 1
	}
	name, close := p.r[at+1:end], p.match[end+1]
	if strings.TrimSpace(string(name)) == "" {
		return at + 1
	}
	to := destination(p.r[end+2 : close])
	if to == "" {
		if hasFoldedPrefix(p.r, end+2, "mailto:") {
			return close + 1 // more than one address, or more than an address: no part of it is a link
		}
		return at + 1
	}
	p.add(at, close+1, Node{Kind: Link, URL: to, Children: inline(name, true, false)})
	return close + 1
}

// mergeTexts puts neighboring texts together.
func mergeTexts(list []Node) []Node {
	var out []Node
	for i := 0; i < len(list); {
		end := i + 1
		for list[i].Kind == Text && end < len(list) && list[end].Kind == Text {
			end++
		}
		n := list[i]
		if end > i+1 {
			var b strings.Builder
			for _, part := range list[i:end] {
				b.WriteString(part.Text)
			}
			n.Text = b.String()
		}
		out = append(out, n)
		i = end
	}
	return out
}

// isSpace reports white space; what stands before the beginning of a text counts as such.
func isSpace(c rune) bool { return unicode.IsSpace(c) || c == '\ufeff' }

// isSpacelessScript reports characters of scripts whose words are not set apart by spaces, with their punctuation.
func isSpacelessScript(c rune) bool {
	switch {
	case c < 0x0e00:
		return false
	case c <= 0x0eff, c >= 0x1000 && c <= 0x109f, c >= 0x1780 && c <= 0x17ff: // Thai, Lao; Myanmar; Khmer
		return true
	}
	return c >= 0x2e80 && c <= 0xa4cf || c >= 0xac00 && c <= 0xd7af || c >= 0xf900 && c <= 0xfaff ||
		c >= 0xfe30 && c <= 0xfe4f || c >= 0xff00 && c <= 0xffef || c >= 0x20000 && c <= 0x3ffff
}

// isLetter reports letters, their marks, and digits.
func isLetter(c rune) bool { return unicode.In(c, unicode.L, unicode.M, unicode.N) }

// isWordChar reports what a mark of emphasis does not touch.
func isWordChar(c rune) bool { return isLetter(c) && !isSpacelessScript(c) }

// isEmphasizable reports what is worth emphasizing.
func isEmphasizable(c rune) bool {
	return isLetter(c) || unicode.Is(unicode.S, c) && !strings.ContainsRune("`^~|<=>", c) || strings.ContainsRune("%&#@§", c)
}
