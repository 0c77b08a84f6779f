package wire

import (
	"bufio"
	"io"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// incomingBytes is how many bytes are held of large messages that have not come as a whole, on all visitors' sockets of this process.
var incomingBytes atomic.Int64

const (
	maxIncomingBytes = 16 << 20
	smallMessage     = 4 << 10 // bytes; smaller messages, which is nearly all, are not counted, so that large ones never keep them out
)

// reserveIncoming counts a frame that comes, if its message is large, and reports whether it may come.
func (c *visitorConn) reserveIncoming(length int64) bool {
	n := length + int64(len(c.partial)) - c.reservedBytes
	if c.reservedBytes == 0 && n <= smallMessage {
		return true
	}
	if incomingBytes.Add(n) > maxIncomingBytes {
		incomingBytes.Add(-n)
		return false
	}
	c.reservedBytes += n
	return true
}

// releaseIncoming no longer counts what reserveIncoming has counted.
func (c *visitorConn) releaseIncoming() {
	if c.reservedBytes != 0 {
		incomingBytes.Add(-c.reservedBytes)
		c.reservedBytes = 0
	}
}

// Read implements io.Reader: what the client sent before the handshake was answered comes first.
func (c *visitorConn) Read(b []byte) (int, error) {
	if len(c.early) > 0 {
		n := copy(b, c.early)
		c.early = c.early[n:]
		return n, nil
	}
	c.early = nil
	return c.conn.Read(b)
}

// readFrame reads a frame, hands a message that it completes to the screen, and reports whether the connection goes on.
func (c *visitorConn) readFrame(in *bufio.Reader) bool {
	h, err := ws.ReadHeader(in)
	if err != nil {
		return false
	}
	if !c.acceptHeader(h) {
		return false
	}
	defer func() {
		if !c.inMessage {
			c.releaseIncoming()
		}
	}()
	body := make([]byte, h.Length)
	if _, err := io.ReadFull(in, body); err != nil {
		return false
	}
	ws.Cipher(body, h.Mask, 0)
	c.lastReceived.Store(seconds())
	switch h.OpCode {
	case ws.OpPong:
		return true
	case ws.OpPing:
		c.enqueue(queuedFrame{ws.OpPong, body})
		return true
	case ws.OpClose:
		c.answerClose(body)
		return false
	}
	return c.acceptPiece(h, body)
}

// acceptHeader reports whether a frame may come. If not, it closes the connection and says why.
func (c *visitorConn) acceptHeader(h ws.Header) bool {
	// A piece of a large message is bounded with its message and not counted; every other frame is, also an empty one.
	if isPiece := !h.Fin && h.Length >= 512; !isPiece && !c.allowFrame() {
		return c.refuse(TryAgain, "too many frames")
	}
	state := ws.StateServerSide
	if c.inMessage {
		state |= ws.StateFragmented
	}
	if ws.CheckHeader(h, state) != nil {
		return c.refuse(ws.StatusProtocolError, "not the WebSocket protocol")
	}
	if h.Length > int64(maxFrame-len(c.partial)) {
		return c.refuse(ws.StatusMessageTooBig, "too large")
	}
	if !c.reserveIncoming(h.Length) {
		return c.refuse(TryAgain, "too much comes at once")
	}
	return true
}

// acceptPiece takes a message or a piece of one. It reports whether the connection goes on.
func (c *visitorConn) acceptPiece(h ws.Header, body []byte) bool {
	if c.inMessage {
		body = append(c.partial, body...)
	}
	text := c.isText || h.OpCode == ws.OpText
	if !h.Fin {
		c.partial, c.inMessage, c.isText = body, true, text
		return true
	}
	c.partial, c.inMessage, c.isText = nil, false, false
	if text && !utf8.Valid(body) {
		return c.refuse(ws.StatusInvalidFramePayloadData, "not UTF-8")
	}
	c.handle(body)
	return true
}

// answerClose answers the client's close frame, unless that answers ours.
func (c *visitorConn) answerClose(body []byte) {
	c.mu.Lock()
	oursFirst := c.closing
	c.peerClosed = true
	c.mu.Unlock()
	if oursFirst {
		return
	}
	answer := []byte(nil)
	if code, reason := ws.ParseCloseFrameData(body); len(body) > 0 {
		answer = body[:min(2, len(body))]
		if ws.CheckCloseFrameData(code, reason) != nil {
			answer = ws.NewCloseFrameBody(ws.StatusProtocolError, "")
		}
	}
	c.enqueue(queuedFrame{ws.OpClose, answer})
	c.discard()
}

// refuse closes the connection of a client that breaks the rules. It returns false.
func (c *visitorConn) refuse(code ws.StatusCode, reason string) bool {
	c.close(int(code), reason)
	c.discard()
	return false
}

// discard reads until the client has closed the connection, for two seconds at most, so that our close frame is not lost with what it still
// sends.
func (c *visitorConn) discard() {
	c.conn.SetReadDeadline(time.Now().Add(2 * time.Second))
	io.CopyN(io.Discard, c.conn, 1<<20)
}
