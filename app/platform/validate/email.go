package validate

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"parley/app/platform/fail"
)

// Email returns an address in the one form it is stored in: lower case, with an international domain in its ASCII form
// (xn--…), which every mail server takes and which shows look-alike letters for what they are. It accepts exactly one address,
// whose part before the @ is a dot-atom (RFC 5321 4.1.2, RFC 5322 3.2.3) of at most 64 bytes, 254 bytes in all: no display
// name, comment, quotes or IP address. Characters that mean something in a link, such as ? and &, are part of an address; who
// makes a link of it escapes them (ui.MailTo).
func Email(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", fail.New(fail.Invalid, "Enter an email address.")
	}
	if strings.ContainsFunc(s, isInvisible) {
		return "", fail.New(fail.Invalid,
			"The email address contains an invisible character. Type the address instead of pasting it.").WithReason("email")
	}
	at := strings.LastIndexByte(s, '@')
	if at < 0 || !utf8.ValidString(s) || !isDotAtom(s[:at]) {
		return "", errNotEmail()
	}
	host, ok := parseMailHost(s[at+1:])
	if !ok || at+1+len(host) > 254 {
		return "", errNotEmail()
	}
	return strings.ToLower(s[:at]) + "@" + host, nil
}

func errNotEmail() error {
	return fail.New(fail.Invalid, "This is not a valid email address. Example: anna@shop.example").WithReason("email")
}

// isDotAtom reports whether s can stand before the @ of an address without quotes.
func isDotAtom(s string) bool {
	if len(s) > 64 {
		return false
	}
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" || strings.ContainsFunc(atom, func(r rune) bool {
			return !isLetter(r) && !isDigit(r) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
		}) {
			return false
		}
	}
	return true
}

// parseMailHost returns the domain of an address in lower-case ASCII, and whether it is one: valid labels, at least two of them
// (but for localhost), and not a number at the end, as IP addresses have.
func parseMailHost(s string) (string, bool) {
	host, err := idna.Lookup.ToASCII(s)
	if err != nil || len(host) > 253 {
		return "", false
	}
	host = strings.ToLower(host)
	labels := strings.Split(host, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' ||
			strings.ContainsFunc(l, func(r rune) bool { return !isLetter(r) && !isDigit(r) && r != '-' }) {
			return "", false
		}
	}
	last := labels[len(labels)-1]
	return host, host == "localhost" || len(labels) > 1 && strings.ContainsFunc(last, isLetter)
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// isInvisible reports whether nobody can see r, or tell it from a common space: controls, format characters (those that change directions
// among them), separators of lines, other spaces, and what is drawn as nothing.
func isInvisible(r rune) bool {
	return r != ' ' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Zs,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) || r == '\u2800'
}
