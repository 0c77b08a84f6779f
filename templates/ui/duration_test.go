package ui_test

import (
	"testing"
	"time"

	"parley/templates/ui"
)

func TestDurationText(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Second:                          "0 s",
		42 * time.Second:                      "42 s",
		59*time.Second + 700*time.Millisecond: "1 min",
		84 * time.Second:                      "1 min 24 s",
		5 * time.Minute:                       "5 min",
		time.Hour + 20*time.Second:            "1 h",
		3*time.Hour + 5*time.Minute:           "3 h 5 min",
		47*time.Hour + 59*time.Minute:         "47 h 59 min",
		50 * time.Hour:                        "2 days",
	} {
		if got := ui.DurationText(d); got != want {
			t.Errorf("%v is %q, not %q", d, got, want)
		}
	}
}
