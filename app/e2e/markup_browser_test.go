package e2e

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"

	"parley/app/platform/markup"
	"parley/app/tools/testkit"
)

// TestBrowserMarkup shows that the widget draws texts as the desk does: the cases of package markup, random texts,
// and those that could take long.
func TestBrowserMarkup(t *testing.T) {
	t.Parallel()
	s := startServer(t, nil)
	tab := testkit.NewTab(t)
	tab.Go(s.URL + "/login")
	type text struct {
		Text    string
		Literal bool
		Want    string
	}
	var list []text
	add := func(s string) {
		list = append(list, text{s, false, markup.RenderHTML(markup.Parse(s))}, text{s, true, markup.RenderHTML(markup.ParseLinks(s))})
	}
	read := func(name string, into any) {
		b, err := os.ReadFile("../platform/markup/testdata/" + name)
		if err == nil {
			err = json.Unmarshal(b, into)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var cases []struct{ Text string }
	read("cases.json", &cases) // that they are drawn as they say is tested there
	for _, c := range cases {
		add(c.Text)
	}
	var pieces []string
	read("pieces.json", &pieces)
	random := rand.New(rand.NewPCG(3, 4))
	for range 4000 {
		var b strings.Builder
		for range 1 + random.IntN(25) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		add(b.String())
	}
	for _, s := range pieces {
		add(strings.Repeat(s, 4000/len(s)))
	}
	for _, s := range []string{
		"[a](https://", "**a *b _c ", " c_ b* a**", "https://a(", "a@", "`a``b```", "- a\n  b\n", "1. a\n", "> 5\n",
	} {
		add(strings.Repeat(s, 40_000/len(s)))
	}
	var source strings.Builder
	module := regexp.MustCompile(`(?m)^import .*$|^export (default )?`)
	for _, name := range []string{"dom", "format"} {
		code, err := os.ReadFile("../../widget/src/" + name + ".js")
		if err != nil {
			t.Fatal(err)
		}
		source.WriteString(module.ReplaceAllStringFunc(string(code), func(s string) string {
			if s == "export default " {
				return "const format = "
			}
			return ""
		}))
	}
	all, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	wrong := testkit.Eval[[]string](tab, `(() => { const loadStyles = 0; `+source.String()+`
		const plain = (s) => s.replace(/ (target|rel)="[a-z ]*"/g, "");
		return `+string(all)+`.map(({ Text, Literal, Want }) => {
			const t = document.createElement("template"), d = element("div", "", ...format(Text, Literal, element)), w = element("div");
			t.innerHTML = Want;
			w.append(t.content);
			return plain(d.innerHTML) === plain(w.innerHTML) ? "" : JSON.stringify(Text.slice(0, 200)) + (Literal ? " by a visitor" : "") + "\n widget " + d.innerHTML.slice(0, 2000) + "\n desk   " + w.innerHTML.slice(0, 2000);
		}).filter(Boolean); })()`)
	for i, w := range wrong {
		if i == 20 {
			t.Fatalf("and %d more", len(wrong)-i)
		}
		t.Error(w)
	}
}
