package followup

import (
	"html"
	"strings"

	"parley/app/platform/bidi"
	"parley/app/platform/markup"
)

// formatTeamMessage returns a message of the team as the parts of a mail have it: formatted as in the chat, and as plain
// text without marks.
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
