package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// checkPublicAddress reaches a server at PUBLIC_URL as a browser does, through the proxy: a page, and a WebSocket.
func (c Config) checkPublicAddress(ctx context.Context) []Finding {
	if c.PublicURL == "" {
		return []Finding{
			caution("PUBLIC_URL is not set: links in emails lead to localhost",
				"Set PUBLIC_URL to the address at which browsers reach this server."),
		}
	}
	code, body, err := c.askPublic(ctx, "/healthz", nil)
	if err != nil {
		return []Finding{failure(briefError(err), "Check the name (DNS), the certificate, and that the proxy runs. "+
			"In some networks a machine cannot reach its own public address: then run this check on another machine.")}
	}
	if code != http.StatusOK || body != "alive\n" {
		return []Finding{failure(
			fmt.Errorf("%s/healthz answers with status %d, and not as Parley does", c.PublicURL, code),
			"Check PUBLIC_URL, that a server runs, and that the proxy forwards all requests to it.",
		)}
	}
	list := []Finding{passed("%s reaches Parley", c.PublicURL)}
	if u, err := url.Parse(c.PublicURL); err == nil && u.Scheme == "http" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1" {
		list = append(list,
			caution("PUBLIC_URL begins with http: passwords and conversations can be read in transit", "Serve it over https."))
	}
	return append(list, c.checkWebSockets(ctx))
}

// checkWebSockets sees whether the proxy lets a WebSocket through. It asks for one at an address that speaks WebSocket only:
// that says so to whoever does not ask for one, and refuses strangers only after that.
func (c Config) checkWebSockets(ctx context.Context) Finding {
	_, body, err := c.askPublic(ctx, "/live/desk", map[string]string{
		"Connection":            "Upgrade",
		"Upgrade":               "websocket",
		"Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Key":     "dGhlIHNhbXBsZSBub25jZQ==",
		"Origin":                c.PublicURL,
	})
	switch {
	case err != nil:
		return failure(briefError(err), "Check that the proxy forwards WebSockets.")
	case strings.Contains(body, "speaks WebSocket only"):
		return failure(errors.New("the proxy does not forward WebSockets"),
			"Forward the headers Upgrade and Connection, with HTTP/1.1 (see docs/deploy.md).")
	case strings.Contains(body, "own pages only"):
		return failure(errors.New("the server that answers has a different PUBLIC_URL"), "Set the same PUBLIC_URL on every server.")
	}
	return passed("WebSockets work")
}

// askPublic sends a GET to a path of PUBLIC_URL, follows no redirection, and returns the status and the begin of the body.
func (c Config) askPublic(ctx context.Context, path string, headers map[string]string) (code int, body string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.PublicURL+path, nil)
	if err != nil {
		return 0, "", err
	}
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 2000))
	return res.StatusCode, string(text), err
}
