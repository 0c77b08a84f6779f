package traffic

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

// LightSocket is a panel's socket for load: many of them fit into one process, and little of the machine goes into them.
type LightSocket struct {
	conn net.Conn
	in   *bufio.Reader
	mu   sync.Mutex
}

// OpenLight connects a panel from a local address (nil: any) and sends hello. size is that of the reading buffer in bytes.
func (s Site) OpenLight(ctx context.Context, from net.IP, token string, size int) (*LightSocket, error) {
	dialer := ws.Dialer{
		Timeout:         30 * time.Second,
		ReadBufferSize:  512,
		WriteBufferSize: 512,
		Header: ws.HandshakeHeaderHTTP(http.Header{
			"Origin":     {s.Origin},
			"User-Agent": {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"},
		}),
	}
	if from != nil {
		dialer.NetDial = (&net.Dialer{LocalAddr: &net.TCPAddr{IP: from}}).DialContext
	}
	address := "ws" + strings.TrimPrefix(s.Server, "http") + "/widget/v1/socket?key=" + url.QueryEscape(s.Key)
	conn, early, _, err := dialer.Dial(ctx, address)
	if err != nil {
		return nil, err
	}
	l := &LightSocket{conn: conn, in: bufio.NewReaderSize(conn, max(16, size))}
	if early != nil {
		if n := early.Buffered(); n > 0 {
			b, _ := early.Peek(n)
			l.in = bufio.NewReaderSize(&bufferedConn{append([]byte(nil), b...), conn}, max(16, size))
		}
		ws.PutReader(early)
	}
	hello, err := json.Marshal(map[string]any{"type": "hello", "protocol": 1, "token": token,
		"page": map[string]string{"url": s.Origin + "/tea", "title": "Load"}, "language": "en"})
	if err != nil {
		return nil, err
	}
	return l, l.Send(hello)
}

// bufferedConn reads what came early before the rest.
type bufferedConn struct {
	early []byte
	net.Conn
}

func (f *bufferedConn) Read(b []byte) (int, error) {
	if len(f.early) > 0 {
		n := copy(b, f.early)
		f.early = f.early[n:]
		return n, nil
	}
	return f.Conn.Read(b)
}

// Send sends a text frame. The bytes are the caller's no longer.
func (l *LightSocket) Send(text []byte) error { return l.writeFrame(ws.OpText, text) }

func (l *LightSocket) writeFrame(op ws.OpCode, body []byte) error {
	frame := ws.MaskFrameInPlace(ws.NewFrame(op, true, body))
	raw, err := ws.CompileFrame(frame)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err = l.conn.Write(raw)
	return err
}

// Next waits for the next text frame but heartbeats, and answers pings. A close frame is an error.
func (l *LightSocket) Next() ([]byte, error) {
	for {
		h, err := ws.ReadHeader(l.in)
		if err != nil {
			return nil, err
		}
		body := make([]byte, h.Length)
		for n := 0; n < len(body); {
			k, err := l.in.Read(body[n:])
			if err != nil {
				return nil, err
			}
			n += k
		}
		switch h.OpCode {
		case ws.OpPing:
			if err := l.writeFrame(ws.OpPong, body); err != nil {
				return nil, err
			}
		case ws.OpClose:
			code, reason := ws.ParseCloseFrameData(body)
			return nil, fmt.Errorf("closed with %d %s", code, reason)
		case ws.OpText:
			if string(body) != "{}" {
				return body, nil
			}
		}
	}
}

// Close ends the connection.
func (l *LightSocket) Close() { l.conn.Close() }
