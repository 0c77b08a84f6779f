package archive

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/archive"
)

// A place in the archive comes back from an address as it went in; what is none is the beginning.
func TestArchiveCursorRoundTrip(t *testing.T) {
	t.Parallel()
	for _, p := range []archive.Cursor{{Skip: 50}, {Before: time.Date(2026, 1, 31, 12, 0, 0, 123456000, time.UTC), ID: uuid.New()}} {
		if got := parseCursor(formatCursor(p)); got != p {
			t.Errorf("%+v became %+v", p, got)
		}
	}
	for _, text := range []string{"", "x", "2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z_x", "_"} {
		if got := parseCursor(text); got != (archive.Cursor{}) {
			t.Errorf("%q: %+v", text, got)
		}
	}
}
