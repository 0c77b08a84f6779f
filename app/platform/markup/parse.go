// Package markup reads the few marks with which staff formats messages, and the links in anybody's text.
//
// Owns: the grammar below. widget/src/format.js is the same grammar in the browser; testdata/cases.json holds both to the same
// results.
//
// Must not touch: anything of ours.
//
// Always true: what is not unmistakably a mark stays as it was typed. Parsing takes time linear in the length of the text.
//
// # Who wrote it
//
// Visitors' texts are literal (Literal): line breaks and links, nothing else. Texts of staff, of websites and of the FAQ are
// formatted (Parse).
//
// # Blocks
//
// A text is read line by line. "Indented" means by up to three spaces.
//
//   - Fence: a line of three backticks, with or without a word behind them, up to the next line of three backticks alone. What is
//     between is shown as typed; the word stays as its first line.
//   - Quote: lines that begin with "> ", and lines of ">" alone between them.
//   - Bullet list: at least two lines, one after another, equally indented, that begin with the same of "- ", "* " and "• ".
//   - Numbered list: at least two lines, one after another, equally indented, that begin with a number up to 999 without
//     leading zeros, a full stop and a space. Every item shows its own number. Other forms, such as "2)", stay as typed.
//   - A line that is indented at least two spaces more than the item before it belongs to that item.
//   - Quotes and bullet lists of which every entry begins with a number are none: their marks can be signs ("- 5 °C", "> 3 weeks").
//   - Everything else is text with its line breaks. Quotes and items contain blocks again, at most three levels deep.
//
// # Inside a text
//
//   - Code: one, two or three backticks, up to as many, in one line.
//   - Emphasis: *italic*, _italic_, **bold**, ***both***. A mark opens at the beginning of a word and closes at the end of one;
//     words of scripts without spaces, such as Chinese, may touch it. It may go over a line break, not over an empty line. Other
//     runs of these signs, such as __ and ****, are text.
//   - [text](address), where the address is one of those below.
//
// # Links
//
//   - http:// and https:// in any case, www. with a name behind it, and mail addresses with at least one dot in the domain. Nothing
//     else is a link.
//   - A link ends before white space, quotation marks (but ' inside is part of it), angle brackets, a bracket that it did not open or does
//     not close, punctuation of CJK and other scripts, and symbols such as emoji. Punctuation at its end belongs to the
//     sentence. An underscore at its end belongs to it, unless one before the link or an open italic is closed by it.
//   - Letters of scripts without spaces are part of it only if they begin a part of the address: "…/緑茶" is all link, in
//     "…/a見て" only what stands before 見.
package markup

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Kind says what a Node is.
type Kind int

// Kinds of nodes. Text, Code, Fence and Address have a Text; the others have Kids.
const (
	Text Kind = iota
	Code
	Fence
	Address // a link that was typed as what it is; To is where it leads
	Link    // a link with a name; To is where it leads
	Italic
	Bold
	BoldItalic // bold and italic
	Quote      // Kids are blocks
	Bullets    // Kids are Items
	Numbers    // Kids are Items
	Item       // Kids are blocks; Number is its number in a numbered list
)

// Node is a part of a text.
type Node struct {
	Kind     Kind
	Text     string
	URL      string
	Number   int
	Children []Node
}

const maxDepth = 3 // levels of quotes and lists in each other

var (
	fenced           = regexp.MustCompile("^```([A-Za-z0-9+#._-]*) *$")
	quoted           = regexp.MustCompile(`^> +[^ ]`)
	bulleted         = regexp.MustCompile(`(?s)^( {0,3})([-*•]) +([^ ].*)$`)
	numbered         = regexp.MustCompile(`(?s)^( {0,3})(0|[1-9][0-9]{0,2})\. +([^ ].*)$`)
	startsWithNumber = regexp.MustCompile(`^[-+±~≈<>=≤≥.,€$£¥ ]*\p{N}`)
	onlyMarks        = regexp.MustCompile(`^[-*• ]*$`)
)

