package page

import (
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxAddressLength is how many bytes an address may have that a log-in leads to.
const maxAddressLength = 4000

// IsLocalAddress reports whether an address is a path of this server, with or without a query and a fragment, however a browser reads it.
func IsLocalAddress(to string) bool {
	if len(to) > maxAddressLength || !utf8.ValidString(to) || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") ||
		strings.ContainsRune(to, '\\') || strings.ContainsFunc(to, unicode.IsControl) {
		return false
	}
	u, err := url.Parse(to)
	return err == nil && u.Scheme == "" && u.Host == "" && u.User == nil && !strings.HasPrefix(u.Path, "//") &&
		!strings.HasPrefix(u.Path, "/\\")
}

// logInAddress returns where somebody logs in who wants to be at an address.
func logInAddress(to string) string {
	if to = strings.ReplaceAll(to, "\\", "%5C"); !IsLocalAddress(to) {
		to = "/"
	}
	return "/login?next=" + url.QueryEscape(to)
}

// logInAgainAddress is logInAddress for somebody whose session has ended: the page says so.
func logInAgainAddress(to string) string {
	return strings.Replace(logInAddress(to), "?", "?ended=1&", 1)
}

// currentPage returns the path and query of the page that has sent a request by htmx; "/" if it does not say.
func currentPage(r *http.Request) string {
	u, err := url.Parse(r.Header.Get("HX-Current-URL"))
	if err != nil || u.Path == "" {
		return "/"
	}
	return u.RequestURI()
}
