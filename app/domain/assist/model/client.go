// Package model talks to a language model that speaks the OpenAI-compatible protocol of chat completions.
//
// Owns: one request and its streamed answer, the limits on both, and the words for what goes wrong. Must not touch:
// what is asked (the service builds it), databases, logs. Always true: the key is sent to the configured address only,
// never followed elsewhere, never part of an error; no connection is opened to an address in the installation’s own
// network unless the installation itself allows that very host and port; a call ends within Limits.Whole, and nothing
// of it is left afterwards.
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

	"parley/app/platform/fail"
	"parley/app/platform/outside"
	"parley/app/platform/validate"
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
	BaseURL string // up to and without /chat/completions, as in https://api.example/v1
	Key     Key    // may be empty for a server that asks for none
	Model   string // the name the server knows it by
	// host:port pairs that may be in the installation’s own network and without TLS; from the installation, never from an organization
	AllowedHosts []string
	Limits       Limits
}

// Limits bound what one answer may cost in time and memory. A zero field means its default.
type Limits struct {
	FirstTextTimeout time.Duration // until the first text; 20 s
	SilenceTimeout   time.Duration // between two pieces of text; 10 s
	TotalTimeout     time.Duration // from the request to the last piece; 90 s
	MaxAnswerBytes   int           // bytes of text in an answer; 32 KB
	MaxLineBytes     int           // bytes of one line of the stream; 256 KB
}

func (l Limits) withDefaults() Limits {
	if l.FirstTextTimeout <= 0 {
		l.FirstTextTimeout = 20 * time.Second
	}
	if l.SilenceTimeout <= 0 {
		l.SilenceTimeout = 10 * time.Second
	}
	if l.TotalTimeout <= 0 {
		l.TotalTimeout = 90 * time.Second
	}
	if l.MaxAnswerBytes <= 0 {
		l.MaxAnswerBytes = 32 << 10
	}
	if l.MaxLineBytes <= 0 {
		l.MaxLineBytes = 256 << 10
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
	base, err := ParseBaseURL(s.BaseURL, s.AllowedHosts)
	wrong.AddError("base_url", err)
	if _, err := validate.OptionalLine("the key", string(s.Key), 500); err != nil || strings.ContainsFunc(string(s.Key), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		wrong.Add("key", "An API key has no spaces or line breaks and at most 500 characters. Copy it again.")
	}
	name, err := validate.Line("the name of the model", s.Model, 200)
	wrong.AddError("model", err)
	if err := wrong.Result(); err != nil {
		return nil, err
	}
	transport := &http.Transport{
		Proxy:                  nil, // a proxy would dial for us, past the guard
		DialContext:            newDialer(s.AllowedHosts),
		DisableKeepAlives:      true,
		DisableCompression:     true, // a small answer must not unpack to a large one
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
	return &Client{
		endpoint: base + "/chat/completions",
		key:      s.Key,
		model:    name,
		limits:   s.Limits.withDefaults(),
		http: &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Format prints which model is asked, whatever the verb: fmt would look into the client and find the key.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.model+" at "+c.endpoint) }

// ParseBaseURL returns the base URL in the one form it is kept in, or an error for its field.
func ParseBaseURL(s string, inside []string) (string, error) {
	const example = "Example: https://api.example.com/v1"
	if strings.ContainsFunc(s, unicode.IsControl) {
		return "", fail.New(fail.Invalid, "This is not a web address. "+example)
	}
	s, err := validate.Line("the address of the model's server", s, 300)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" {
		return "", fail.New(fail.Invalid, "This is not a web address. "+example)
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return "", fail.New(fail.Invalid, "Remove user names, “?” and “#” from the address. The API key has its own field. "+example)
	}
	u.Host = strings.ToLower(u.Host)
	if u.Scheme == "http" && !isAllowedHost(inside, hostPort(u)) {
		return "", fail.New(fail.Invalid,
			"The address must start with https:// so that conversations and the key are encrypted.")
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

func isAllowedHost(inside []string, address string) bool {
	return slices.ContainsFunc(inside, func(a string) bool { return strings.EqualFold(strings.TrimSpace(a), address) })
}

// newDialer returns how connections are opened: guarded, but for the addresses of the installation's own list.
func newDialer(inside []string) func(context.Context, string, string) (net.Conn, error) {
	inside = slices.Clone(inside)
	free := &net.Dialer{Timeout: 10 * time.Second}
	guarded := outside.NewDialer()
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if isAllowedHost(inside, address) {
			return free.DialContext(ctx, network, address)
		}
		return guarded.DialContext(ctx, network, address)
	}
}
