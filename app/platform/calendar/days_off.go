package calendar

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"parley/app/platform/fail"
)

var dayPattern = regexp.MustCompile(`^(\d{4}-)?\d{2}-\d{2}$`)

// ParseDay reads one day: 2026-12-25, or 12-25 for every year (--12-25 is read, too). It returns "" for anything else.
func ParseDay(text string) string {
	text = strings.TrimPrefix(strings.TrimSpace(text), "--")
	date := text
	if len(text) == len("12-25") {
		date = "2028-" + text // a leap year
	}
	if _, err := time.Parse(time.DateOnly, date); err != nil || !dayPattern.MatchString(text) {
		return ""
	}
	return text
}

// ParseDays reads days off, by line or comma, in the order of the calendar and each once. The error names every entry that is no day.
func ParseDays(text string, most int) ([]string, error) {
	var days, wrong []string
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ';' || r == '\n' || r == '\r' }) {
		part = strings.TrimSpace(part)
		words := strings.Fields(part)
		if slices.ContainsFunc(words, func(w string) bool { return ParseDay(w) == "" }) {
			wrong = append(wrong, "“"+shortened(part)+"”")
			continue
		}
		for _, w := range words {
			days = append(days, ParseDay(w))
		}
	}
	slices.Sort(days)
	days = slices.Compact(days)
	switch {
	case len(wrong) > 0:
		verb := " is not a date."
		if len(wrong) > 1 {
			verb = " are not dates."
		}
		return nil, fail.New(fail.Invalid, "%s",
			strings.Join(wrong[:min(len(wrong), 10)], ", ")+verb+" Enter dates such as 2026-12-25, or 12-25 for every year.")
	case len(days) > most:
		return nil, fail.New(fail.Invalid, "Too many days: the limit is %d, but there are %d. Remove some.", most, len(days))
	}
	return days, nil
}

func shortened(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// IsDayOff reports whether one of the days off is the date of a time, as its own zone shows it.
func IsDayOff(days []string, at time.Time) bool {
	return slices.ContainsFunc(days, func(day string) bool {
		return day == at.Format(time.DateOnly) || strings.TrimPrefix(day, "--") == at.Format("01-02")
	})
}

// FormatDays is days off as people read and write them, one on each line.
func FormatDays(days []string) string {
	lines := make([]string, len(days))
	for i, d := range days {
		lines[i] = strings.TrimPrefix(d, "--")
	}
	return strings.Join(lines, "\n")
}
