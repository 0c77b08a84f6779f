package markup

import (
	"html"
	"strconv"
	"strings"
)

// RenderHTML draws a text. Everything that was typed is escaped.
func RenderHTML(list []Node) string {
	var b strings.Builder
	renderNodes(&b, list)
	return b.String()
}

var tags = map[Kind]string{Italic: "em", Bold: "strong", Quote: "blockquote", Bullets: "ul", Item: "li"}

func renderNodes(b *strings.Builder, list []Node) {
	for _, n := range list {
		switch n.Kind {
		case Text:
			b.WriteString(html.EscapeString(n.Text))
		case Code:
			b.WriteString("<code>" + html.EscapeString(n.Text) + "</code>")
		case Fence:
			b.WriteString("<pre>")
			if strings.HasPrefix(n.Text, "\n") {
				b.WriteByte('\n') // HTML leaves out the first one
			}
			b.WriteString(html.EscapeString(n.Text) + "</pre>")
		case BoldItalic:
			b.WriteString("<strong><em>")
			renderNodes(b, n.Children)
			b.WriteString("</em></strong>")
		case Address, Link:
			b.WriteString(
				`<a href="` + html.EscapeString(n.URL) + `" target="_blank" rel="noopener noreferrer nofollow">` + html.EscapeString(n.Text))
			renderNodes(b, n.Children)
			b.WriteString("</a>")
		case Numbers:
			renderNumbered(b, n.Children)
		default:
			b.WriteString("<" + tags[n.Kind] + ">")
			renderNodes(b, n.Children)
			b.WriteString("</" + tags[n.Kind] + ">")
		}
	}
}

// renderNumbered draws a numbered list: where it begins, and each number that does not follow from the one before.
func renderNumbered(b *strings.Builder, items []Node) {
	next := items[0].Number
	b.WriteString(`<ol start="` + strconv.Itoa(next) + `">`)
	for _, n := range items {
		if n.Number == next {
			b.WriteString("<li>")
		} else {
			b.WriteString(`<li value="` + strconv.Itoa(n.Number) + `">`)
		}
		next = n.Number + 1
		renderNodes(b, n.Children)
		b.WriteString("</li>")
	}
	b.WriteString("</ol>")
}

// RenderPlain is a text without its marks, for readers who see no formatting: names of links are followed by where they lead.
func RenderPlain(list []Node) string {
	var b strings.Builder
	for i, n := range list {
		if i > 0 && (n.Kind.isBlock() || list[i-1].Kind.isBlock()) {
			b.WriteByte('\n')
		}
		switch n.Kind {
		case Text, Code, Fence, Address:
			b.WriteString(n.Text)
		case Link:
			name, to := RenderPlain(n.Children), strings.TrimPrefix(n.URL, "mailto:")
			b.WriteString(name)
			if name != to && "https://"+name != to {
				b.WriteString(" (" + to + ")")
			}
		case Quote:
			b.WriteString("> " + strings.ReplaceAll(RenderPlain(n.Children), "\n", "\n> "))
		case Bullets, Numbers:
			for j, item := range n.Children {
				mark := "- "
				if n.Kind == Numbers {
					mark = strconv.Itoa(item.Number) + ". "
				}
				if j > 0 {
					b.WriteByte('\n')
				}
				b.WriteString(mark + strings.ReplaceAll(RenderPlain(item.Children), "\n", "\n"+strings.Repeat(" ", len(mark))))
			}
		default:
			b.WriteString(RenderPlain(n.Children))
		}
	}
	return b.String()
}

// isBlock reports whether a node stands by itself.
func (k Kind) isBlock() bool { return k == Fence || k == Quote || k == Bullets || k == Numbers }
