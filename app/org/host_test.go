package org_test

import (
	"testing"

	"parley/app/org"
)

func TestHost(t *testing.T) {
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
		got, err := org.Host(in)
		if err != nil && len(err.Error()) < 20 {
			t.Errorf("Host(%q) is refused without a reason: %v", in, err)
		}
		if got != want || (want == "") != (err != nil) {
			t.Errorf("Host(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestAllows(t *testing.T) {
	domains := []string{"shop.example", "*.shop.example"}
	for host, want := range map[string]string{
		"shop.example": "shop.example", "www.shop.example": "*.shop.example", "a.b.shop.example": "*.shop.example",
		"evilshop.example": "", "shop.example.evil": "", ".shop.example": "", "": "", "example": "",
	} {
		if got := org.Allows(domains, host); got != want {
			t.Errorf("Allows(%q) = %q, want %q", host, got, want)
		}
	}
	for origin, want := range map[string]string{"https://Shop.example:8443": "shop.example", "null": "", "": "", "file://": "", "http://[::1]:80": "::1"} {
		if got := org.OriginHost(origin); got != want {
			t.Errorf("OriginHost(%q) = %q, want %q", origin, got, want)
		}
	}
}
