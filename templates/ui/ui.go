// Package ui holds what all pages share: the frame of a page, fields, icons, times.
package ui

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/static"
)

// Asset returns the address of an embedded file. It has a hash of the file's content, so that browsers may cache it for ever.
func Asset(name string) string { return static.Address(name) }

// VisitorName names a visitor: by its name, or by one that can be told apart from others at a glance.
func VisitorName(name string, id uuid.UUID) string {
	if name != "" {
		return name
	}
	return "Visitor " + strings.ToUpper(id.String()[32:])
}

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

// DurationText is a duration as people say it, with at most two units: 45 s, 1 min 24 s, 2 h 5 min, 3 d.
func DurationText(d time.Duration) string {
	s := max(0, int(d.Round(time.Second).Seconds()))
	two := func(n int, unit string, rest int, smaller string) string {
		text := strconv.Itoa(n) + " " + unit
		if rest > 0 {
			text += " " + strconv.Itoa(rest) + " " + smaller
		}
		return text
	}
	switch {
	case s < 60:
		return strconv.Itoa(s) + " s"
	case s < 3600:
		return two(s/60, "min", s%60, "s")
	case s < 48*3600:
		return two(s/3600, "h", s/60%60, "min")
	}
	return two(s/86400, "d", s/3600%24, "h")
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
