package ui

import (
	"context"
	"io"

	"github.com/a-h/templ"

	"parley/app/domain/conversation"
	"parley/app/platform/bidi"
	"parley/app/platform/markup"
)

// Markdown draws a formatted text, such as an agent's or an FAQ entry's; package markup says what is formatted. Everything that was
// typed is escaped. Directions end where the text ends.
func Markdown(s string) templ.Component { return raw(MarkdownHTML(s)) }

// MarkdownHTML is Markdown as a string.
func MarkdownHTML(s string) string { return markup.RenderHTML(markup.Parse(bidi.Balance(s))) }

// Literal draws a text as it was typed, with its links: a visitor's.
func Literal(s string) templ.Component { return raw(LiteralHTML(s)) }

// LiteralHTML is Literal as a string.
func LiteralHTML(s string) string { return markup.RenderHTML(markup.ParseLinks(bidi.Balance(s))) }

// MessageText draws a message's text by who wrote it.
func MessageText(m conversation.Message) templ.Component {
	if m.Author == conversation.ByVisitor {
		return Literal(m.Body)
	}
	return Markdown(m.Body)
}

// PlainText returns a formatted text without its marks, for mails and other readers without formatting: **bold** is bold, and
// [terms](https://shop.example/terms) is terms (https://shop.example/terms). Visitors' texts are plain already.
func PlainText(s string) string { return markup.RenderPlain(markup.Parse(s)) }

func raw(html string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, html)
		return err
	})
}
