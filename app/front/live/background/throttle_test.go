package background

import (
	"testing"
	"time"
)

// What takes long is done less often.
func TestPauseAfter(t *testing.T) {
	t.Parallel()
	for took, want := range map[time.Duration]time.Duration{
		0:                      time.Second,
		20 * time.Millisecond:  time.Second,
		200 * time.Millisecond: 3800 * time.Millisecond,
	} {
		if got := pauseAfter(took); got != want {
			t.Errorf("after %v: %v, not %v", took, got, want)
		}
	}
}
