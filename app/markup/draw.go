package markup

import (
	"html"
	"strconv"
	"strings"
)

// HTML draws a text. Everything that was typed is escaped.
func HTML(list []Node) string {
	var b strings.Builder
	draw(&b, list)
	return b.String()
}

var tags = map[Kind]string{Italic: "em", Bold: "strong", Quote: "blockquote", Bullets: "ul", Item: "li"}

func draw(b *strings.Builder, list []Node) {
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
		case Both:
			b.WriteString("<strong><em>")
			draw(b, n.Kids)
			b.WriteString("</em></strong>")
		case Address, Link:
			b.WriteString(`<a href="` + html.EscapeString(n.To) + `" target="_blank" rel="noopener noreferrer nofollow">` + html.EscapeString(n.Text))
			draw(b, n.Kids)
			b.WriteString("</a>")
		case Numbers:
			numbers(b, n.Kids)
		default:
			b.WriteString("<" + tags[n.Kind] + ">")
			draw(b, n.Kids)
			b.WriteString("</" + tags[n.Kind] + ">")
		}
	}
}

// numbers draws a numbered list: where it begins, and each number that does not follow from the one before.
func numbers(b *strings.Builder, items []Node) {
	next := items[0].Number
	b.WriteString(`<ol start="` + strconv.Itoa(next) + `">`)
	for _, n := range items {
		if n.Number == next {
			b.WriteString("<li>")
		} else {
			b.WriteString(`<li value="` + strconv.Itoa(n.Number) + `">`)
		}
		next = n.Number + 1
		draw(b, n.Kids)
		b.WriteString("</li>")
	}
	b.WriteString("</ol>")
}

// Plain is a text without its marks, for readers who see no formatting: names of links are followed by where they lead.
func Plain(list []Node) string {
	var b strings.Builder
	for i, n := range list {
		if i > 0 && (n.Kind.block() || list[i-1].Kind.block()) {
			b.WriteByte('\n')
		}
		switch n.Kind {
		case Text, Code, Fence, Address:
			b.WriteString(n.Text)
		case Link:
			name, to := Plain(n.Kids), strings.TrimPrefix(n.To, "mailto:")
			b.WriteString(name)
			if name != to && "https://"+name != to {
				b.WriteString(" (" + to + ")")
			}
		case Quote:
			b.WriteString("> " + strings.ReplaceAll(Plain(n.Kids), "\n", "\n> "))
		case Bullets, Numbers:
			for j, item := range n.Kids {
				mark := "- "
				if n.Kind == Numbers {
					mark = strconv.Itoa(item.Number) + ". "
				}
				if j > 0 {
					b.WriteByte('\n')
				}
				b.WriteString(mark + strings.ReplaceAll(Plain(item.Kids), "\n", "\n"+strings.Repeat(" ", len(mark))))
			}
		default:
			b.WriteString(Plain(n.Kids))
		}
	}
	return b.String()
}

// block reports whether a node stands by itself.
func (k Kind) block() bool { return k == Fence || k == Quote || k == Bullets || k == Numbers }
