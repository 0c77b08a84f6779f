package followup

import (
	"net/url"
	"strings"
	"testing"
)

// The way back in a mail is one word: what a visitor's browser calls its page cannot go on as the mail's text, hide the
// site's name or lead elsewhere.
func TestWithReturnCode(t *testing.T) {
	t.Parallel()
	for page, want := range map[string]string{
		"https://shop.example/a?b=1&c=%20":                "https://shop.example/a?b=1&c=%20#parley=T",
		"http://shop.example":                             "http://shop.example#parley=T",
		"https://shop.example/?x Your account is closed":  "https://shop.example/?x%20Your%20account%20is%20closed#parley=T",
		"https://shop.example/?x\u00a0\u202eelpmaxe.live": "https://shop.example/?x%C2%A0%E2%80%AEelpmaxe.live#parley=T",
		"https://bank.example@shop.example/":              "https://shop.example/#parley=T",
		`https://shop.example/?<a href="x">`:              "https://shop.example/?%3Ca%20href=%22x%22%3E#parley=T",
		// The page's own fragment stays, and what follows it is of no harm to the page's script.
		"https://shop.example/a#top":                         "https://shop.example/a#top&parley=T",
		"https://shop.example/#/tea":                         "https://shop.example/#/tea?parley=T",
		"https://shop.example/#!/tea?sort=price":             "https://shop.example/#!/tea?sort=price&parley=T",
		"https://shop.example/#a=1&b=%20":                    "https://shop.example/#a=1&b=%20&parley=T",
		"https://shop.example/#/tea/grün Your account\u202e": "https://shop.example/#/tea/gr%C3%BCn%20Your%20account%E2%80%AE?parley=T",
		"https://shop.example/#/tea?parley=former":           "https://shop.example/#/tea?parley=T",
		"https://shop.example/#parley=former":                "https://shop.example/#parley=T",
		"https://shop.example/#access_token=secret&x=1":      "https://shop.example/#parley=T",
		"javascript://shop.example/%0aalert(1)":              "",
		"data:text/html,x":                                   "",
		"/cart":                                              "",
		"":                                                   "",
		"https://shop.example/\r\n\r\nYour account":          "",
	} {
		plain := strings.TrimRight(strings.TrimSuffix(want, "parley=T"), "#")
		if strings.HasSuffix(plain, "?") || strings.HasSuffix(plain, "&") {
			plain = plain[:len(plain)-1]
		}
		if got := withReturnCode(page, ""); got != plain {
			t.Errorf("%q without a code: %q", page, got)
		}
		got := withReturnCode(page, "T")
		if got != want {
			t.Errorf("%q: %q, not %q", page, got, want)
		}
		if u, err := url.Parse(got); err != nil ||
			got != "" && (!strings.HasSuffix(u.Fragment, "parley=T") || strings.Contains(u.RawQuery, "parley") ||
				len(strings.Fields(got)) != 1) {
			t.Errorf("%q: %q is no link (%v)", page, got, err)
		}
	}
}
