package manage

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"parley/app/domain/conversation"
	"parley/app/domain/files"
	"parley/app/domain/org"
	"parley/app/domain/settings"
	"parley/app/domain/visitor"
	"parley/templates/ui"
)

// FileTypes is what can be allowed to be sent.
var FileTypes = files.Categories

// WidgetPage is how a website's widget looks and behaves, or what websites inherit.
type WidgetPage struct {
	Viewer
	State    settings.State
	Website  org.Website  // of a website's page
	Customer org.Customer // of a customer's page
	Form     ui.Form
	Section  string // the form that was refused
	Preview  string // what the widget is told, as JSON
	Storage  files.StorageUse
	NoMail   bool // this server sends none

	MailFrom string      // the address that mails come from; empty: none are sent
	Texts    []ui.Option // the names of the widget's texts, and what they say in English
}

// sectionForm returns the form's errors for the part that they are of.
func (p WidgetPage) sectionForm(part string) ui.Form {
	if p.Section == part {
		return p.Form
	}
	return ui.Form{}
}

// origins is where the settings come from.
func (p WidgetPage) origins() Origins {
	return Origins{p.State, orDefault(p.Website.CustomerName, p.Customer.Name)}
}

// help is the hint of a field, with where its value comes from.
func (p WidgetPage) help(name, hint string) string { return p.origins().help(name, hint) }

// ofWebsite reports whether the page is a website's.
func (p WidgetPage) ofWebsite() bool { return p.State.Place.Level() == settings.WebsiteLevel }

// isNewRow reports whether a row of a refused form is one that was to be added.
func (p WidgetPage) isNewRow(part string, i int) bool {
	f := p.sectionForm(part)
	return f.Values != nil && f.Values[rowFieldName(i, "there")] == ""
}

// hasRowError reports whether something is wrong in a row of a form.
func (p WidgetPage) hasRowError(part string, i int) bool {
	for field := range p.sectionForm(part).Errors {
		if strings.HasPrefix(field, rowFieldName(i, "")) {
			return true
		}
	}
	return false
}

// allowed is what may be sent, or could be if files were allowed.
func allowed(f settings.Files) []string {
	f.Disabled = false
	return f.AllowedTypes()
}

// RatingsPage is how visitors rated.
type RatingsPage struct {
	Viewer
	By       string
	From, To time.Time
	List     []conversation.RatingSummary
	Comments []conversation.CommentedRating
}

// BlocksPage is who may not write.
type BlocksPage struct {
	Viewer
	List []visitor.Block
	Form ui.Form
}

var days = []struct {
	N    int
	Name string
}{{1, "Mon"}, {2, "Tue"}, {3, "Wed"}, {4, "Thu"}, {5, "Fri"}, {6, "Sat"}, {0, "Sun"}}

var presenceLabels = map[settings.Availability]string{settings.Online: "Online: an agent has free capacity", settings.Busy: "Busy: all agents are at their limit", settings.Away: "Away: open, but no agent is online", settings.Offline: "Offline: closed"}

var availabilityLabel = map[settings.Availability]string{settings.Online: "Online", settings.Busy: "Busy", settings.Away: "Away", settings.Offline: "Offline"}

func contains[T comparable](list []T, x T) bool { return slices.Contains(list, x) }

func numberOrEmpty(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// greetingConditions says in one line when a greeting is shown.
func greetingConditions(g settings.Greeting) string {
	var parts []string
	for _, s := range g.States {
		parts = append(parts, availabilityLabel[s])
	}
	for _, d := range days {
		if contains(g.Days, d.N) {
			parts = append(parts, d.Name)
		}
	}
	if g.From != "" {
		parts = append(parts, g.From+"–"+g.To)
	}
	if g.Page != "" {
		parts = append(parts, g.Page)
	}
	if g.Language != "" {
		parts = append(parts, g.Language)
	}
	if g.OnlyHolidays {
		parts = append(parts, "Holidays")
	}
	if len(parts) == 0 {
		return "Always"
	}
	return strings.Join(parts, " · ")
}

// textLines is texts as lines, sorted.
func textLines(texts map[string]map[string]string) string {
	var list []string
	for l, of := range texts {
		for name, text := range of {
			if l != "" {
				name = l + "." + name
			}
			list = append(list, name+" = "+text)
		}
	}
	sort.Strings(list)
	return strings.Join(list, "\n")
}

func labelsOf(labels map[string]string) string {
	var list []string
	for l, text := range labels {
		list = append(list, l+": "+text)
	}
	sort.Strings(list)
	return strings.Join(list, "\n")
}

var questionOptions = []ui.Option{{Value: "text", Label: "Text"}, {Value: "name", Label: "Name"}, {Value: "email", Label: "Email address"}, {Value: "choice", Label: "Choice"}, {Value: "consent", Label: "Consent"}}

func ratingOf(r settings.Rating) string {
	switch {
	case r.Disabled:
		return "off"
	case r.Thumbs:
		return "thumbs"
	}
	return "stars"
}

// percentOf is a part of a whole in percent.
func percentOf(n, of int) string {
	if of == 0 {
		return "–"
	}
	return fmt.Sprintf("%d %%", (100*n+of/2)/of)
}

func meanText(v conversation.RatingSummary) string {
	if v.Thumbs {
		return percentOf(v.Good, v.Count) + " 👍"
	}
	return fmt.Sprintf("%.1f ★", v.Mean)
}

var byOptions = []ui.Option{{Value: "agent", Label: "Agent"}, {Value: "group", Label: "Group"}, {Value: "customer", Label: "Customer"}, {Value: "website", Label: "Website"}}

// signingExample is how a site's server signs its visitor, in Node.
func signingExample(key string) string {
	return `const jwt = require("jsonwebtoken");
const signed = jwt.sign({ sub: user.id, name: user.name, email: user.email }, "` + key + `", { algorithm: "HS256", expiresIn: "1h", jwtid: crypto.randomUUID() });
// in the page:  parley("identify", signed)      when the user logs out:  parley("identify", null)`
}

// storageText says how much file storage is used, and by what.
func storageText(who string, use files.StorageUse) string {
	text := who + " use " + ui.FileSize(max(0, use.Used))
	if use.Limit == 0 {
		return text + " of file storage."
	}
	text += " of " + ui.FileSize(use.Limit) + " file storage."
	if use.Used > use.Limit/10*9 {
		text += " When it is full, no more files can be sent. Ask the operator of this server for more storage."
	}
	return text
}
