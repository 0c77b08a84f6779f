package manage

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/group"
	"parley/app/domain/org"
	"parley/app/domain/routing"
	"parley/app/domain/settings"
	"parley/templates/ui"
)

// GroupsPage lists the groups.
type GroupsPage struct {
	Viewer
	Monitor   routing.Monitor
	Rules     settings.Routing
	Add       ui.Form
	RulesForm ui.Form
}

// GroupPage shows one group.
type GroupPage struct {
	Viewer
	Group       routing.GroupInfo
	Monitor     routing.Monitor
	Members     []group.Member
	DeletedWith group.Deletion
	Form        ui.Form

	MembersForm ui.Form
}

// Days are the weekdays, by time.Weekday.
var Days = []string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}

// fromMonday is the order in which days are shown.
var fromMonday = []int{1, 2, 3, 4, 5, 6, 0}

// DayField names a day's field.
func DayField(day int) string { return "day" + strconv.Itoa(day) }

var priorityOptions = []ui.Option{{Value: "2", Label: "Highest (waiting time counts four times)"}, {Value: "1", Label: "High (counts twice)"}, {Value: "0", Label: "Normal"},
	{Value: "-1", Label: "Low (counts half)"}, {Value: "-2", Label: "Lowest (counts a quarter)"}}

func priorityLabel(p int) string {
	for _, o := range priorityOptions {
		if o.Value == strconv.Itoa(p) {
			return o.Label
		}
	}
	return ""
}

func groupOptions(groups []group.Ref, none string) []ui.Option {
	list := []ui.Option{{Value: "", Label: none}}
	for _, g := range groups {
		list = append(list, ui.Option{Value: g.ID.String(), Label: g.Name})
	}
	return list
}

// otherGroups are the groups that can take over from one.
func otherGroups(b routing.Monitor, but uuid.UUID) []group.Ref {
	var list []group.Ref
	for _, g := range b.Groups {
		if g.ID != but {
			list = append(list, group.Ref{ID: g.ID, Name: g.Name})
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

func capacityShare(c org.Customer) string {
	if c.CapacityShare == 0 {
		return ""
	}
	return strconv.Itoa(c.CapacityShare)
}

func labelText(s group.WebsiteGroup) string {
	if len(s.Labels) == 0 {
		return "Visitors see the group's name"
	}
	return strings.Join(labelList(s), ", ")
}

func labelLines(s group.WebsiteGroup) string { return strings.Join(labelList(s), "\n") }

func labelList(s group.WebsiteGroup) []string {
	var parts []string
	for language, label := range s.Labels {
		parts = append(parts, language+": "+label)
	}
	slices.Sort(parts)
	return parts
}

// groupsNotAnswering leaves out the groups that answer already.
func groupsNotAnswering(groups []group.Ref, topics []group.WebsiteGroup) []group.Ref {
	return slices.DeleteFunc(slices.Clone(groups), func(g group.Ref) bool {
		return slices.ContainsFunc(topics, func(s group.WebsiteGroup) bool { return s.Group == g.ID })
	})
}

// MembershipPrefix begins the name of the field of a member's role in the group.
const MembershipPrefix = "place-"

// MemberField names a field of a member's row.
func MemberField(name string, member uuid.UUID) string { return name + "-" + member.String() }

// groupSummary says in one line how a group is doing.
func groupSummary(g routing.GroupInfo) string {
	parts := []string{}
	switch {
	case !g.Open:
		parts = append(parts, "closed now")
	case g.OnlineAgents == 0:
		parts = append(parts, "no agent online")
	default:
		parts = append(parts, fmt.Sprintf("%d online", g.OnlineAgents))
	}
	parts = append(parts, fmt.Sprintf("%d waiting", g.Waiting))
	if !g.Automatic {
		parts = append(parts, "no automatic assignment")
	}
	return strings.Join(parts, " · ")
}

func minutes(d time.Duration) string   { return strconv.Itoa(int(math.Round(d.Minutes()))) }
func hoursText(d time.Duration) string { return strconv.Itoa(int(math.Round(d.Hours()))) }
func secondsOf(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }
func secondsText(s float64) string {
	return ui.DurationText(time.Duration(math.Round(s)) * time.Second)
}
func ratio(r float64) string            { return fmt.Sprintf("%.2f", r) }
func percent(share float64) string      { return strconv.Itoa(int(math.Round(100*share))) + " %" }
func zone(h group.Hours) string         { return h.Zone.String() }
func holidays(h group.Hours) string     { return h.FormatHolidays() }
func day(h group.Hours, day int) string { return group.FormatDay(h.Week[day]) }

// membership is what the choice of a member's role in the group starts with.
func membership(m group.Member) string {
	switch {
	case m.IsMember && m.Helper:
		return "helper"
	case m.IsMember:
		return "first"
	}
	return ""
}

func ownLimit(m group.Member) string {
	if m.GroupMaxChats == 0 {
		return ""
	}
	return strconv.Itoa(m.GroupMaxChats)
}
