package settings

import (
	"strings"
	"testing"

	"parley/app/platform/fail"
)

// A pattern that fits no page is mended where its meaning is plain, else refused.
func TestPagePatterns(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "/": "/", "/checkout": "/checkout", "/shop/*": "/shop/*", "*/checkout": "*/checkout", "*.pdf": "*.pdf", "*": "*", "/a,b;c": "/a,b;c",
		"checkout": "/checkout", "shop/*": "/shop/*", "index.html": "/index.html", "https://shop.example/checkout": "/checkout",
		"HTTP://shop.example:8080/shop/*?utm=1#top": "/shop/*", "https://shop.example": "/", "https://shop.example?x": "/", "//shop.example/a": "/a", "https://*.shop.example/a": "/a", `\checkout`: "/checkout",
		"/über uns": "/%C3%BCber%20uns", "/%C3%BCber": "/%C3%BCber",
		"shop.example/checkout": "!domain", "shop.com": "!domain", "*.shop.example/a": "!domain", "localhost:8080/a": "!domain", "ftp://shop.example/a": "!ftp", "/a#b": "!#", "https://shop.example/#/tea": "!#",
		"/a?step=2": "!?", "/a, /b": "!one pattern", "/a /b": "!one pattern", "/a|/b": "!one pattern", "https://a.example/b https://a.example/c": "!one pattern", "^/checkout": "!character", "/shop/{id}": "!character",
	} {
		got, err := pagePattern(in)
		if why, refused := strings.CutPrefix(want, "!"); refused {
			if err == nil || !strings.Contains(err.Error(), why) || !strings.Contains(err.Error(), "/checkout") {
				t.Errorf("%q is %q (%v), and not refused for %q", in, got, err, why)
			}
		} else if err != nil || got != want {
			t.Errorf("%q is %q (%v), not %q", in, got, err, want)
		}
		if again, err := pagePattern(got); err != nil || again != got {
			t.Errorf("%q, once mended, becomes %q (%v)", got, again, err)
		}
	}
	s := Default()
	s.Greetings.List = []Greeting{{Text: "Hello", Page: "https://shop.example/checkout"}, {Text: "Hello", Page: "/a?b"}}
	s.Invitation = Invitation{Text: "Hi", Page: "checkout"}
	e := fail.As(s.check(nil))
	if e == nil || len(e.Fields) != 1 || e.Fields["greeting-1-page"] == "" || s.Greetings.List[0].Page != "/checkout" || s.Invitation.Page != "/checkout" {
		t.Errorf("%v: %+v", e, s)
	}
}

// What a browser takes for no selector is refused; what only newer browsers know is not.
func TestCheckSelector(t *testing.T) {
	t.Parallel()
	for _, s := range []string{".contact-us", "#help", "a", "*", "a, .b", "a > b + c ~ d", `a[href="#chat"]`, `a[href^='/help' i]`, "[data-chat]", "[data-x=y s]", "a:not(.b):hover", "div:has(> img)", ":is(a, button).chat",
		"li:nth-child(2n + 1 of .b)", `.md\:flex`, `#\31 23`, ".w-1\\/2", ".grün", ":root .a", "a:focus-visible", `a[title="a ] ( b"]`, ".--x", "nav a:not([href*=\"(\"], .b)", ":where(.a) b", "my-element", "A:lang(de)"} {
		if err := checkSelector(s); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
	for _, s := range []string{"div:::", "a[b", "a]b", "a[b]]", "a(", "a)", ":not(a", "a:not()", "a:", ".", "#", "..a", "a,,b", "a,", ",a", "a >", "> a", "a > > b", "#1a", ".2a", "a::before", `a[b="c]`, `a"b"`, "<button>",
		"a{color:red}", "$x", "a:contains(b)", "button:visible", "a:first", "a[b!=c]", "@media", `a\`, ":not(div:::)", "a:hover(b)", "a:not", "a b]", "/help", "https://shop.example/chat"} {
		if err := checkSelector(s); err == nil {
			t.Errorf("%q is taken for a selector", s)
		}
	}
	s := Default()
	s.Appearance.LauncherSelector = "div:::"
	if e := fail.As(s.check(nil)); e == nil || e.Fields["own"] == "" {
		t.Errorf("%v", e)
	}
}

// What stands in braces in a mail's headers is a placeholder with both of its braces, and what stands before a text is a language.
func TestMailPlaceholdersAndLanguages(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{"{website": "“{website” is not closed", "The {website} and {domain": "“{domain” is not closed", "website}": "a } without a {", "{site}": "placeholder {site} does not exist", "{website}": ""} {
		m := Mail{Sender: text, ReplySubject: MailSubject{Text: text, Translations: map[string]string{"de": text}}}
		e := fail.As(m.Check())
		for _, field := range []string{"sender", "answer_subject", "answer_subjects"} {
			if says == "" && e != nil || says != "" && (e == nil || !strings.Contains(e.Fields[field], says)) {
				t.Errorf("%q, %s: %v", text, field, e)
			}
		}
	}
	s := Default()
	s.PreChat.Questions = []Question{{Kind: "text", Label: "Name?", Labels: map[string]string{"xx": "Hallo"}}}
	s.Texts = Texts{"xx": {"write": "Hallo"}}
	s.Mail.ReplySubject.Translations = map[string]string{"xx": "Hallo"}
	e := fail.As(s.check(nil))
	for _, field := range []string{"question-0-labels", "texts", "answer_subjects"} {
		if e == nil || !strings.Contains(e.Fields[field], "“xx” is not a valid language.") {
			t.Errorf("%s: %v", field, e)
		}
	}
}
