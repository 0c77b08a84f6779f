package group

import (
	"slices"
	"time"

	"parley/app/platform/calendar"
)

// Hours are the times at which a group answers, by the clocks of its zone. A span belongs to the day on which it begins:
// "Friday 22:00-6:00" lasts until Saturday 6:00. A holiday removes the spans that begin on it, whole; a span that began on the
// evening before lasts to its end. When clocks are set back, both passes of a time count; a span that would begin within the
// hour that clocks skip begins when that hour is over.
type Hours struct {
	Zone     *time.Location
	Week     [7][]Span // by weekday from Sunday; all empty: always open
	Holidays []string  // days without hours: 2026-12-24, or 12-25 for every year (also as --12-25)
}

// Span is a range of times of a day, in minutes from its midnight: From (below 1440) up to To, which is beyond 1440 for a span
// that lasts into the next day. It is at most a day long.
type Span struct{ From, To int }

// Always reports whether the hours have no limits but the holidays.
func (h Hours) Always() bool {
	for _, day := range h.Week {
		if len(day) > 0 {
			return false
		}
	}
	return true
}

// Open reports whether the group answers at a time.
func (h Hours) Open(at time.Time) bool {
	at = at.In(h.Zone)
	minute := at.Hour()*60 + at.Minute()
	if h.Always() {
		return !calendar.IsDayOff(h.Holidays, at)
	}
	for back := range 2 { // spans of today, and those of the day before that are not over
		day := time.Date(at.Year(), at.Month(), at.Day()-back, 12, 0, 0, 0, time.UTC) // a date only
		if calendar.IsDayOff(h.Holidays, day) {
			continue
		}
		since := minute + back*1440 // minutes since the midnight that begins the day
		if slices.ContainsFunc(h.Week[day.Weekday()], func(s Span) bool { return s.From <= since && since < s.To }) {
			return true
		}
	}
	return false
}

// NextOpening returns when a group that is closed at a time opens next; the zero time if it does not within a year.
func (h Hours) NextOpening(at time.Time) time.Time {
	at = at.In(h.Zone)
	for day := range 367 {
		spans := []Span{{0, 1440}}
		if !h.Always() {
			date := time.Date(at.Year(), at.Month(), at.Day()+day, 12, 0, 0, 0, time.UTC)
			spans = h.Week[date.Weekday()]
		}
		var next time.Time
		for _, s := range spans {
			for _, opens := range instantsAt(at.Year(), at.Month(), at.Day()+day, s.From, h.Zone) {
				if opens.After(at) && (next.IsZero() || opens.Before(next)) && h.Open(opens) {
					next = opens
				}
			}
		}
		if !next.IsZero() {
			return next
		}
	}
	return time.Time{}
}

// instantsAt returns the moments at which clocks in a zone show a minute of a day: one, or two when they are set back. For a
// minute that clocks skip it returns the moment at which they skip it.
func instantsAt(year int, month time.Month, day, minute int, zone *time.Location) (list []time.Time) {
	shown := time.Date(year, month, day, 0, minute, 0, 0, time.UTC)
	_, before := shown.Add(-24 * time.Hour).In(zone).Zone()
	_, after := shown.Add(24 * time.Hour).In(zone).Zone()
	for _, offset := range []int{before, after} {
		t := shown.Add(-time.Duration(offset) * time.Second).In(zone)
		if _, own := t.Zone(); own == offset && (len(list) == 0 || !list[0].Equal(t)) {
			list = append(list, t)
		}
	}
	if len(list) == 0 {
		skipped, _ := shown.Add(-time.Duration(before) * time.Second).In(zone).ZoneBounds()
		list = append(list, skipped)
	}
	return list
}
