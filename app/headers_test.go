package main

import (
	"net/http"
	"strings"
	"testing"
)

// Headers are held in memory before anything is known of who sends them: there is room for few.
func TestHeadersAreBounded(t *testing.T) {
	t.Parallel()
	s := serveTest(t, nil)
	if s.http.IdleTimeout == 0 || s.http.ReadHeaderTimeout == 0 || s.http.WriteTimeout == 0 {
		t.Errorf("a connection may last for ever: %v %v %v", s.http.IdleTimeout, s.http.ReadHeaderTimeout, s.http.WriteTimeout)
	}
	req, err := http.NewRequest(http.MethodGet, s.url+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Large", strings.Repeat("x", 64<<10))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("64 kB of headers: %d", res.StatusCode)
	}
}
