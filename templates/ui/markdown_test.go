package ui_test

import (
	"strings"
	"testing"

	"parley/templates/ui"
)

// What can be typed does no harm and costs no more than its length.
func TestMarkdownHarmless(t *testing.T) {
	t.Parallel()
	for _, s := range []string{`<script>alert(1)</script>`, `[x](javascript:alert(1))`, `[x](https://a.example/"onmouseover="x)`, "**<img src=x onerror=1>**", "`<b>`",
		`https://a.example/<script>`, "> <i>", "- <i>", "```\n<i>\n```", `[<b>](https://a.example)`, `_<b>_`} {
		out := ui.MarkdownHTML(s)
		for _, bad := range []string{"<script", "<img", "<b>", "<i>", `"javascript`, `"onmouse`} {
			if strings.Contains(out, bad) {
				t.Errorf("%q becomes %q", s, out)
			}
		}
	}
	for _, s := range []string{"*a", "_a", "`", "[a](", "*a*", "**", "https://a ", "[", "- a\n", "> "} {
		ui.MarkdownHTML(strings.Repeat(s, 4000/len(s)))
	}
}
