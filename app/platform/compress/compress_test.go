package compress_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"

	"parley/app/platform/compress"
)

// get asks a handler as a browser that sends an Accept-Encoding itself; it returns the answer and its body, decoded.
func get(t *testing.T, h http.Handler, accept string) (*http.Response, string) {
	t.Helper()
	s := httptest.NewServer(h)
	defer s.Close()
	req, err := http.NewRequest(http.MethodGet, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", accept)
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var r io.Reader = res.Body
	switch res.Header.Get("Content-Encoding") {
	case "gzip":
		if r, err = gzip.NewReader(res.Body); err != nil {
			t.Fatal(err)
		}
	case "br":
		r = brotli.NewReader(res.Body)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b)
}

func TestHandler(t *testing.T) {
	long := strings.Repeat("A long answer. ", 200)
	for name, c := range map[string]struct {
		kind, body, encoded, accept string
		compressed                  string // Content-Encoding
	}{
		"a page":                     {kind: "text/html; charset=utf-8", body: long, accept: "gzip, deflate, br, zstd", compressed: "gzip"},
		"a short page":               {kind: "text/html", body: "short", accept: "gzip"},
		"for a client without":       {kind: "text/html", body: long, accept: "identity"},
		"refused by the client":      {kind: "text/html", body: long, accept: "gzip;q=0"},
		"a picture":                  {kind: "image/png", body: long, accept: "gzip"},
		"a download":                 {kind: "application/octet-stream", body: long, accept: "gzip"},
		"an export":                  {kind: "text/csv; charset=utf-8", body: long, accept: "gzip", compressed: "gzip"},
		"JSON":                       {kind: "application/json", body: long, accept: "gzip", compressed: "gzip"},
		"what is compressed already": {kind: "text/css", body: long, encoded: "identity", accept: "gzip", compressed: "identity"},
	} {
		res, body := get(t, compress.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", c.kind)
			if c.encoded != "" {
				w.Header().Set("Content-Encoding", c.encoded)
			}
			io.WriteString(w, c.body)
		})), c.accept)
		if got := res.Header.Get("Content-Encoding"); got != c.compressed || body != c.body {
			t.Errorf("%s: Content-Encoding %q, not %q; %d bytes", name, got, c.compressed, len(body))
		}
		if !strings.Contains(res.Header.Get("Vary"), "Accept-Encoding") && c.compressed == "gzip" {
			t.Errorf("%s: a cache is not told that the answer depends on Accept-Encoding", name)
		}
	}
}

// A handler that writes piece by piece, and flushes, is read piece by piece.
func TestHandlerFlushes(t *testing.T) {
	next := make(chan struct{})
	s := httptest.NewServer(compress.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/csv")
		io.WriteString(w, "one\n")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		<-next
		io.WriteString(w, "two\n")
	})))
	defer s.Close()
	res, err := s.Client().Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b := make([]byte, 4)
	if _, err := io.ReadFull(res.Body, b); err != nil || string(b) != "one\n" {
		t.Fatalf("%q, %v", b, err)
	}
	close(next)
	if rest, err := io.ReadAll(res.Body); err != nil || string(rest) != "two\n" {
		t.Fatalf("%q, %v", rest, err)
	}
}

func TestFile(t *testing.T) {
	long, short := compress.NewFile([]byte(strings.Repeat("body { color: red }\n", 200))), compress.NewFile([]byte("short"))
	for accept, want := range map[string]string{
		"gzip, deflate, br, zstd": "br",
		"br;q=0, gzip":            "gzip",
		"GZIP;q=0.5":              "gzip",
		"gzip;q=0":                "",
		"brotli":                  "",
		"":                        "",
	} {
		res, body := get(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := long.Serve(w, r, "text/css; charset=utf-8"); err != nil {
				t.Error(err)
			}
		}), accept)
		if got := res.Header.Get("Content-Encoding"); got != want || body != string(long.Plain) {
			t.Errorf("%q: Content-Encoding %q, not %q; %d bytes", accept, got, want, len(body))
		}
		if want != "" && res.ContentLength >= int64(len(long.Plain)) {
			t.Errorf("%q: %d bytes were sent", accept, res.ContentLength)
		}
	}
	if _, encoding := short.Encode("br, gzip"); encoding != "" {
		t.Errorf("a short file is sent as %q", encoding)
	}
}
