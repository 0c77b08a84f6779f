// Package model talks to a language model that speaks the OpenAI-compatible protocol of chat completions.
//
// Owns: one request and its streamed answer, the limits on both, and the words for what goes wrong.
// Must not touch: what is asked (the room builds it), databases, logs.
// Always true: the key is sent to the configured address only, never followed elsewhere, never part of an error; no connection
// is opened to an address inside the house unless the installation itself allows that very host and port; a call ends within
// Limits.Whole, and nothing of it is left afterwards.
package model

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"parley/app/fail"
	"parley/app/outside"
)

// Key is the secret an organization has at its provider. It prints as a word, so that no log or error can show it.
type Key string

// String hides the key.
func (Key) String() string { return "(key)" }

// GoString hides the key from %#v.
func (Key) GoString() string { return "(key)" }

// MarshalText hides the key from JSON and from structured logs.
func (Key) MarshalText() ([]byte, error) { return []byte("(key)"), nil }

// Settings say which model answers and how far it is trusted.
type Settings struct {
	BaseURL string   // up to and without /chat/completions, as in https://api.example/v1
	Key     Key      // may be empty for a server that asks for none
	Model   string   // the name the server knows it by
	Inside  []string // host:port pairs that may be inside the house and without TLS; from the installation, never from an organization
	Limits  Limits
}

// Limits bound what one answer may cost in time and memory. A zero field means its default.
type Limits struct {
	First   time.Duration // until the first text; 20 s
	Silence time.Duration // between two pieces of text; 10 s
	Whole   time.Duration // from the request to the last piece; 90 s
	Answer  int           // bytes of text in an answer; 32 KB
	Line    int           // bytes of one line of the stream; 256 KB
}

func (l Limits) orDefault() Limits {
	if l.First <= 0 {
		l.First = 20 * time.Second
	}
	if l.Silence <= 0 {
		l.Silence = 10 * time.Second
	}
	if l.Whole <= 0 {
		l.Whole = 90 * time.Second
	}
	if l.Answer <= 0 {
		l.Answer = 32 << 10
	}
	if l.Line <= 0 {
		l.Line = 256 << 10
	}
	return l
}

// Client asks one model. It keeps no connection between two calls, may be used by several goroutines, and needs no closing.
type Client struct {
	endpoint string
	key      Key
	model    string
	limits   Limits
	http     *http.Client

	mu      sync.Mutex
	dialect dialect // what the server was found to accept
}

// New returns a client, or an Invalid error with the fields base_url, key and model.
func New(s Settings) (*Client, error) {
	var wrong fail.Checks
	base, err := ParseBase(s.BaseURL, s.Inside)
	wrong.Err("base_url", err)
	if _, err := fail.OptionalLine("the key", string(s.Key), 500); err != nil || strings.ContainsFunc(string(s.Key), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		wrong.Add("key", "A key has no spaces or line breaks and at most 500 characters. Please copy it again.")
	}
	name, err := fail.Line("the name of the model", s.Model, 200)
	wrong.Err("model", err)
	if err := wrong.Result(); err != nil {
		return nil, err
	}
	transport := &http.Transport{
		Proxy:                  nil, // a proxy would dial for us, past the guard
		DialContext:            dialer(s.Inside),
		DisableKeepAlives:      true,
		DisableCompression:     true, // a small answer must not unpack to a large one
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
	return &Client{
		endpoint: base + "/chat/completions",
		key:      s.Key,
		model:    name,
		limits:   s.Limits.orDefault(),
		http: &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Format prints which model is asked, whatever the verb: fmt would look into the client and find the key.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.model+" at "+c.endpoint) }

// ParseBase returns the base URL in the one form it is kept in, or an error for its field.
func ParseBase(s string, inside []string) (string, error) {
	const example = "Example: https://api.example.com/v1"
	if strings.ContainsFunc(s, unicode.IsControl) {
		return "", fail.New(fail.Invalid, "This is not a web address. "+example)
	}
	s, err := fail.Line("the address of the model's server", s, 300)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" {
		return "", fail.New(fail.Invalid, "This is not a web address. "+example)
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return "", fail.New(fail.Invalid, "Please leave out user names, “?” and “#”; the key has a field of its own. "+example)
	}
	u.Host = strings.ToLower(u.Host)
	if u.Scheme == "http" && !allowed(inside, hostPort(u)) {
		return "", fail.New(fail.Invalid, "The address must begin with https://, so that conversations and the key cannot be read on the way.")
	}
	u.Path = strings.TrimRight(strings.TrimSuffix(strings.TrimRight(u.Path, "/"), "/chat/completions"), "/")
	u.RawPath = ""
	return u.String(), nil
}

// hostPort returns where a request to u is dialed to.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

func allowed(inside []string, address string) bool {
	return slices.ContainsFunc(inside, func(a string) bool { return strings.EqualFold(strings.TrimSpace(a), address) })
}

// dialer returns how connections are opened: guarded, but for the addresses of the installation's own list.
func dialer(inside []string) func(context.Context, string, string) (net.Conn, error) {
	inside = slices.Clone(inside)
	free := &net.Dialer{Timeout: 10 * time.Second}
	guarded := outside.Dialer()
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if allowed(inside, address) {
			return free.DialContext(ctx, network, address)
		}
		return guarded.DialContext(ctx, network, address)
	}
}
