package group

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"parley/app/platform/calendar"
	"parley/app/platform/fail"
)

const (
	maxSpansPerDay = 20  // ranges of times that a day can have
	maxHolidays    = 400 // holidays that a group can have
)

var isSpan = regexp.MustCompile(`^(\d{1,2})(?::([0-5]\d))?\s*[-–]\s*(\d{1,2})(?::([0-5]\d))?$`)

// ParseDay reads the spans of a day as a person writes them: "9:00-12:30, 14-18", "22:00-6:00" into the next day, nothing for
// a day off. It returns them in order. The error is fail.Invalid: a part that is no range, ranges that overlap, too many.
func ParseDay(text string) ([]Span, error) {
	var spans []Span
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ';' }) {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		s, err := parseSpan(part)
		if err != nil {
			return nil, err
		}
		spans = append(spans, s)
	}
	if len(spans) > maxSpansPerDay {
		return nil, fail.New(fail.Invalid, "A day can have %d time ranges, but there are %d. Remove some.", maxSpansPerDay, len(spans))
	}
	slices.SortFunc(spans, func(a, b Span) int { return a.From - b.From })
	for i := 1; i < len(spans); i++ {
		if spans[i].From < spans[i-1].To {
			return nil, fail.New(fail.Invalid, "%s and %s overlap. Change one of them.", spans[i-1], spans[i])
		}
	}
	return spans, nil
}

func parseSpan(part string) (Span, error) {
	m := isSpan.FindStringSubmatch(part)
	if m == nil {
		return Span{}, fail.New(fail.Invalid,
			"“%s” is not a time range. Enter times such as 9:00-12:30, 14:00-18:00, or leave the day empty.", part)
	}
	s := Span{minuteOf(m[1], m[2]), minuteOf(m[3], m[4])}
	switch {
	case s.From >= 1440 || s.To > 1440:
		return s, fail.New(fail.Invalid, "“%s” is not within a day. Enter times from 0:00 to 24:00.", part)
	case s.From == s.To:
		return s, fail.New(fail.Invalid, "“%s” begins and ends at the same time. For the whole day, enter 0:00-24:00.", part)
	case s.To < s.From:
		s.To += 1440
	}
	return s, nil
}

// minuteOf returns the minute of a day of digits that isSpan has found; minute may be empty.
func minuteOf(hour, minute string) int {
	h, _ := strconv.Atoi(hour)
	m, _ := strconv.Atoi("0" + minute)
	return h*60 + m
}

// Overlap says what is wrong with a weekday (0 is Sunday) whose spans begin before those of the day before end; "" if nothing
// is.
func (h Hours) Overlap(day int) string {
	before := h.Week[(day+6)%7]
	if len(before) == 0 || len(h.Week[day]) == 0 {
		return ""
	}
	last, first := before[len(before)-1], h.Week[day][0]
	if last.To-1440 <= first.From {
		return ""
	}
	return fmt.Sprintf("%s overlaps %s of the previous day, which ends at %d:%02d. Change one of them.",
		first, last, (last.To-1440)/60, last.To%60)
}

// String returns the span as ParseDay reads it.
func (s Span) String() string {
	to := s.To
	if to > 1440 {
		to -= 1440
	}
	return fmt.Sprintf("%d:%02d-%d:%02d", s.From/60, s.From%60, to/60, to%60)
}

// FormatDay returns the spans of a day as ParseDay reads them.
func FormatDay(spans []Span) string {
	parts := make([]string, len(spans))
	for i, s := range spans {
		parts[i] = s.String()
	}
	return strings.Join(parts, ", ")
}

// ParseHolidays reads dates between commas or on lines: 2026-12-24, or 12-25 for every year. The error is fail.Invalid.
func ParseHolidays(text string) ([]string, error) { return calendar.ParseDays(text, maxHolidays) }

// FormatHolidays returns the holidays as ParseHolidays reads them.
func (h Hours) FormatHolidays() string { return calendar.FormatDays(h.Holidays) }
