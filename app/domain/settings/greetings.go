package settings

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"parley/app/platform/calendar"
	"parley/app/platform/fail"
)

// Greetings is the section of what the panel says when it is opened.
type Greetings struct {
	Standard string     `json:"greeting"`            // said when none of the list fits
	List     []Greeting `json:"greetings,omitempty"` // the first that fits is said
	Holidays []string   `json:"holidays,omitempty"`  // days on which the website counts as closed: 2026-12-25, or 12-25 for every year
}

func defaultGreetings() Greetings { return Greetings{Standard: "Hello! How can we help you?"} }

// Availability is a website's state: whether somebody is there to answer.
type Availability string

// States of a website.
const (
	Online  Availability = "online"  // an agent has capacity
	Busy    Availability = "busy"    // agents are there, and none has capacity
	Away    Availability = "away"    // it is open, and no agent is there
	Offline Availability = "offline" // it is closed
)

// Availabilities is all of them.
var Availabilities = []Availability{Online, Busy, Away, Offline}

const (
	maxGreetings = 50
	maxHolidays  = 200
)

var timeOfDay = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`)

// Greeting is what the panel says on opening, when it fits.
type Greeting struct {
	States       []Availability `json:"states,omitempty"`   // none: any
	Days         []int          `json:"days,omitempty"`     // 0 is Sunday; none: any
	From         string         `json:"from,omitempty"`     // 08:00; empty: any time
	To           string         `json:"to,omitempty"`       // before From: on the day after that on which it began
	Page         string         `json:"page,omitempty"`     // beginning of the page's path, or a pattern with *; empty: any
	Language     string         `json:"language,omitempty"` // of the widget; empty: any
	OnlyHolidays bool           `json:"holiday,omitempty"`  // only on holidays
	Text         string         `json:"text"`
	Status       string         `json:"status,omitempty"` // the line under the name
}

func (s *Greetings) checkStandard(c *fail.Checks) {
	checkText(c, "greeting", "the greeting", &s.Standard, 1000)
	c.AddError("greeting", rejectPlaceholders("the greeting", s.Standard))
}

func (s *Greetings) checkList(c *fail.Checks) {
	if len(s.List) > maxGreetings {
		c.Add("", "A widget can have %d greetings, but there are %d. Remove some.", maxGreetings, len(s.List))
	}
	for i := range s.List {
		s.List[i].check(c, i)
	}
	days, err := calendar.ParseDays(strings.Join(s.Holidays, "\n"), maxHolidays)
	if c.AddError("holidays", err); err == nil {
		s.Holidays = days
	}
}

// check cleans and checks the greeting at a position in the list.
func (g *Greeting) check(c *fail.Checks, position int) {
	field := func(name string) string { return fmt.Sprintf("greeting-%d-%s", position, name) }
	checkText(c, field("text"), "the greeting", &g.Text, 1000)
	checkLine(c, field("status"), "the status line", &g.Status, 200)
	c.AddError(field("text"), rejectPlaceholders("a greeting", g.Text))
	c.AddError(field("status"), rejectPlaceholders("a greeting", g.Status))
	checkPage(c, field("page"), &g.Page)
	g.Language = checkLanguage(c, field("language"), g.Language)
	if g.Text == "" && g.Status == "" {
		c.Add(field("text"), "Enter a greeting or a status line, or remove this greeting.")
	}
	if g.To == "24:00" {
		g.To = "00:00"
	}
	switch {
	case g.From == "" && g.To == "":
	case g.From == "" || !timeOfDay.MatchString(g.From):
		c.Add(field("from"), "Enter both times, such as 08:00 and 17:30, or leave both empty.")
	case g.To == "" || !timeOfDay.MatchString(g.To):
		c.Add(field("to"), "Enter both times, such as 08:00 and 17:30, or leave both empty.")
	case g.From == g.To:
		c.Add(field("to"), "The times are the same. Choose another time, or leave both empty for the whole day.")
	}
	for _, state := range g.States {
		if !slices.Contains(Availabilities, state) {
			c.Add(field("text"), "The availability “%s” does not exist. Choose one of the options.", state)
		}
	}
	for _, day := range g.Days {
		if day < 0 || day > 6 {
			c.Add(field("text"), "This day does not exist. Choose one of the options.")
		}
	}
}
