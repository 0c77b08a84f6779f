package wire

import "testing"

// What is held of large messages is bounded over all sockets. Small messages always come, and what is released is free again.
func TestIncomingBytesAreBounded(t *testing.T) {
	var held []*visitorConn
	for len(held) < 2*maxIncomingBytes/maxFrame {
		v := &visitorConn{}
		if !v.reserveIncoming(maxFrame) {
			break
		}
		held = append(held, v)
	}
	if n := incomingBytes.Load(); len(held) != maxIncomingBytes/maxFrame || n > maxIncomingBytes {
		t.Errorf("%d large messages are held, %d bytes", len(held), n)
	}
	small := &visitorConn{}
	if !small.reserveIncoming(smallMessage) {
		t.Error("a small message is refused")
	}
	small.partial = make([]byte, smallMessage)
	if small.reserveIncoming(1) {
		t.Error("one that has grown large is accepted")
	}
	for _, v := range held {
		v.releaseIncoming()
	}
	if !small.reserveIncoming(1) || small.reservedBytes != smallMessage+1 {
		t.Error("what was released is not free")
	}
	small.releaseIncoming()
	if n := incomingBytes.Load(); n != 0 {
		t.Errorf("%d bytes are left", n)
	}
}
