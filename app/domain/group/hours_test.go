package group

import (
	"strings"
	"testing"
	"time"
)

// Hours in the group's own zone: breaks, days off, holidays of one year and of every year, the change to summer time.
func TestHoursOpenAndNextOpening(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	h := Hours{Zone: berlin, Holidays: []string{"2026-11-24", "--12-25"}}
	for day := 1; day <= 5; day++ {
		if h.Week[day], err = ParseDay("14-18, 9:00-12:30"); err != nil {
			t.Fatal(err)
		}
	}
	for at, want := range map[string]struct {
		open bool
		next string
	}{
		"2026-11-23T08:59:59+01:00": {false, "2026-11-23T09:00:00+01:00"}, // Monday
		"2026-11-23T09:00:00+01:00": {true, ""},
		"2026-11-23T08:00:00Z":      {true, ""},
		"2026-11-23T12:30:00+01:00": {false, "2026-11-23T14:00:00+01:00"},
		"2026-11-23T18:00:00+01:00": {false, "2026-11-25T09:00:00+01:00"}, // Tuesday is off
		"2026-11-27T18:00:00+01:00": {false, "2026-11-30T09:00:00+01:00"}, // the weekend
		"2026-12-25T10:00:00+01:00": {false, "2026-12-28T09:00:00+01:00"},
		"2027-03-28T10:00:00+02:00": {false, "2027-03-29T09:00:00+02:00"}, // summer time began that night
	} {
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := h.Open(when); got != want.open {
			t.Errorf("%s: open is %v", at, got)
		}
		if want.next != "" {
			if next := h.NextOpening(when).Format(time.RFC3339); next != want.next {
				t.Errorf("%s: opens next at %s, not %s", at, next, want.next)
			}
		}
	}
	if back := DecodeHours("Europe/Berlin", h.encodeWeek(), h.Holidays); FormatDay(back.Week[1]) != "9:00-12:30, 14:00-18:00" || len(back.Week[0]) != 0 {
		t.Errorf("as kept: %+v", back)
	}
	always := DecodeHours("UTC", []byte("[]"), []string{"--01-01"})
	if newYear := time.Date(2027, 1, 1, 5, 0, 0, 0, time.UTC); !always.Open(newYear.Add(24*time.Hour)) || always.Open(newYear) || always.NextOpening(newYear) != newYear.Add(19*time.Hour) {
		t.Errorf("always open but for New Year: %v", always.NextOpening(newYear))
	}
	for _, bad := range []string{"9", "9-9", "9-25", "24-6", "nine to five", "9-12, 11-13", "9:70-10", "20-6, 22-23", strings.Repeat("1:00-1:01,", 21)} {
		if spans, err := ParseDay(bad); err == nil {
			t.Errorf("%q is read as %v", bad, spans)
		}
	}
	for _, bad := range []string{"2026-13-01", "--02-30", "tomorrow"} {
		if days, err := ParseHolidays(bad); err == nil {
			t.Errorf("%q is read as %v", bad, days)
		}
	}
	if days, err := ParseHolidays("--02-29, 2026-12-24\n2026-12-24"); err != nil || len(days) != 2 {
		t.Errorf("%v %v", days, err)
	}
}