// Parse reads a formatted text.
func Parse(s string) []Node { return blocks(strings.Split(s, "\n"), 0) }

// ParseLinks reads a text in which only links are more than what was typed.
func ParseLinks(s string) []Node { return inline([]rune(s), false, true) }

// entry is an item of a list, or what could be one.
type entry struct {
	lines  []string
	number int
}

func blocks(lines []string, depth int) (out []Node) {
	var text []string
	flush := func() {
		if t := strings.Trim(strings.Join(text, "\n"), "\n"); t != "" {
			out = append(out, inline([]rune(t), true, true)...)
		}
		text = nil
	}
	unclosed := false // no fence that begins from here on ends
	for i := 0; i < len(lines); {
		line := lines[i]
		if m := fenced.FindStringSubmatch(line); m != nil && !unclosed {
			end := i + 1
			for end < len(lines) && strings.TrimRight(lines[end], " ") != "```" {
				end++
			}
			if end < len(lines) {
				flush()
				inside := lines[i+1 : end]
				if m[1] != "" {
					inside = append([]string{m[1]}, inside...)
				}
				out = append(out, Node{Kind: Fence, Text: strings.Join(inside, "\n")})
				i = end + 1
				continue
			}
			unclosed = true
		}
		if depth < maxDepth && quoted.MatchString(line) {
			end, last := i, i // last: behind the last line with something in it
			var inside []string
			sure := false
			for ; end < len(lines) && (quoted.MatchString(lines[end]) || strings.TrimRight(lines[end], " ") == ">"); end++ {
				l := strings.TrimPrefix(lines[end][1:], " ")
				inside = append(inside, l)
				if strings.Trim(l, " ") != "" {
					sure, last = sure || !startsWithNumber.MatchString(l), end+1
				}
			}
			if sure {
				flush()
				out = append(out, Node{Kind: Quote, Children: blocks(inside[:last-i], depth+1)})
			} else {
				text = append(text, lines[i:last]...)
			}
			i = last
			continue
		}
		if depth < maxDepth {
			kind := Bullets
			list, end, sure := items(lines, i, bulleted)
			if list == nil {
				kind = Numbers
				list, end, _ = items(lines, i, numbered)
				sure = true
			}
			if len(list) > 1 && !sure {
				text = append(text, lines[i:end]...)
				i = end
				continue
			}
			if len(list) > 1 {
				flush()
				n := Node{Kind: kind}
				for _, e := range list {
					n.Children = append(n.Children, Node{Kind: Item, Number: e.number, Children: blocks(e.lines, depth+1)})
				}
				out = append(out, n)
				i = end
				continue
			}
		}
		text = append(text, line)
		i++
	}
	flush()
	return out
}

// items returns what could be a list of a form that begins at a line, where it ends, and whether an entry begins with something else than
// a number.
func items(lines []string, at int, form *regexp.Regexp) (list []entry, end int, sure bool) {
	first := form.FindStringSubmatch(lines[at])
	if first == nil || onlyMarks.MatchString(first[3]) {
		return nil, at, false
	}
	inner := len(first[1]) + 2 // the least indent of what belongs to an item
	for end = at; end < len(lines); {
		m := form.FindStringSubmatch(lines[end])
		if m == nil || onlyMarks.MatchString(m[3]) || m[1] != first[1] || form == bulleted && m[2] != first[2] {
			break
		}
		number, _ := strconv.Atoi(m[2])
		e := entry{[]string{m[3]}, number}
		sure = sure || !startsWithNumber.MatchString(m[3])
		content := utf8.RuneCountInString(lines[end]) - utf8.RuneCountInString(m[3])
		for end++; end < len(lines); end++ {
			l := strings.TrimLeft(lines[end], " ")
			spaces := len(lines[end]) - len(l)
			if l == "" || spaces < inner {
				break
			}
			e.lines = append(e.lines, lines[end][min(spaces, content):])
		}
		list = append(list, e)
	}
	return list, end, sure
}
