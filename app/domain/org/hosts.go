package org

import (
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"parley/app/platform/fail"
	"parley/app/platform/validate"
)

var hostName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

var errNotADomain = fail.New(fail.Invalid, "This is not a valid domain. Examples: shop.example, *.shop.example, localhost")

// ParseHost brings what a person enters as a domain into the form it is stored in: lower case, punycode. What is unmistakable is
// mended: the whole address of a page has one host, a port belongs to no domain, nor does a dot at the end. Anything else is
// refused with the reason. "*.shop.example" allows every name below shop.example (but not shop.example itself); under a public
// suffix such as co.uk there are other people's websites, so that it cannot be one.
func ParseHost(s string) (string, error) {
	if strings.ContainsFunc(strings.TrimSpace(s), unicode.IsControl) {
		return "", errNotADomain
	}
	s, err := validate.Line("a domain, for example shop.example", s, 300)
	if err != nil {
		return "", err
	}
	scheme, name, has := strings.Cut(s, "://")
	if !has {
		name = s
	} else if l := strings.ToLower(scheme); l != "https" && l != "http" {
		return "", fail.New(fail.Invalid, "Website addresses do not begin with %s://. Enter only the domain, for example shop.example", scheme)
	}
	if has { // of the address of a page only the host counts
		if at := strings.IndexAny(name, "/?#"); at >= 0 {
			name = name[:at]
		}
	}
	name = strings.TrimSuffix(name, "/")
	if a, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return a.Unmap().String(), nil
	}
	host, rest := name, ""
	if at := strings.IndexAny(name, "/?#"); at >= 0 {
		host, rest = name[:at], name[at:]
	}
	switch {
	case strings.ContainsFunc(s, unicode.IsSpace):
		return "", fail.New(fail.Invalid, "A domain cannot contain spaces. Add one domain at a time, for example shop.example")
	case strings.Contains(host, "@"):
		return "", fail.New(fail.Invalid, "A domain cannot contain @. Enter the part after it, for example shop.example")
	case rest != "" && (host == "http:" || host == "https:" || host == "http" || host == "https"):
		return "", fail.New(fail.Invalid, "“%s” is not an address or a domain. Enter only the domain, for example shop.example", s)
	case rest != "":
		return "", fail.New(fail.Invalid, "A domain has no path. Remove “%s”: the chat is shown on all pages of the domain.", shortened(rest))
	}
	if at := strings.LastIndex(host, ":"); at >= 0 {
		if n, err := strconv.Atoi(host[at+1:]); err != nil || n < 1 || n > 65535 {
			return "", fail.New(fail.Invalid, "“%s” is not a valid port. Enter only the domain, for example shop.example", shortened(host[at+1:]))
		}
		host = host[:at]
	}
	star := strings.HasPrefix(host, "*.")
	host = strings.TrimSuffix(strings.TrimPrefix(host, "*."), ".")
	if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil && !star {
		return a.Unmap().String(), nil
	}
	ascii, err := idna.Lookup.ToASCII(host)
	if err != nil || len(ascii) > 253 || !hostName.MatchString(ascii) || numericEnding.MatchString(ascii) {
		return "", errNotADomain
	}
	suffix, listed := publicsuffix.PublicSuffix(ascii)
	switch {
	case star && !strings.Contains(ascii, "."):
		return "", fail.New(fail.Invalid, "A pattern needs a domain name after *, for example *.shop.example")
	case star && suffix == ascii:
		return "", fail.New(fail.Invalid, "Anyone can have a website under %s. Add your own name, for example *.shop.%s", DisplayHost(ascii), DisplayHost(ascii))
	case suffix == ascii && (listed || strings.Contains(ascii, ".")): // such as github.io, below which others have their websites
		return "", fail.New(fail.Invalid, "%s is a domain ending, not a domain. Add your own name, for example shop.%s", DisplayHost(ascii), DisplayHost(ascii))
	}
	if star {
		ascii = "*." + ascii
	}
	return ascii, nil
}

// numericEnding is what looks like an address of four numbers, but is none.
var numericEnding = regexp.MustCompile(`(^|\.)[0-9]+$`)

func shortened(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// DisplayHost is a domain as people write it, with its letters instead of punycode.
func DisplayHost(host string) string {
	star, name := "", host
	if strings.HasPrefix(host, "*.") {
		star, name = "*.", host[2:]
	}
	if shown, err := idna.Display.ToUnicode(name); err == nil {
		return star + shown
	}
	return host
}

// MatchDomain returns the domain that lets host show the widget, or "" if none does.
func MatchDomain(domains []string, host string) string {
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

// SameOrigin reports whether a request with an Origin header comes from the address to which it was sent (its Host header): the
// same host and port, however they are written.
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

// secretParameter finds what must not be stored of a page's address: the values of parameters in its query or fragment that are
// secrets by their names. The widget leaves the same away (widget/src/config.js).
var secretParameter = regexp.MustCompile(`(?i)([?&#/;][\w.-]*(?:token|secret|passw\w*|code|session|key)=)[^&#]*`)

// RedactAddress returns the address of a visitor's page without the values of secrets in its query and fragment
// ("#access_token=…"). What else is in a fragment stays: it may be a route of the page's script, as "#/tea" is.
func RedactAddress(address string) string { return secretParameter.ReplaceAllString(address, "$1") }
