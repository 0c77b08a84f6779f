package queue

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/app/fail"
)

// Hours say when a group answers.
type Hours struct {
	Zone     *time.Location
	Week     [7][]Span // by weekday from Sunday; all empty: always
	Holidays []string  // days without hours: 2026-12-24, or --12-25 for every year
}

// Span is a time of a day, in minutes from midnight: From up to To, at most 1440.
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
	if h.holiday(at) {
		return false
	}
	if h.Always() {
		return true
	}
	minute := at.Hour()*60 + at.Minute()
	return slices.ContainsFunc(h.Week[at.Weekday()], func(s Span) bool { return s.From <= minute && minute < s.To })
}

func (h Hours) holiday(at time.Time) bool {
	return slices.Contains(h.Holidays, at.Format(time.DateOnly)) || slices.Contains(h.Holidays, at.Format("--01-02"))
}

// Next returns when the group answers next, if it does not at a time; the zero time if it never does within a year.
func (h Hours) Next(at time.Time) time.Time {
	at = at.In(h.Zone)
	for day := range 366 {
		date := time.Date(at.Year(), at.Month(), at.Day()+day, 0, 0, 0, 0, h.Zone)
		if h.holiday(date) {
			continue
		}
		spans := h.Week[date.Weekday()]
		if h.Always() {
			spans = []Span{{0, 1440}}
		}
		for _, s := range spans {
			opens := time.Date(date.Year(), date.Month(), date.Day(), s.From/60, s.From%60, 0, 0, h.Zone)
			if opens.After(at) {
				return opens
			}
		}
	}
	return time.Time{}
}

var (
	isSpan    = regexp.MustCompile(`^(\d{1,2})(?::([0-5]\d))?\s*[-–]\s*(\d{1,2})(?::([0-5]\d))?$`)
	isHoliday = regexp.MustCompile(`^(\d{4}|-)-\d\d-\d\d$`)
)

// ParseDay reads what a person writes for a day: "9:00-12:30, 14-18", or nothing for a day off.
func ParseDay(text string) ([]Span, error) {
	var spans []Span
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ';' }) {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		m := isSpan.FindStringSubmatch(part)
		if m == nil {
			return nil, fail.New(fail.Invalid, "Please write times like 9:00-12:30, 14:00-18:00, or leave the day empty.")
		}
		minutes := func(hour, minute string) int {
			a, _ := strconv.Atoi(hour)
			b, _ := strconv.Atoi("0" + minute)
			return a*60 + b
		}
		s := Span{minutes(m[1], m[2]), minutes(m[3], m[4])}
		if s.From >= s.To || s.To > 1440 {
			return nil, fail.New(fail.Invalid, "%s ends before it begins, or after midnight (24:00).", part)
		}
		spans = append(spans, s)
	}
	slices.SortFunc(spans, func(a, b Span) int { return a.From - b.From })
	for i := 1; i < len(spans); i++ {
		if spans[i].From < spans[i-1].To {
			return nil, fail.New(fail.Invalid, "These times overlap.")
		}
	}
	return spans, nil
}

// ShowDay is what ParseDay reads.
func ShowDay(spans []Span) string {
	parts := make([]string, len(spans))
	for i, s := range spans {
		parts[i] = fmt.Sprintf("%d:%02d-%d:%02d", s.From/60, s.From%60, s.To/60, s.To%60)
	}
	return strings.Join(parts, ", ")
}

// ParseHolidays reads days, by line or comma: 2026-12-24, or --12-25 for every year.
func ParseHolidays(text string) ([]string, error) {
	days := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' || r == ' ' })
	if len(days) > 400 {
		return nil, fail.New(fail.Invalid, "That is more than 400 days.")
	}
	for _, d := range days {
		layout := time.DateOnly
		check := d
		if strings.HasPrefix(d, "--") {
			check = "2028" + d[1:] // a leap year
		}
		if _, err := time.Parse(layout, check); err != nil || !isHoliday.MatchString(d) {
			return nil, fail.New(fail.Invalid, "%q is no day. Please write 2026-12-24, or --12-25 for every year.", d)
		}
	}
	slices.Sort(days)
	return slices.Compact(days), nil
}

// readHours reads hours as they are kept. What cannot be read is open, not closed for ever.
func readHours(zone string, week []byte, holidays []string) Hours {
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

func (h Hours) kept() []byte {
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
