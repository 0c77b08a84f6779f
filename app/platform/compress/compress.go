// Package compress sends answers in fewer bytes: files that never change in the best form that the browser accepts, everything else
// compressed while it is written.
//
// Owns: which answers are compressed, and how well.
//
// Must not touch: what the answers are.
package compress

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzhttp"
)

// minBytes is the size from which on an answer is compressed: smaller ones fit into one packet anyway.
const minBytes = 1 << 10

// jitterBytes is how many bytes at most are added to a compressed answer at random, so that the lengths of answers tell nothing about what
// is in them.
const jitterBytes = 32

// textTypes are the kinds of answers that get smaller. Files of messages are sent as they are.
var textTypes = []string{"text/html", "text/css", "text/javascript", "text/plain", "text/csv", "application/json",
	"application/manifest+json", "image/svg+xml"}

// Handler returns next with its answers of more than 1 kB compressed for clients that accept it. What has a Content-Encoding already
// stays as it is; requests that become sockets are passed on untouched.
func Handler(next http.Handler) http.Handler {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(minBytes), gzhttp.CompressionLevel(5), gzhttp.ContentTypes(textTypes),
		gzhttp.EnableZstd(false), gzhttp.RandomJitter(jitterBytes, 0, false))
	if err != nil {
		panic(err) // the options are constants
	}
	compressed := wrap(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			next.ServeHTTP(w, r)
			return
		}
		compressed.ServeHTTP(w, r)
	})
}

// File is the content of a file that does not change, and its compressed forms, which are made when they are first asked for.
type File struct {
	Plain  []byte
	gzip   func() []byte
	brotli func() []byte
}

// NewFile returns a file with a content, which must not change.
func NewFile(plain []byte) *File {
	return &File{Plain: plain,
		gzip:   sync.OnceValue(func() []byte { return gzipped(plain) }),
		brotli: sync.OnceValue(func() []byte { return brotlied(plain) }),
	}
}

// Encode returns the smallest form of the file that a request with this Accept-Encoding takes, and its Content-Encoding; empty: none.
func (f *File) Encode(accept string) (body []byte, encoding string) {
	switch {
	case len(f.Plain) < minBytes:
		return f.Plain, ""
	case accepts(accept, "br"):
		body, encoding = f.brotli(), "br"
	case accepts(accept, "gzip"):
		body, encoding = f.gzip(), "gzip"
	}
	if encoding == "" || len(body) >= len(f.Plain) {
		return f.Plain, ""
	}
	return body, encoding
}

// Serve answers with the file in the smallest form that the request takes. Headers other than Content-Type, Content-Encoding and Vary are
// the caller's.
func (f *File) Serve(w http.ResponseWriter, r *http.Request, mediaType string) error {
	body, encoding := f.Encode(r.Header.Get("Accept-Encoding"))
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Vary", "Accept-Encoding")
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(body)
	return err
}

// accepts reports whether an Accept-Encoding names an encoding, and does not refuse it with q=0.
func accepts(header, encoding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, parameter, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(name), encoding) {
			continue
		}
		q, found := strings.CutPrefix(strings.ReplaceAll(parameter, " ", ""), "q=")
		if !found {
			return true
		}
		value, err := strconv.ParseFloat(q, 64)
		return err == nil && value > 0
	}
	return false
}

func gzipped(plain []byte) []byte {
	return encode(plain, func(b io.Writer) io.WriteCloser {
		w, err := gzip.NewWriterLevel(b, gzip.BestCompression)
		if err != nil {
			panic(err) // the level is a constant
		}
		return w
	})
}

func brotlied(plain []byte) []byte {
	return encode(plain, func(b io.Writer) io.WriteCloser { return brotli.NewWriterLevel(b, brotli.BestCompression) })
}

func encode(plain []byte, to func(io.Writer) io.WriteCloser) []byte {
	var b bytes.Buffer
	w := to(&b)
	w.Write(plain) //nolint:errcheck // a buffer takes everything
	w.Close()      //nolint:errcheck // as above
	return b.Bytes()
}
