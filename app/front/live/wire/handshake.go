package wire

import (
	"crypto/sha1" //nolint:gosec // RFC 6455 asks for it
	"encoding/base64"
	"net"
	"net/http"
	"strings"
	"time"

	"parley/app/platform/fail"
)

// checkHandshake refuses a handshake that RFC 6455 does not allow, with fail.Invalid.
func checkHandshake(r *http.Request) error {
	key, err := base64.StdEncoding.DecodeString(r.Header.Get("Sec-WebSocket-Key"))
	switch {
	case r.Method != http.MethodGet || !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") ||
		!hasToken(r.Header.Get("Connection"), "upgrade"):
		return fail.New(fail.Invalid, "This address speaks WebSocket only.")
	case r.Header.Get("Sec-WebSocket-Version") != "13":
		return fail.New(fail.Invalid, "This address speaks version 13 of WebSocket only.")
	case err != nil || len(key) != 16:
		return fail.New(fail.Invalid, "The handshake has no good Sec-WebSocket-Key.")
	}
	return nil
}

func hasToken(list, token string) bool {
	for t := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.TrimSpace(t), token) {
			return true
		}
	}
	return false
}

// acceptKey returns the Sec-WebSocket-Accept that answers a Sec-WebSocket-Key (RFC 6455, 4.2.2).
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // as above
	return base64.StdEncoding.EncodeToString(sum[:])
}

// hijack takes the connection of a request from net/http, so that neither its goroutine nor its buffers stay for the life of the
// socket. early is what the client has sent already.
func hijack(w http.ResponseWriter) (conn net.Conn, early []byte, err error) {
	conn, buffers, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, err
	}
	if n := buffers.Reader.Buffered(); n > 0 {
		early, _ = buffers.Reader.Peek(n)
		early = append([]byte(nil), early...)
	}
	return conn, early, conn.SetDeadline(time.Time{})
}
