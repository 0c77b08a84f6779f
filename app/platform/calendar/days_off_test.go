package calendar_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"parley/app/platform/calendar"
)

func TestParseDays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-12-24":                        "2026-12-24",
		"12-25":                             "12-25",
		"--12-25":                           "12-25",
		"12-25, 2026-12-24;01-01\r\n01-01 ": "01-01 12-25 2026-12-24",
		"12-25 12-26":                       "12-25 12-26",
		"02-29":                             "02-29",
		"2028-02-29":                        "2028-02-29",
		"":                                  "",
		" \n\n":                             "",
	} {
		if days, err := calendar.ParseDays(text, 400); err != nil || strings.Join(days, " ") != want {
			t.Errorf("%q is read as %v, %v", text, days, err)
		}
	}
	for text, named := range map[string][]string{
		"2026-02-29":                     {"2026-02-29"},
		"02-30":                          {"02-30"},
		"13-01, 12-25, tomorrow":         {"13-01", "tomorrow"},
		"2026-12-24 Christmas Eve":       {"2026-12-24 Christmas Eve"},
		"24.12.2026":                     {"24.12.2026"},
		"2026-12-24 - 2026-12-31\n12-25": {"2026-12-24 - 2026-12-31"},
		"١٢-٢٥":                          {"١٢-٢٥"},
	} {
		_, err := calendar.ParseDays(text, 400)
		if err == nil {
			t.Errorf("%q is taken", text)
			continue
		}
		for _, name := range named {
			if !strings.Contains(err.Error(), "“"+name+"”") {
				t.Errorf("%q: %v does not name %q", text, err, name)
			}
		}
		if strings.Contains(err.Error(), "“12-25”") {
			t.Errorf("%q: %v blames what is right", text, err)
		}
	}
	if _, err := calendar.ParseDays("01-01 01-02 01-03", 2); err == nil || !strings.Contains(err.Error(), "2, but there are 3") {
		t.Errorf("too many: %v", err)
	}
	christmas := time.Date(2026, 12, 25, 23, 0, 0, 0, time.UTC)
	for _, days := range [][]string{{"12-25"}, {"--12-25"}, {"2026-12-25"}} {
		if !calendar.IsDayOff(days, christmas) || calendar.IsDayOff(days, christmas.Add(time.Hour)) {
			t.Errorf("%v", days)
		}
	}
	if shown := calendar.FormatDays([]string{
		"--12-25", "2026-12-24",
	}); !slices.Equal(strings.Split(shown, "\n"), []string{"12-25", "2026-12-24"}) {
		t.Error(shown)
	}
}
