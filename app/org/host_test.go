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
	} {
		got, err := org.Host(in)
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
