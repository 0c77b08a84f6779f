package markup_test

import (
	"encoding/json"
	"html"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"parley/app/platform/markup"
)

// testCase is a case of testdata/cases.json: a text, who wrote it (visitor, staff, which is the default, or both) and
// what it looks like. Links are written without target and rel. app/e2e/markup_browser_test.go runs the same in a
// browser.
type testCase struct {
	Text string `json:"text"`
	By   string `json:"by"`
	HTML any    `json:"html"` // a text, or one for each who writes
}

func loadCases(t *testing.T) []testCase {
	t.Helper()
	b, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []testCase
	if err := json.Unmarshal(b, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func (c testCase) want(by string) (string, bool) {
	if c.By != by && c.By != "both" && (c.By != "" || by != "staff") || c.HTML == nil {
		return "", false
	}
	if s, is := c.HTML.(string); is {
		return s, true
	}
	return c.HTML.(map[string]any)[by].(string), true
}

var parsers = map[string]func(string) []markup.Node{"visitor": markup.ParseLinks, "staff": markup.Parse}

var attributes = regexp.MustCompile(` target="_blank" rel="[a-z ]+"`)

func TestCases(t *testing.T) {
	t.Parallel()
	for _, c := range loadCases(t) {
		for by, parse := range parsers {
			want, is := c.want(by)
			if !is {
				continue
			}
			got := attributes.ReplaceAllString(markup.RenderHTML(parse(c.Text)), "")
			if html.UnescapeString(got) != html.UnescapeString(want) {
				t.Errorf("%s: %q\n is   %s\n not  %s", by, c.Text, got, want)
			}
		}
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"**bold** _it_ `code` 2*3":                                "bold it code 2*3",
		"[terms](https://x.example/t) and https://x.example":      "terms (https://x.example/t) and https://x.example",
		"[us](mailto:a@x.example) a@x.example www.x.example":      "us (a@x.example) a@x.example www.x.example",
		"so:\n- **one**\n- two\n  more\nend":                      "so:\n- one\n- two\n  more\nend",
		"9. nine\n10. ten\n    more":                              "9. nine\n10. ten\n    more",
		"> *said*\n> so\nyes":                                     "> said\n> so\nyes",
		"a\n```\n**x**\n```\nb":                                   "a\n**x**\nb",
		"- one\n  - a\n  - b\n- two":                              "- one\n  - a\n  - b\n- two",
		"24. Dezember passt, 2) and 3), >3 weeks, snake_case, :*": "24. Dezember passt, 2) and 3), >3 weeks, snake_case, :*",
	} {
		if got := markup.RenderPlain(markup.Parse(text)); got != want {
			t.Errorf("%q is %q, not %q", text, got, want)
		}
	}
}

// What was typed is still there, in its order: letters, digits, and in a visitor's text everything.
func TestTextIsPreserved(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/pieces.json")
	if err != nil {
		t.Fatal(err)
	}
	var pieces []string
	if err := json.Unmarshal(b, &pieces); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		var s strings.Builder
		for range 1 + random.IntN(25) {
			s.WriteString(pieces[random.IntN(len(pieces))])
		}
		check(t, s.String())
	}
}

func FuzzTextIsPreserved(f *testing.F) {
	f.Add("2*3m and 4*5m\n24. Dezember\n- 5 °C\n> 3 [x](https://x.example/a_(b)) a@x.example")
	f.Fuzz(func(t *testing.T, s string) { check(t, strings.ToValidUTF8(s, "")) })
}

func check(t *testing.T, s string) {
	t.Helper()
	if got := strings.ReplaceAll(visibleText(markup.ParseLinks(s)), "\n", ""); got != strings.ReplaceAll(s, "\n", "") {
		t.Fatalf("a visitor's %q is shown as %q", s, got)
	}
	if typed, got := nonMarkText(s), nonMarkText(visibleText(markup.Parse(s))); typed != got {
		t.Fatalf("%q is shown as %q\n%q, not\n%q", s, markup.RenderHTML(markup.Parse(s)), got, typed)
	}
}

// visibleText is what of a text is seen, and with it where named links lead, if they have been read.
func visibleText(list []markup.Node) string {
	var b strings.Builder
	for _, n := range list {
		for _, item := range n.Children {
			if n.Kind == markup.Numbers {
				b.WriteString(strconv.Itoa(item.Number))
			}
			b.WriteString(visibleText([]markup.Node{item}))
		}
		b.WriteString(n.Text)
		if n.Kind == markup.Link {
			b.WriteString(n.URL)
		}
		if n.Kind != markup.Text {
			b.WriteString("\n")
		}
	}
	return b.String()
}

var added = regexp.MustCompile(`(?i)https?|mailto`)

// nonMarkText is what of a text can never be a mark.
func nonMarkText(s string) string {
	return added.ReplaceAllString(strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.L, unicode.N, unicode.S) && !strings.ContainsRune("`>", r) || strings.ContainsRune(`%&#@§\,;?`, r) {
			return r
		}
		return -1
	}, s), "")
}

// Time is linear in the length: with so many characters anything else takes minutes.
func TestParseIsLinear(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"*a", "_a", "`", "`a``b```c````", "[a](", "*a*", "**", "https://a ", "https://a(", "https://a)", "https://a_",
		"[", "- a\n", "- 5\n", "> ", "> 5\n", ">\n", "> a\n>\n", "1. a\n", "1. a\n3) b\n", "```\n", "```a\n",
		"- a\n  - b\n", "- a\n  b\n", "  - b\n   - c\n", "a@", "a.", "a@b.", "www.", "www.a", "www.a_", "[a](https://",
		"[a](https://b", "[a](mailto:", "[a](mailto:a@b", "(", "((", ")", "*(", "*(((", "*!!!", "*_", "*_a", "a*_",
		"**a *b _c ", " c_ b* a**", "h", "w", "https://", "''''", "a''", "a@b.cc", "a@b.c1", "\n", "\n\n", "*a\n\n",
		"「", "谢", "谢a", "https://谢a/",
	} {
		for _, text := range []string{
			strings.Repeat(s, 100_000/len(s)),
			strings.Repeat(s, 10_000/len(s)) + strings.Repeat(")", 10_000),
			"*" + strings.Repeat(s, 20_000/len(s)) + "*",
		} {
			markup.RenderHTML(markup.Parse(text))
			markup.RenderHTML(markup.ParseLinks(text))
		}
	}
}
