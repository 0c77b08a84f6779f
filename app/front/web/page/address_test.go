package page

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// A log-in leads to addresses of this server only, with their query, however they are written.
func TestLocalAddress(t *testing.T) {
	t.Parallel()
	for to, own := range map[string]bool{
		"/":                               true,
		"/archive?q=green+tea&from=2026":  true,
		"/archive?q=a%2F%2Fb#m-1":         true,
		"/desk#pane-1":                    true,
		"/archive?next=https://x.example": true,
		"/a%5Cb":                          true,
		"":                                false,
		"review":                          false,
		"//evil.example":                  false,
		"///evil.example":                 false,
		`/\evil.example`:                  false,
		`\\evil.example`:                  false,
		"/%2Fevil.example":                false,
		"/%2f%2fevil.example":             false,
		"/%5Cevil.example":                false,
		"/\t/evil.example":                false,
		"/\n/evil.example":                false,
		"/\x00/evil.example":              false,
		"/\u0085/evil.example":            false,
		"/archive\r\nSet-Cookie: a=b":     false,
		" /desk":                          false,
		"https://evil.example/":           false,
		"javascript:alert(1)":             false,
		"/%zz":                            false,
		"/\xff":                           false,
		"/" + strings.Repeat("a", 5000):   false,
	} {
		if IsLocalAddress(to) != own {
			t.Errorf("%q: %v", to, !own)
		}
	}
}

// Who has to log in comes back to the page with its query, and by htmx to the page that has sent the request.
func TestLogInAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ to, want string }{
		{"/archive?q=a&tag=b", "/archive?q=a&tag=b"},
		{`/archive?q=a\b`, "/archive?q=a%5Cb"},
		{"//evil.example/?q=a", "/"},
		{"/" + strings.Repeat("a", 5000), "/"},
	} {
		u, err := url.Parse(logInAddress(c.to))
		if err != nil || u.Path != "/login" || u.Query().Get("next") != c.want {
			t.Errorf("%.100q leads to %.100q, %v", c.to, u, err)
		}
	}
	for current, want := range map[string]string{
		"https://chat.example/faq?q=tea&page=2#f": "/faq?q=tea&page=2",
		"https://chat.example":                    "/",
		"":                                        "/",
		":":                                       "/",
	} {
		r := httptest.NewRequest(http.MethodGet, "/monitor", nil)
		r.Header.Set("HX-Current-URL", current)
		if got := currentPage(r); got != want {
			t.Errorf("%q: %q", current, got)
		}
	}
}
