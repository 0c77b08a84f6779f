package ui

import (
	"context"
	"html"
	"io"
	"regexp"
	"strings"

	"github.com/a-h/templ"

	"parley/app/bidi"
)

// Markdown draws a message's text: **bold**, *italic*, `code`, [links](https://...), addresses, lists, quotes and fenced code,
// and nothing else of Markdown. widget/src/markdown.js draws the same; app/markdown_test.go holds both to the same cases.
// Everything that was typed is escaped; links lead to http, https and mailto only, and those to mailto have an address and
// nothing else: no copies, no subject. Directions end where the text ends.
func Markdown(s string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, MarkdownHTML(s))
		return err
	})
}

var (
	bullet   = regexp.MustCompile(`^ {0,3}[-*•] +(.+)$`)
	numbered = regexp.MustCompile(`^ {0,3}\d{1,3}[.)] +(.+)$`)
)

// MarkdownHTML is Markdown as a string.
func MarkdownHTML(s string) string {
	s = bidi.Balance(s)
	var out, text strings.Builder
	flush := func() {
		if t := strings.Trim(text.String(), "\n"); t != "" {
			out.WriteString(inline(t, 0))
		}
		text.Reset()
	}
	lines := strings.Split(s, "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		group := func(open, end string, item func(string) (string, bool)) bool {
			first, is := item(line)
			if !is {
				return false
			}
			flush()
			out.WriteString(open)
			for {
				out.WriteString(first)
				if i+1 >= len(lines) {
					break
				}
				if first, is = item(lines[i+1]); !is {
					break
				}
				i++
			}
			out.WriteString(end)
			return true
		}
		entry := func(form *regexp.Regexp) func(string) (string, bool) {
			return func(l string) (string, bool) {
				m := form.FindStringSubmatch(l)
				if m == nil {
					return "", false
				}
				return "<li>" + inline(m[1], 0) + "</li>", true
			}
		}
		switch {
		case strings.HasPrefix(line, "```"):
			end := i + 1
			for end < len(lines) && !strings.HasPrefix(lines[end], "```") {
				end++
			}
			if end == len(lines) { // never closed: it is text
				text.WriteString(line + "\n")
				continue
			}
			flush()
			out.WriteString("<pre>" + html.EscapeString(strings.Join(lines[i+1:end], "\n")) + "</pre>")
			i = end
		case group("<ul>", "</ul>", entry(bullet)), group("<ol>", "</ol>", entry(numbered)):
		case group("<blockquote>", "</blockquote>", func(l string) (string, bool) {
			rest, is := strings.CutPrefix(l, ">")
			return inline(strings.TrimPrefix(rest, " "), 0) + "\n", is
		}):
		default:
			text.WriteString(line + "\n")
		}
	}
	flush()
	return out.String()
}

// marks are what is looked for inside a line, in this order where two begin at the same place.
var marks = [...]*regexp.Regexp{
	regexp.MustCompile("`([^`\n]+)`"),
	regexp.MustCompile(`\[([^\[\]\n]+)\]\((mailto:[\w.+-]+@[\w.-]+|https?://[^\s()]+)\)`),
	regexp.MustCompile(`https?://[^\s<>"']*[^\s<>"'.,;:!?)\]}*_]`),
	regexp.MustCompile(`\*\*([^\s*](?:[^*\n]*[^\s*])?)\*\*`),
	regexp.MustCompile(`\*([^\s*](?:[^*\n]*[^\s*])?)\*`),
	regexp.MustCompile(`\b_([^\s_](?:[^_\n]*[^\s_])?)_\b`),
}

// mark draws one of them.
func mark(which int, m []string, depth int) string {
	switch which {
	case 0:
		return "<code>" + html.EscapeString(m[1]) + "</code>"
	case 1:
		return link(m[2], inline(m[1], depth+1))
	case 2:
		return link(m[0], html.EscapeString(m[0]))
	case 3:
		return "<strong>" + inline(m[1], depth+1) + "</strong>"
	}
	return "<em>" + inline(m[1], depth+1) + "</em>"
}

func link(to, text string) string {
	return `<a href="` + html.EscapeString(to) + `" target="_blank" rel="noopener noreferrer nofollow">` + text + "</a>"
}

// inline draws what stands in lines. Depth bounds marks in marks. Each form looks at each part of the text once.
func inline(s string, depth int) string {
	if depth > 3 {
		return html.EscapeString(s)
	}
	var out strings.Builder
	var next [len(marks)][]int // where each form matches next, in s; nil: to be looked for
	var never [len(marks)]bool // it does not
	for at := 0; ; {
		best := -1
		for i, form := range marks {
			if never[i] {
				continue
			}
			if next[i] == nil || next[i][0] < at {
				found := form.FindStringSubmatchIndex(s[at:])
				if found == nil {
					never[i] = true
					continue
				}
				for k := range found {
					found[k] += at
				}
				next[i] = found
			}
			if best < 0 || next[i][0] < next[best][0] {
				best = i
			}
		}
		if best < 0 {
			out.WriteString(html.EscapeString(s[at:]))
			return out.String()
		}
		var m []string
		for k := 0; k < len(next[best]); k += 2 {
			m = append(m, s[next[best][k]:next[best][k+1]])
		}
		out.WriteString(html.EscapeString(s[at:next[best][0]]))
		out.WriteString(mark(best, m, depth))
		at = next[best][1]
	}
}
