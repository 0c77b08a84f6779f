package conversation

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestNewIDAfter(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{-time.Hour, 0, time.Second, 24 * time.Hour} {
		other := uuid.Must(uuid.NewV7())
		ms := time.Now().Add(ahead).UnixMilli()
		for i := range 6 {
			other[i] = byte(ms >> (8 * (5 - i)))
		}
		id := newIDAfter(other)
		if bytes.Compare(id[:], other[:]) <= 0 || id.Version() != 7 {
			t.Errorf("%v is not after %v, of a clock %v ahead", id, other, ahead)
		}
	}
	if newIDAfter(uuid.Nil) == uuid.Nil {
		t.Error("no id")
	}
}
