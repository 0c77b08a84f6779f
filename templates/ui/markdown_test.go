package ui_test

import (
	"strings"
	"testing"

	"parley/templates/ui"
)

// What can be typed does no harm and costs no more than its length.
func TestMarkdownEscapesHTML(t *testing.T) {
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

// A link that writes a mail has one address: what the visitor's or the agent's mail program would send elsewhere is text.
func TestMarkdownMailLinks(t *testing.T) {
	t.Parallel()
	if out := ui.MarkdownHTML("[us](mailto:a.b+c@shop.example)"); !strings.Contains(out, `href="mailto:a.b+c@shop.example"`) {
		t.Errorf("an address is no link: %s", out)
	}
	for _, to := range []string{"a@shop.example?bcc=spy@evil.example", "?bcc=spy@evil.example", "?to=a@shop.example", "a@shop.example,b@evil.example", "a@shop.example;b@evil.example",
		"a@shop.example%2Cb@evil.example", "a%3Fbcc=b@evil.example", "a@b@evil.example", "a@shop.example&bcc=b@evil.example", "a@shop.example#x", "a"} {
		if out := ui.MarkdownHTML("[us](mailto:" + to + ")"); strings.Contains(out, "<a ") {
			t.Errorf("%s is a link: %s", to, out)
		}
	}
}
