package group

import (
	"encoding/json"
	"time"
)

// encodeHolidays returns the holidays as they are stored: a day of every year as --12-25.
func (h Hours) encodeHolidays() []string {
	list := make([]string, len(h.Holidays))
	for i, d := range h.Holidays {
		if list[i] = d; len(d) == len("12-25") {
			list[i] = "--" + d
		}
	}
	return list
}

// DecodeHours returns hours from the stored columns of a group. An unknown zone is UTC; a week that cannot be read is always
// open, so that a fault does not close a group for ever.
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

// encodeWeek returns the week as it is stored: by weekday from Sunday a list of [from, to] in minutes; [] if always open.
func (h Hours) encodeWeek() []byte {
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
