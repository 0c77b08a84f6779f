package org_test

import (
	"testing"

	"parley/app/domain/org"
)

func TestParseHost(t *testing.T) {
	for in, want := range map[string]string{
		"shop.example":                    "shop.example",
		" Shop.Example. ":                 "shop.example",
		"https://shop.example:8443/a?b=c": "shop.example",
		"*.shop.example":                  "*.shop.example",
		"localhost:8080":                  "localhost",
		"bücher.example":                  "xn--bcher-kva.example",
		"127.0.0.1:3000":                  "127.0.0.1",
		"[::1]:80":                        "::1",
		"http://[::1]:80/x":               "::1",
		"":                                "",
		"two words":                       "",
		"*.com":                           "",
		"a..b":                            "",
		"-x.example":                      "",
		"shop.example\x00":                "",
		"*":                               "",
		"*.*.example":                     "",
		"https://shop.example/":           "shop.example",
		"HTTPS://www.Shop.example":        "www.shop.example",
		"https://*.shop.example":          "*.shop.example",
		"shop.example:443":                "shop.example",
		"shop.example/":                   "shop.example",
		"https:/shop.example":             "",
		"http//x":                         "",
		"http//shop.example":              "",
		"ftp://shop.example":              "",
		"shop.example/path":               "",
		"shop.example?x=1":                "",
		"shop.example:https":              "",
		"shop.example:0":                  "",
		"shop.example, www.shop.example":  "",
		"me@shop.example":                 "",
		"//shop.example":                  "",
		"co.uk":                           "",
		"*.co.uk":                         "",
		"com":                             "",
		"*.github.io":                     "",
		"github.io":                       "",
		"https://netlify.app/x":           "",
		"*.me.github.io":                  "*.me.github.io",
		"me.github.io":                    "me.github.io",
		"*.shop.co.uk":                    "*.shop.co.uk",
		"*.xn--p1ai":                      "",
		"*.ck":                            "",
		"*.www.ck":                        "*.www.ck",
		"intranet":                        "intranet",
		"*.intranet":                      "",
		"1.2.3":                           "",
		"*.127.0.0.1":                     "",
		"münchen.example:8080":            "xn--mnchen-3ya.example",
		"shop_1.example":                  "",
		"shop.example\u200b":              "shop.example",
	} {
		got, err := org.ParseHost(in)
		if err != nil && len(err.Error()) < 20 {
			t.Errorf("Host(%q) is refused without a reason: %v", in, err)
		}
		if got != want || (want == "") != (err != nil) {
			t.Errorf("Host(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestMatchDomain(t *testing.T) {
	domains := []string{"shop.example", "*.shop.example"}
	for host, want := range map[string]string{
		"shop.example": "shop.example", "www.shop.example": "*.shop.example", "a.b.shop.example": "*.shop.example",
		"evilshop.example": "", "shop.example.evil": "", ".shop.example": "", "": "", "example": "",
	} {
		if got := org.MatchDomain(domains, host); got != want {
			t.Errorf("Allows(%q) = %q, want %q", host, got, want)
		}
	}
	for origin, want := range map[string]string{"https://Shop.example:8443": "shop.example", "null": "", "": "", "file://": "", "http://[::1]:80": "::1",
		"https://shop.example.": "shop.example", "https://shop.example.:443": "shop.example", "https://Bücher.example": "xn--bcher-kva.example", "https://XN--BCHER-KVA.example": "xn--bcher-kva.example",
		"https://my_shop.example": "my_shop.example", "https://shop.example//tea": "shop.example", "//shop.example/tea": "", "javascript://shop.example": ""} {
		if got := org.OriginHost(origin); got != want {
			t.Errorf("OriginHost(%q) = %q, want %q", origin, got, want)
		}
	}
}

func TestSameOrigin(t *testing.T) {
	for _, c := range []struct {
		origin, host string
		want         bool
	}{
		{"https://chat.example", "chat.example", true},
		{"https://chat.example.", "chat.example.", true},
		{"https://chat.example.", "chat.example", true},
		{"https://chat.example:443", "Chat.Example", true},
		{"http://chat.example", "chat.example:80", true},
		{"https://chat.example:8443", "chat.example:8443", true},
		{"http://[::1]:8080", "[::1]:8080", true},
		{"https://chat.example", "chat.example:8443", false},
		{"https://chat.example:8443", "chat.example", false},
		{"https://evil.example", "chat.example", false},
		{"https://chat.example.evil", "chat.example", false},
		{"null", "chat.example", false},
		{"", "", false},
		{"https://", "", false},
	} {
		if got := org.SameOrigin(c.origin, c.host); got != c.want {
			t.Errorf("SameOrigin(%q, %q) is %v", c.origin, c.host, got)
		}
	}
}

// What is a secret by its name is not stored; routes and places in fragments are.
func TestRedactAddress(t *testing.T) {
	for in, want := range map[string]string{
		"https://shop.example//tea?color=red#/cup/2?size=3":     "https://shop.example//tea?color=red#/cup/2?size=3",
		"https://shop.example/#reviews":                         "https://shop.example/#reviews",
		"https://shop.example/#access_token=abc&type=bearer":    "https://shop.example/#access_token=&type=bearer",
		"https://shop.example/#/login?id_token=abc":             "https://shop.example/#/login?id_token=",
		"https://shop.example/#/access_token=abc":               "https://shop.example/#/access_token=",
		"https://shop.example/reset?Token=abc&a=1#token=b":      "https://shop.example/reset?Token=&a=1#token=",
		"https://shop.example/?a=1&api_key=abc":                 "https://shop.example/?a=1&api_key=",
		"https://shop.example/?keyword=tea&postal=1&tokens=two": "https://shop.example/?keyword=tea&postal=1&tokens=two",
		"": "",
	} {
		if got := org.RedactAddress(in); got != want {
			t.Errorf("PageAddress(%q) = %q, want %q", in, got, want)
		}
	}
}
