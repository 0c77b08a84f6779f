package admin

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/org"
	"parley/app/queue"
	"parley/templates/ui"
)

// GroupsPage lists the groups.
type GroupsPage struct {
	Viewer
	Board     queue.Board
	Rules     queue.Rules
	Add       ui.Form
	RulesForm ui.Form
}

// GroupPage shows one group.
type GroupPage struct {
	Viewer
	Group   queue.GroupInfo
	Board   queue.Board
	Members []queue.Member
	Goes    queue.Goes
	Form    ui.Form

	MembersForm ui.Form
}

// Days are the weekdays, by time.Weekday.
var Days = []string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}

// fromMonday is the order in which days are shown.
var fromMonday = []int{1, 2, 3, 4, 5, 6, 0}

// DayField names a day's field.
func DayField(day int) string { return "day" + strconv.Itoa(day) }

var priorityOptions = []ui.Option{{Value: "2", Label: "Highest (a wait counts four times)"}, {Value: "1", Label: "High (twice)"}, {Value: "0", Label: "Normal"},
	{Value: "-1", Label: "Low (half)"}, {Value: "-2", Label: "Lowest (a quarter)"}}

func priorityLabel(p int) string {
	for _, o := range priorityOptions {
		if o.Value == strconv.Itoa(p) {
			return o.Label
		}
	}
	return ""
}

func groupOptions(groups []queue.Name, none string) []ui.Option {
	list := []ui.Option{{Value: "", Label: none}}
	for _, g := range groups {
		list = append(list, ui.Option{Value: g.ID.String(), Label: g.Name})
	}
	return list
}

// others are the groups that can take over from one.
func others(b queue.Board, but uuid.UUID) []queue.Name {
	var list []queue.Name
	for _, g := range b.Groups {
		if g.ID != but {
			list = append(list, queue.Name{ID: g.ID, Name: g.Name})
		}
	}
	return list
}

func idOrNone(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}

func shareOf(c org.Customer) string {
	if c.Share == 0 {
		return ""
	}
	return strconv.Itoa(c.Share)
}

func labelText(s queue.Subject) string {
	if len(s.Labels) == 0 {
		return "Visitors read the group's name"
	}
	return strings.Join(labelList(s), ", ")
}

func labelLines(s queue.Subject) string { return strings.Join(labelList(s), "\n") }

func labelList(s queue.Subject) []string {
	var parts []string
	for language, label := range s.Labels {
		parts = append(parts, language+": "+label)
	}
	slices.Sort(parts)
	return parts
}

// without leaves out the groups that answer already.
func without(groups []queue.Name, subjects []queue.Subject) []queue.Name {
	return slices.DeleteFunc(slices.Clone(groups), func(g queue.Name) bool {
		return slices.ContainsFunc(subjects, func(s queue.Subject) bool { return s.Group == g.ID })
	})
}

// MemberPlace begins the name of the field of a member's place.
const MemberPlace = "place-"

// MemberField names a field of a member's row.
func MemberField(name string, member uuid.UUID) string { return name + "-" + member.String() }

// summary says in a line what a group is.
func summary(g queue.GroupInfo) string {
	parts := []string{}
	switch {
	case !g.Open:
		parts = append(parts, "closed now")
	case g.Online == 0:
		parts = append(parts, "nobody is online")
	default:
		parts = append(parts, fmt.Sprintf("%d online", g.Online))
	}
	parts = append(parts, fmt.Sprintf("%d waiting", g.Waiting))
	if !g.Automatic {
		parts = append(parts, "taken by hand")
	}
	return strings.Join(parts, " · ")
}

func minutes(d time.Duration) string    { return strconv.Itoa(int(math.Round(d.Minutes()))) }
func hoursText(d time.Duration) string  { return strconv.Itoa(int(math.Round(d.Hours()))) }
func secondsOf(d time.Duration) string  { return strconv.Itoa(int(d.Seconds())) }
func secondsText(s float64) string      { return strconv.Itoa(int(math.Round(s))) + " s" }
func ratio(r float64) string            { return fmt.Sprintf("%.2f", r) }
func percent(share float64) string      { return strconv.Itoa(int(math.Round(100*share))) + " %" }
func zone(h queue.Hours) string         { return h.Zone.String() }
func holidays(h queue.Hours) string     { return h.ShowHolidays() }
func day(h queue.Hours, day int) string { return queue.ShowDay(h.Week[day]) }

// place is what the choice of a member's place starts with.
func place(m queue.Member) string {
	switch {
	case m.In && m.Helper:
		return "helper"
	case m.In:
		return "first"
	}
	return ""
}

func own(m queue.Member) string {
	if m.Own == 0 {
		return ""
	}
	return strconv.Itoa(m.Own)
}
