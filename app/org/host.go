package org

import (
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/net/idna"

	"parley/app/fail"
)

var hostName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// Host brings what a person enters as a domain into the form it is kept in: lower case, punycode, without scheme, port and
// path. "*.shop.example" allows every name below shop.example (but not shop.example itself).
func Host(s string) (string, error) {
	bad := fail.New(fail.Invalid, "This is not a domain. Examples: shop.example, *.shop.example, localhost")
	if strings.ContainsFunc(strings.TrimSpace(s), unicode.IsControl) {
		return "", bad
	}
	s, err := fail.Line("a domain, for example shop.example", s, 300)
	if err != nil {
		return "", err
	}
	if strings.Contains(s, "://") {
		u, err := url.Parse(s)
		if err != nil {
			return "", bad
		}
		s = u.Host
	}
	s, _, _ = strings.Cut(s, "/")
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return a.String(), nil
	}
	if at := strings.LastIndex(s, ":"); at >= 0 {
		s = s[:at]
	}
	star := strings.HasPrefix(s, "*.")
	s = strings.TrimSuffix(strings.TrimPrefix(s, "*."), ".")
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil && !star {
		return a.String(), nil
	}
	ascii, err := idna.Lookup.ToASCII(s)
	if err != nil || len(ascii) > 253 || !hostName.MatchString(ascii) {
		return "", bad
	}
	if star {
		if !strings.Contains(ascii, ".") {
			return "", fail.New(fail.Invalid, "A pattern needs a name and an ending, for example *.shop.example")
		}
		ascii = "*." + ascii
	}
	return ascii, nil
}

// ShowHost is a domain as people write it, with its letters instead of punycode.
func ShowHost(host string) string {
	star, name := "", host
	if strings.HasPrefix(host, "*.") {
		star, name = "*.", host[2:]
	}
	if shown, err := idna.Display.ToUnicode(name); err == nil {
		return star + shown
	}
	return host
}

// Allows returns the domain that lets host show the widget, or "" if none does.
func Allows(domains []string, host string) string {
	for _, d := range domains {
		if d == host || strings.HasPrefix(d, "*.") && strings.HasSuffix(host, d[1:]) && len(host) > len(d)-1 {
			return d
		}
	}
	return ""
}

// OriginHost returns the host of an Origin header or of a page's address, in the form in which domains are stored: lower case, punycode,
// without the dot that ends a full name. "https://Shop.example.:8443" gives shop.example; what is not on the web gives "".
func OriginHost(origin string) string {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		return ascii
	}
	return host
}

// SameOrigin reports whether a request with an Origin header comes from the address to which it was sent (its Host header): the same host and
// port, however they are written.
func SameOrigin(origin, host string) bool {
	u, err := url.Parse(origin)
	if err != nil || OriginHost(origin) == "" {
		return false
	}
	to, err := url.Parse(u.Scheme + "://" + host)
	return err == nil && OriginHost(origin) == OriginHost(to.String()) && portOf(u) == portOf(to)
}

func portOf(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return map[string]string{"http": "80", "https": "443"}[u.Scheme]
}

// secret finds what must not be stored of a page's address: the values of parameters in its query or fragment that are secrets by their
// names. The widget leaves the same away (widget/src/given.js).
var secret = regexp.MustCompile(`(?i)([?&#/;][\w.-]*(?:token|secret|passw\w*|code|session|key)=)[^&#]*`)

// PageAddress returns the address of a visitor's page without the values of secrets in its query and fragment ("#access_token=…"). What else
// is in a fragment stays: it may be a route of the page's script, as "#/tea" is.
func PageAddress(address string) string { return secret.ReplaceAllString(address, "$1") }
