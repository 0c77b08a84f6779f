package widget

import "net/http"

// Origin returns where a widget's request comes from. A browser leaves the header Origin away on a GET to the page's
// own origin, and says so.
func Origin(r *http.Request) string {
	if origin := r.Header.Get("Origin"); origin != "" {
		return origin
	}
	if r.Header.Get("Sec-Fetch-Site") == "same-origin" {
		return "http://" + r.Host
	}
	return ""
}
