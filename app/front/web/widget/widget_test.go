package widget_test

import (
	"net/http"
	"testing"

	"parley/app/tools/testkit"
	"parley/app/tools/testkit/webtest"
)

// What the widget asks for without a socket.
func TestWidgetRequests(t *testing.T) {
	t.Parallel()
	s, o := webtest.Start(t), testkit.NewOrg(t)
	c := webtest.New(t, s)
	const ours = "https://shop.example"
	for _, x := range []struct {
		method, path, origin, body string
		status                     int
		shows                      string
	}{
		{"GET", "/widget/v1/site?key=" + o.Key, ours, "", http.StatusOK, `"greeting":"Hello from ` + o.Name},
		{"GET", "/widget/v1/site?key=" + o.Key + "&lang=de", ours, "", http.StatusOK, "Chat öffnen"},
		{"GET", "/widget/v1/site?key=" + o.Key, "https://elsewhere.example", "", http.StatusOK, `"refused"`},
		{"GET", "/widget/v1/site?key=unknown", ours, "", http.StatusOK, `"refused"`},
		{"POST", "/widget/v1/frames?key=" + o.Key, ours, "{}", http.StatusUnprocessableEntity, "The request is not a JSON array of frames."},
		{"POST", "/widget/v1/frames?key=" + o.Key, "https://elsewhere.example", "[]", http.StatusForbidden, ""},
		{"POST", "/widget/v1/return?key=" + o.Key, ours, "[]", http.StatusUnprocessableEntity, "The request is not a JSON object with a code."},
		{"POST", "/widget/v1/files?key=" + o.Key, ours, "text", http.StatusUnauthorized, ""},
		{"GET", "/widget/unknown.js", ours, "", http.StatusNotFound, ""},
	} {
		a := c.Do(x.method, x.path, x.body, "Origin", x.origin)
		c.Check(x.method+" "+x.path+" of "+x.origin, a, x.status, x.shows)
	}
	if a := c.Do(http.MethodOptions, "/widget/v1/files", "", "Origin", ours); a.Status != http.StatusNoContent || a.Header.Get("Access-Control-Allow-Origin") != ours {
		t.Errorf("preflight: %d %v", a.Status, a.Header)
	}
	first := c.Get("/widget.js")
	if a := c.Do(http.MethodGet, "/widget.js", "", "If-None-Match", first.Header.Get("Etag")); first.Status != http.StatusOK || a.Status != http.StatusNotModified {
		t.Errorf("the launcher: %d, then %d", first.Status, a.Status)
	}
}
