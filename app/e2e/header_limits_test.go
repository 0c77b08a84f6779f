package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// TestHeaderLimit shows that large headers are refused: they are held in memory before anything is known of who
// sends them.
func TestHeaderLimit(t *testing.T) {
	t.Parallel()
	s := startServer(t, nil)
	if s.HTTP.IdleTimeout == 0 || s.HTTP.ReadHeaderTimeout == 0 || s.HTTP.WriteTimeout == 0 {
		t.Errorf("a connection may last for ever: %v %v %v", s.HTTP.IdleTimeout, s.HTTP.ReadHeaderTimeout, s.HTTP.WriteTimeout)
	}
	req, err := http.NewRequest(http.MethodGet, s.URL+"/healthz", nil)
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
