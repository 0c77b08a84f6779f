package group

import (
	"encoding/json"
	"os"
	"testing"
	"time"
)

// Times that last past midnight, days off, and nights in which clocks are changed. The widget follows the same table (TestBrowserNights).
func TestHoursAcrossMidnightAndClockChanges(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../platform/calendar/testdata/nights.json")
	if err != nil {
		t.Fatal(err)
	}
	var table []struct {
		Zone     string
		Days     []int
		Hours    string
		Holidays []string
		At       time.Time
		In       bool
	}
	if err := json.Unmarshal(raw, &table); err != nil {
		t.Fatal(err)
	}
	for _, x := range table {
		zone, err := time.LoadLocation(x.Zone)
		if err != nil {
			t.Fatal(err)
		}
		h := Hours{Zone: zone, Holidays: x.Holidays}
		for _, day := range x.Days {
			if h.Week[day], err = ParseDay(x.Hours); err != nil {
				t.Fatal(err)
			}
		}
		stored := DecodeHours(x.Zone, h.encodeWeek(), h.encodeHolidays())
		if h.Open(x.At) != x.In || stored.Open(x.At) != x.In {
			t.Errorf("%s %v %s (off: %v) at %s: open is %v, stored %v", x.Zone, x.Days, x.Hours, x.Holidays, x.At.In(zone), h.Open(x.At), stored.Open(x.At))
		}
	}
}

// When a group that is closed opens next is when it is open next: found by going through the minutes.
func TestNextOpeningIsFirstOpenMinute(t *testing.T) {
	t.Parallel()
	for _, x := range []struct{ zone, from, hours, holidays string }{
		{"Europe/Berlin", "2026-03-27T12:00:00Z", "2:30-4:00, 22:00-1:00", ""},
		{"Europe/Berlin", "2026-10-23T12:00:00Z", "2:00-2:30", ""},
		{"America/New_York", "2026-03-07T00:00:00Z", "2:10-2:50", ""},
		{"America/New_York", "2026-10-31T00:00:00Z", "1:15-1:45, 23:30-0:30", "11-01"},
		{"Australia/Lord_Howe", "2026-10-03T00:00:00Z", "2:15-2:45", ""},
		{"Australia/Lord_Howe", "2026-04-04T00:00:00Z", "1:45-2:15", ""},
		{"America/Sao_Paulo", "2018-11-03T00:00:00Z", "0:00-0:30, 5:00-6:00", ""},
		{"America/Sao_Paulo", "2018-02-16T00:00:00Z", "23:15-23:45", ""},
		{"Africa/Cairo", "2026-04-22T00:00:00Z", "", "04-23, 04-24"}, // open but on days off; the last of them has no midnight
		{"Asia/Beirut", "2026-03-27T00:00:00Z", "", "03-28"},
		{"Asia/Beirut", "2026-03-27T00:00:00Z", "0:00-1:00", ""},
		{"UTC", "2026-12-20T00:00:00Z", "22:00-6:00", "12-24 12-25"},
	} {
		zone, err := time.LoadLocation(x.zone)
		if err != nil {
			t.Fatal(err)
		}
		h := Hours{Zone: zone}
		if h.Holidays, err = ParseHolidays(x.holidays); err != nil {
			t.Fatal(err)
		}
		for day := range h.Week {
			if h.Week[day], err = ParseDay(x.hours); err != nil {
				t.Fatal(err)
			}
		}
		from, err := time.Parse(time.RFC3339, x.from)
		if err != nil {
			t.Fatal(err)
		}
		next := time.Time{} // found from the end
		for at := from.Add(8 * 24 * time.Hour); !at.Before(from); at = at.Add(-time.Minute) {
			open := h.Open(at)
			if !open && !next.IsZero() && !h.NextOpening(at).Equal(next) {
				t.Errorf("%+v: closed at %s, opens next at %s, not %s", x, at.In(zone), h.NextOpening(at), next.In(zone))
				break
			}
			if open {
				next = at
			}
		}
	}
}

func TestHoursOverlapBetweenDays(t *testing.T) {
	t.Parallel()
	week := func(days map[int]string) (h Hours) {
		for day, text := range days {
			spans, err := ParseDay(text)
			if err != nil {
				t.Fatal(err)
			}
			h.Week[day] = spans
		}
		return h
	}
	for _, x := range []struct {
		days map[int]string
		day  int
		says string
	}{
		{map[int]string{5: "22:00-6:00", 6: "5:00-12:00"}, 6, "5:00-12:00 overlaps 22:00-6:00 of the previous day, which ends at 6:00. Change one of them."},
		{map[int]string{5: "22:00-6:00", 6: "6:00-12:00"}, 6, ""},
		{map[int]string{6: "20:00-2:30", 0: "0:00-24:00"}, 0, "0:00-24:00 overlaps 20:00-2:30 of the previous day, which ends at 2:30. Change one of them."},
		{map[int]string{6: "20:00-24:00", 0: "0:00-24:00"}, 0, ""},
		{map[int]string{0: "22-0", 1: "0-6"}, 1, ""},
	} {
		if says := week(x.days).Overlap(x.day); says != x.says {
			t.Errorf("%v: %q", x.days, says)
		}
	}
}
