// Package ui holds what all pages share: the frame of a page, fields, icons, times.
package ui

import (
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/visitor"
	"parley/static"
)

// Asset returns the address of an embedded file. It has a hash of the file's content, so that browsers may cache it for ever.
func Asset(name string) string { return static.Address(name) }

// VisitorName returns what team members call a visitor; name is empty if it is not known.
func VisitorName(name string, id uuid.UUID) string { return visitor.DisplayName(name, id) }

// Duration shows how long something took or has lasted: 0:42, 12:05, 3 h.
func Duration(d time.Duration) string {
	switch {
	case d < 0:
		return "0:00"
	case d < time.Hour:
		return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d d", int(d.Hours())/24)
}

// DurationText says in words how long something took: 42 s, 1 min 24 s, 3 h 5 min, 2 days.
func DurationText(d time.Duration) string {
	d = max(0, d).Round(time.Second)
	days, hours, minutes, seconds := int(d.Hours())/24, int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", seconds)
	case d < time.Hour && seconds == 0:
		return fmt.Sprintf("%d min", minutes)
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", minutes, seconds)
	case d < 48*time.Hour && minutes == 0:
		return fmt.Sprintf("%d h", hours)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	}
	return fmt.Sprintf("%d days", days)
}

// Millis is a time as the scripts want it: milliseconds since 1970; empty for the zero time.
func Millis(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}

// ISO is a time for a time element; the script shows it in the reader's zone and manner.
func ISO(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// TimeText is the text of a time element until the script has run.
func TimeText(t time.Time) string { return t.UTC().Format("15:04") }

// DateText is the text of a date until the script has run.
func DateText(t time.Time) string { return t.UTC().Format("2 Jan 2006 15:04") }

// Form is what a form shows again after it was refused: what was typed, and what is wrong with it.
type Form struct {
	Values  map[string]string
	Errors  map[string]string
	Message string // about the form as a whole
	Saved   string // a confirmation
}

// Value returns what was typed into a field, or what it should start with.
func (f Form) Value(name, start string) string {
	if v, there := f.Values[name]; there {
		return v
	}
	return start
}

// Checked reports whether a box is checked: as the form was sent, if it was, else as it should start.
func (f Form) Checked(name string, start bool) bool {
	if f.Values == nil {
		return start
	}
	return f.Values[name] == "on"
}

// Count is a number as people read it: 9,950.
func Count(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
