package page

import (
	"time"

	"github.com/google/uuid"

	"parley/app/platform/fail"
)

// FilterID reads an id that a list is filtered by from the query; zero if there is none. What is no id is added to wrong.
func (req *Request) FilterID(wrong *fail.Checks, name string) uuid.UUID {
	text := req.QueryParam(name)
	if text == "" {
		return uuid.Nil
	}
	id, err := uuid.Parse(text)
	if err != nil {
		wrong.Add(name, "Choose one of the options.")
	}
	return id
}

// FilterDay reads a day that a list is filtered by from the query, as 2026-01-31; zero if there is none. What is no day from 1970 to
// 9000 is added to wrong.
func (req *Request) FilterDay(wrong *fail.Checks, name string) time.Time {
	text := req.QueryParam(name)
	if text == "" {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil || day.Year() < 1970 || day.Year() > 9000 {
		wrong.Add(name, "Enter a date such as 2026-01-31.")
		return time.Time{}
	}
	return day
}
