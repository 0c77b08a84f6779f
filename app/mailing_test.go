package main

import (
	"net/url"
	"strings"
	"testing"
)

// The way back in a mail is one word: what a visitor's browser calls its page cannot go on as the mail's text, hide the
// site's name or lead elsewhere.
func TestLinkBack(t *testing.T) {
	t.Parallel()
	for page, want := range map[string]string{
		"https://shop.example/a?b=1&c=%20#top":            "https://shop.example/a?b=1&c=%20#parley=T",
		"http://shop.example":                             "http://shop.example#parley=T",
		"https://shop.example/?x Your account is closed":  "https://shop.example/?x%20Your%20account%20is%20closed#parley=T",
		"https://shop.example/?x\u00a0\u202eelpmaxe.live": "https://shop.example/?x%C2%A0%E2%80%AEelpmaxe.live#parley=T",
		"https://bank.example@shop.example/":              "https://shop.example/#parley=T",
		`https://shop.example/?<a href="x">`:              "https://shop.example/?%3Ca%20href=%22x%22%3E#parley=T",
		"javascript://shop.example/%0aalert(1)":           "",
		"data:text/html,x":                                "",
		"/cart":                                           "",
		"":                                                "",
		"https://shop.example/\r\n\r\nYour account":       "",
	} {
		if got := linkBack(page, ""); got != strings.TrimSuffix(want, "#parley=T") {
			t.Errorf("%q without a code: %q", page, got)
		}
		got := linkBack(page, "T")
		if got != want {
			t.Errorf("%q: %q, not %q", page, got, want)
		}
		if u, err := url.Parse(got); err != nil || got != "" && (u.Fragment != "parley=T" || len(strings.Fields(got)) != 1) {
			t.Errorf("%q: %q is no link (%v)", page, got, err)
		}
	}
}
