package group

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/app/platform/calendar"
	"parley/app/platform/fail"
)

// Hours say when a group answers, by what clocks in its zone show. A span belongs to the day on which it begins: "Friday 22:00-6:00"
// lasts until Saturday 6:00. A day off takes away the spans that begin on it, whole; one that began on the evening before
// lasts to its end. Where clocks are put back, both passes of a time count; what clocks skip is not missed: what would begin
// within it begins when it is over.
type Hours struct {
	Zone     *time.Location
	Week     [7][]Span // by weekday from Sunday; all empty: always
	Holidays []string  // days without hours: 2026-12-24, or 12-25 for every year (also as --12-25)
}

// Span is a time of a day, in minutes from its midnight: From (below 1440) up to To, which is beyond 1440 where it lasts into the
// next day. It is at most a day long.
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
	for back := range 2 { // spans of today, and those of yesterday that are not over
		day := time.Date(at.Year(), at.Month(), at.Day()-back, 12, 0, 0, 0, time.UTC) // a date only
		if calendar.IsDayOff(h.Holidays, day) {
			continue
		}
		if slices.ContainsFunc(h.Week[day.Weekday()], func(s Span) bool { return s.From <= minute+back*1440 && minute+back*1440 < s.To }) {
			return true
		}
	}
	return false
}

// NextOpening returns when the group answers next, if it does not at a time; the zero time if it never does within a year.
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

// instantsAt returns the moments at which clocks in a zone come to a minute of a day: one, or two where they are put back. For a minute that
// they skip it is the moment when they do.
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

var isSpan = regexp.MustCompile(`^(\d{1,2})(?::([0-5]\d))?\s*[-–]\s*(\d{1,2})(?::([0-5]\d))?$`)

// ParseDay reads what a person writes for a day: "9:00-12:30, 14-18", "22:00-6:00" into the next day, or nothing for a day off.
func ParseDay(text string) ([]Span, error) {
	var spans []Span
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ';' }) {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		m := isSpan.FindStringSubmatch(part)
		if m == nil {
			return nil, fail.New(fail.Invalid, "“%s” is not a time. Write times like 9:00-12:30, 14:00-18:00, or leave the day empty.", part)
		}
		minutes := func(hour, minute string) int {
			a, _ := strconv.Atoi(hour)
			b, _ := strconv.Atoi("0" + minute)
			return a*60 + b
		}
		s := Span{minutes(m[1], m[2]), minutes(m[3], m[4])}
		switch {
		case s.From >= 1440 || s.To > 1440:
			return nil, fail.New(fail.Invalid, "“%s” is not a time of a day: a day has 24 hours.", part)
		case s.From == s.To:
			return nil, fail.New(fail.Invalid, "“%s” begins when it ends. For the whole day write 0:00-24:00.", part)
		case s.To < s.From:
			s.To += 1440
		}
		spans = append(spans, s)
	}
	if len(spans) > maxSpansPerDay {
		return nil, fail.New(fail.Invalid, "A day can have %d ranges of times; these are %d.", maxSpansPerDay, len(spans))
	}
	slices.SortFunc(spans, func(a, b Span) int { return a.From - b.From })
	for i := 1; i < len(spans); i++ {
		if spans[i].From < spans[i-1].To {
			return nil, fail.New(fail.Invalid, "%s and %s overlap.", spans[i-1], spans[i])
		}
	}
	return spans, nil
}

// maxSpansPerDay is how many ranges of times a day can have.
const maxSpansPerDay = 20

// Overlap says what is wrong with a day whose spans begin before those of the day before are over; "" if nothing is.
func (h Hours) Overlap(day int) string {
	before := h.Week[(day+6)%7]
	if len(before) == 0 || len(h.Week[day]) == 0 {
		return ""
	}
	last, first := before[len(before)-1], h.Week[day][0]
	if last.To-1440 <= first.From {
		return ""
	}
	return fmt.Sprintf("%s overlaps %s of the day before, which lasts until %d:%02d.", first, last, (last.To-1440)/60, last.To%60)
}

// String is the span as ParseDay reads it.
func (s Span) String() string {
	to := s.To
	if to > 1440 {
		to -= 1440
	}
	return fmt.Sprintf("%d:%02d-%d:%02d", s.From/60, s.From%60, to/60, to%60)
}

// FormatDay is what ParseDay reads.
func FormatDay(spans []Span) string {
	parts := make([]string, len(spans))
	for i, s := range spans {
		parts[i] = s.String()
	}
	return strings.Join(parts, ", ")
}

// ParseHolidays reads days, by line or comma: 2026-12-24, or 12-25 for every year.
func ParseHolidays(text string) ([]string, error) { return calendar.ParseDays(text, maxHolidays) }

// maxHolidays is how many days off a group can have.
const maxHolidays = 400

// FormatHolidays is what ParseHolidays reads.
func (h Hours) FormatHolidays() string { return calendar.FormatDays(h.Holidays) }

// EncodeHolidays is how they are stored: a day of every year as --12-25.
func (h Hours) EncodeHolidays() []string {
	list := make([]string, len(h.Holidays))
	for i, d := range h.Holidays {
		if list[i] = d; len(d) == len("12-25") {
			list[i] = "--" + d
		}
	}
	return list
}

// DecodeHours reads hours as they are kept. What cannot be read is open, not closed for ever.
func DecodeHours(zone string, week []byte, holidays []string) Hours {
	h := Hours{Zone: time.UTC, Holidays: holidays}
	if z, err := time.LoadLocation(zone); err == nil {
		h.Zone = z
	}
	var days [][][2]int
	if json.Unmarshal(week, &days) == nil {
		for i := range min(7, len(days)) {
			for _, s := range days[i] {
				h.Week[i] = append(h.Week[i], Span{s[0], s[1]})
			}
		}
	}
	return h
}

func (h Hours) EncodeWeek() []byte {
	if h.Always() {
		return []byte("[]")
	}
	days := make([][][2]int, 7)
	for i, spans := range h.Week {
		days[i] = [][2]int{}
		for _, s := range spans {
			days[i] = append(days[i], [2]int{s.From, s.To})
		}
	}
	raw, err := json.Marshal(days)
	if err != nil {
		panic(err) // numbers always marshal
	}
	return raw
}
