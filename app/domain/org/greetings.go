package org

import (
	"fmt"
	"slices"
	"strings"

	"parley/app/platform/calendar"
	"parley/app/platform/fail"
)

// Greeting is what the panel says on opening, when it fits.
type Greeting struct {
	States       []Presence `json:"states,omitempty"`   // none: any
	Days         []int      `json:"days,omitempty"`     // 0 is Sunday; none: any
	From         string     `json:"from,omitempty"`     // 08:00; empty: any time
	To           string     `json:"to,omitempty"`       // before From: on the day after that on which it began
	Page         string     `json:"page,omitempty"`     // beginning of the page's path, or a pattern with *; empty: any
	Language     string     `json:"language,omitempty"` // of the widget; empty: any
	OnlyHolidays bool       `json:"holiday,omitempty"`  // only on holidays
	Text         string     `json:"text"`
	Status       string     `json:"status,omitempty"` // the line under the name
}

func (s *Settings) checkGreetings(c *fail.Checks) {
	if len(s.Greetings) > maxGreetings {
		c.Add("", "A widget can have %d greetings; these are %d. Remove some.", maxGreetings, len(s.Greetings))
	}
	for i := range s.Greetings {
		g := &s.Greetings[i]
		field := func(name string) string { return fmt.Sprintf("greeting-%d-%s", i, name) }
		checkText(c, field("text"), "the greeting", &g.Text, 1000)
		checkLine(c, field("status"), "the line under the name", &g.Status, 200)
		c.AddError(field("text"), rejectPlaceholders("a greeting", g.Text))
		c.AddError(field("status"), rejectPlaceholders("a greeting", g.Status))
		checkPage(c, field("page"), &g.Page)
		g.Language = checkLanguage(c, field("language"), g.Language)
		if g.Text == "" && g.Status == "" {
			c.Add(field("text"), "Write a greeting or the line under the name, or remove this greeting.")
		}
		if g.To == "24:00" {
			g.To = "00:00"
		}
		switch {
		case g.From == "" && g.To == "":
		case g.From == "" || !timeOfDay.MatchString(g.From):
			c.Add(field("from"), "Give both times as 08:00 and 17:30, or leave both empty.")
		case g.To == "" || !timeOfDay.MatchString(g.To):
			c.Add(field("to"), "Give both times as 08:00 and 17:30, or leave both empty.")
		case g.From == g.To:
			c.Add(field("to"), "This is when it begins. Choose another time, or leave both empty for the whole day.")
		}
		for _, p := range g.States {
			if !slices.Contains(Presences, p) {
				c.Add(field("text"), "There is no state “%s”.", p)
			}
		}
		for _, d := range g.Days {
			if d < 0 || d > 6 {
				c.Add(field("text"), "There is no such day.")
			}
		}
	}
	days, err := calendar.ParseDays(strings.Join(s.Holidays, "\n"), maxHolidays)
	if c.AddError("holidays", err); err == nil {
		s.Holidays = days
	}
}
