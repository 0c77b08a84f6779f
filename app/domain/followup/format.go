package followup

import (
	"html"
	"strconv"
	"strings"

	nethtml "golang.org/x/net/html"

	"parley/app/platform/bidi"
	"parley/app/platform/markup"
)

// formatTeamMessage returns a message of the team as the parts of a mail have it: formatted as in the chat, and as plain text without marks.
func formatTeamMessage(text string) (formatted, plain string) {
	h := markup.RenderHTML(markup.Parse(bidi.Balance(text)))
	return styleForMail(h), plainText(h)
}

// formatVisitorMessage returns a visitor's message as the parts of a mail have it: as it was typed.
func formatVisitorMessage(text string) (formatted, plain string) {
	return breakLines(html.EscapeString(bidi.Balance(text))), text
}

// breakLines makes ends of lines visible.
func breakLines(escaped string) string { return strings.ReplaceAll(escaped, "\n", "<br>\n") }

const preTag = `<pre style="margin:8px 0;white-space:pre-wrap;font-family:monospace">`

var inlineStyles = strings.NewReplacer(
	"<ul>", `<ul style="margin:8px 0;padding:0 24px">`,
	"<blockquote>", `<blockquote style="margin:8px 0;padding:0 12px;border:0 solid #808080;border-width:0 2px">`,
)

// styleForMail gives the HTML of a message the look of a mail: mail programs know neither the chat's stylesheet nor its white space.
func styleForMail(h string) string {
	var out strings.Builder
	for h != "" {
		before, rest, code := strings.Cut(h, "<pre>")
		before = strings.NewReplacer("\n</blockquote>", "</blockquote>").Replace(before)
		out.WriteString(strings.ReplaceAll(breakLines(inlineStyles.Replace(before)), "<ol", `<ol style="margin:8px 0;padding:0 24px"`))
		if !code {
			break
		}
		inside, after, _ := strings.Cut(rest, "</pre>")
		out.WriteString(preTag + inside + "</pre>")
		h = after
	}
	return out.String()
}

// plainText writes the HTML of a message as plain text: what is bold loses its marks, links show where they lead, lists and quotes keep
// their signs. It reads what markup.RenderHTML writes, so that both parts of a mail follow one grammar.
func plainText(h string) string {
	var out strings.Builder
	var lists []int // the next number of each list that is open; -1: bullets
	var href, label string
	inLink, quote := false, false
	begin := func() { // of a block: on a line of its own
		if s := out.String(); s != "" && !strings.HasSuffix(s, "\n") {
			out.WriteByte('\n')
		}
	}
	write := func(s string) {
		if inLink {
			label += s
		}
		for i, part := range strings.Split(s, "\n") {
			if i > 0 {
				out.WriteByte('\n')
			}
			if s := out.String(); quote && part != "" && (s == "" || strings.HasSuffix(s, "\n")) {
				out.WriteString("> ")
			}
			out.WriteString(part)
		}
	}
	for z := nethtml.NewTokenizer(strings.NewReader(h)); ; {
		kind := z.Next()
		if kind == nethtml.ErrorToken {
			return strings.Trim(out.String(), "\n")
		}
		t := z.Token()
		attr := func(name string) string {
			for _, a := range t.Attr {
				if a.Key == name {
					return a.Val
				}
			}
			return ""
		}
		switch {
		case kind == nethtml.TextToken:
			write(t.Data)
		case kind == nethtml.StartTagToken && t.Data == "a":
			href, label, inLink = attr("href"), "", true
		case kind == nethtml.EndTagToken && t.Data == "a":
			inLink = false
			if bare := strings.TrimPrefix(href, "mailto:"); href != label && bare != label && !strings.HasSuffix(href, "://"+label) {
				write(" (" + bare + ")")
			}
		case kind == nethtml.StartTagToken && (t.Data == "ul" || t.Data == "ol"):
			begin()
			n := -1
			if t.Data == "ol" {
				n = 1
				if start, err := strconv.Atoi(attr("start")); err == nil {
					n = start
				}
			}
			lists = append(lists, n)
		case kind == nethtml.StartTagToken && t.Data == "li":
			begin()
			if len(lists) == 0 {
				break
			}
			n := &lists[len(lists)-1]
			if value, err := strconv.Atoi(attr("value")); err == nil && *n >= 0 {
				*n = value
			}
			if *n < 0 {
				out.WriteString("- ")
			} else {
				out.WriteString(strconv.Itoa(*n) + ". ")
				*n++
			}
		case kind == nethtml.EndTagToken && (t.Data == "ul" || t.Data == "ol") && len(lists) > 0:
			lists = lists[:len(lists)-1]
			begin()
		case t.Data == "blockquote":
			begin()
			quote = kind == nethtml.StartTagToken
		case t.Data == "pre" || t.Data == "p" || t.Data == "div":
			begin()
		case t.Data == "br":
			write("\n")
		}
	}
}
