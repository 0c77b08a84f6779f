package compose

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// block is one paragraph or one list of an answer, as plain text: a chat shows no Markdown.
type block struct {
	lines         []string // of a list: its items, each with its mark
	list, heading bool
}

func (b block) text() string { return strings.Join(b.lines, "\n") }

// isTable reports lines that stand for themselves, such as opening hours, rather than a paragraph.
func (b block) isTable() bool {
	for _, l := range b.lines {
		if utf8.RuneCountInString(l) > 60 {
			return false
		}
	}
	return len(b.lines) > 1
}

var (
	bullet   = regexp.MustCompile(`^\s*[-*+•]\s+`)
	numbered = regexp.MustCompile(`^\s*(\d{1,3})[.)]\s+`)
	heading  = regexp.MustCompile(`^\s*#{1,6}\s+(.*?)\s*#*$`)
	rule     = regexp.MustCompile(`^\s*(?:[-*_]\s*){3,}$`)
	image    = regexp.MustCompile(`!\[([^\]\n]*)\]\([^)\s]*\)`)
	link     = regexp.MustCompile(`\[([^\]\n]+)\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"\n]*")?\s*\)`)
	auto     = regexp.MustCompile(`<((?:https?://|mailto:)[^>\s]+)>`)
	strong   = regexp.MustCompile(`\*\*(\S(?:[^*\n]*\S)?)\*\*|__(\S(?:[^_\n]*\S)?)__`)
	emphasis = regexp.MustCompile(`(^|[\s(„“«"'])[*_](\S(?:[^*_\n]*\S)?)[*_]($|[\s).,;:!?“”»"'])`)
	code     = regexp.MustCompile("`+([^`\n]+)`+")
	escape   = regexp.MustCompile("\\\\([\\\\`*_{}\\[\\]()#+.!|-])")
)

// blocks reads the Markdown of an answer.
func blocks(markdown string) []block {
	var out []block
	fresh := true // the next line begins a block
	for line := range strings.Lines(strings.ReplaceAll(markdown, "\r", "")) {
		line = strings.TrimRight(strings.TrimRight(line, "\n\\"), " \t")
		if strings.TrimSpace(line) == "" || rule.MatchString(line) || strings.HasPrefix(strings.TrimSpace(line), "```") {
			fresh = true
			continue
		}
		if h := heading.FindStringSubmatch(line); h != nil {
			if title := strings.TrimRight(plain(h[1]), ".:"); title != "" && len(out) > 0 { // above all of it, the question is the title
				out = append(out, block{lines: []string{title + ":"}, heading: true})
			}
			fresh = true
			continue
		}
		mark := ""
		if n := numbered.FindStringSubmatch(line); n != nil {
			mark, line = n[1]+". ", line[len(n[0]):]
		} else if b := bullet.FindString(line); b != "" {
			mark, line = "- ", line[len(b):]
		}
		text := plain(strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "> ")))
		last := len(out) - 1
		switch {
		case mark != "" && last >= 0 && out[last].list:
			out[last].lines = append(out[last].lines, mark+text) // also over an empty line: it is one list
		case mark != "":
			out = append(out, block{lines: []string{mark + text}, list: true})
		case !fresh && out[last].list: // an item that goes on
			out[last].lines[len(out[last].lines)-1] += " " + text
		case !fresh:
			out[last].lines = append(out[last].lines, text)
		default:
			out = append(out, block{lines: []string{text}})
		}
		fresh = false
	}
	return out
}

// plain takes the marks out of a line, and writes out where its links lead.
func plain(s string) string {
	s = image.ReplaceAllString(s, "$1")
	s = link.ReplaceAllStringFunc(s, func(l string) string {
		part := link.FindStringSubmatch(l)
		text, to := strings.TrimSpace(part[1]), strings.TrimPrefix(part[2], "mailto:")
		to = strings.TrimPrefix(to, "tel:")
		if text == to || strings.TrimRight(strings.TrimPrefix(strings.TrimPrefix(to, "https://"), "http://"), "/") == text {
			return to
		}
		if !strings.ContainsAny(to, ":@") && !strings.HasPrefix(to, "www.") && to == part[2] {
			return text // a place on a page that the visitor is not looking at
		}
		return text + " (" + to + ")"
	})
	s = auto.ReplaceAllStringFunc(s, func(a string) string { return strings.TrimPrefix(strings.Trim(a, "<>"), "mailto:") })
	s = code.ReplaceAllString(s, "$1")
	s = strong.ReplaceAllString(s, "$1$2")
	s = emphasis.ReplaceAllString(s, "$1$2$3")
	return escape.ReplaceAllString(s, "$1")
}
