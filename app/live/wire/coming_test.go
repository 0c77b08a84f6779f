package wire

import "testing"

// What is held of large messages is bounded over all sockets; small ones always come, and what is over is free again.
func TestComingBytes(t *testing.T) {
	var held []*visitorWire
	for len(held) < 2*comingMost/maxFrame {
		v := &visitorWire{}
		if !v.come(maxFrame) {
			break
		}
		held = append(held, v)
	}
	if n := comingBytes.Load(); len(held) != comingMost/maxFrame || n > comingMost {
		t.Errorf("%d large messages are held, %d bytes", len(held), n)
	}
	small := &visitorWire{}
	if !small.come(comingSmall) {
		t.Error("a small message is kept out")
	}
	small.message = make([]byte, comingSmall)
	if small.come(1) {
		t.Error("one that has grown large comes")
	}
	for _, v := range held {
		v.gone()
	}
	if !small.come(1) || small.coming != comingSmall+1 {
		t.Error("what is over is not free")
	}
	small.gone()
	if n := comingBytes.Load(); n != 0 {
		t.Errorf("%d bytes are left", n)
	}
}
