package admin

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"parley/app/chat"
	"parley/app/files"
	"parley/app/org"
	"parley/templates/ui"
)

// FileSorts is what can be allowed to be sent.
var FileSorts = files.Sorts

// WidgetPage is how a website's widget looks and behaves.
type WidgetPage struct {
	Viewer
	Website org.Website
	Form    ui.Form
	Part    string // the form that was refused
	Preview string // what the widget is told, as JSON
	Storage files.StorageUse
	NoMail  bool // this server sends none

	MailFrom string      // the address that mails come from; empty: none are sent
	Texts    []ui.Option // the names of the widget's texts, and what they say in English
}

// of returns the form's errors for the part that they are of.
func (p WidgetPage) of(part string) ui.Form {
	if p.Part == part {
		return p.Form
	}
	return ui.Form{}
}

// fresh reports whether a row of a refused form is one that was to be added.
func (p WidgetPage) fresh(part string, i int) bool {
	f := p.of(part)
	return f.Values != nil && f.Values[name(i, "there")] == ""
}

// rowWrong reports whether something is wrong in a row of a form.
func (p WidgetPage) rowWrong(part string, i int) bool {
	for field := range p.of(part).Errors {
		if strings.HasPrefix(field, name(i, "")) {
			return true
		}
	}
	return false
}

// allowed is what may be sent, or could be if files were allowed.
func allowed(f org.Files) []string {
	f.Off = false
	return f.Allowed()
}

// RatingsPage is how visitors rated.
type RatingsPage struct {
	Viewer
	By       string
	From, To time.Time
	List     []chat.Verdicts
	Said     []chat.Verdict
}

// BlocksPage is who may not write.
type BlocksPage struct {
	Viewer
	List []chat.Block
	Form ui.Form
}

var days = []struct {
	N    int
	Name string
}{{1, "Mon"}, {2, "Tue"}, {3, "Wed"}, {4, "Thu"}, {5, "Fri"}, {6, "Sat"}, {0, "Sun"}}

var presenceWords = map[org.Presence]string{org.Online: "online: somebody has room", org.Busy: "busy: all are talking", org.Away: "away: open, but nobody is there", org.Offline: "offline: closed"}

func has[T comparable](list []T, x T) bool { return slices.Contains(list, x) }

func num(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// whenSaid says in one line when a greeting is said.
func whenSaid(g org.Greeting) string {
	var parts []string
	for _, s := range g.States {
		parts = append(parts, string(s))
	}
	for _, d := range days {
		if has(g.Days, d.N) {
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
	if g.Holiday {
		parts = append(parts, "holidays")
	}
	if len(parts) == 0 {
		return "always"
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

var questionOptions = []ui.Option{{Value: "text", Label: "a text"}, {Value: "name", Label: "the name"}, {Value: "email", Label: "the e-mail address"}, {Value: "choice", Label: "a choice"}, {Value: "consent", Label: "consent"}}

func ratingOf(r org.Rating) string {
	switch {
	case r.Off:
		return "off"
	case r.Thumbs:
		return "thumbs"
	}
	return "stars"
}

// share is a part of a whole in percent.
func share(n, of int) string {
	if of == 0 {
		return "–"
	}
	return fmt.Sprintf("%d %%", (100*n+of/2)/of)
}

func mean(v chat.Verdicts) string {
	if v.Thumbs {
		return share(v.Good, v.Ratings) + " 👍"
	}
	return fmt.Sprintf("%.1f ★", v.Mean)
}

var byOptions = []ui.Option{{Value: "agent", Label: "Agent"}, {Value: "group", Label: "Group"}, {Value: "customer", Label: "Customer"}, {Value: "website", Label: "Website"}}

// signing is how a site's server signs its visitor, in Node.
func signing(key string) string {
	return `const jwt = require("jsonwebtoken");
const signed = jwt.sign({ sub: user.id, name: user.name, email: user.email }, "` + key + `", { algorithm: "HS256", expiresIn: "1h", jwtid: crypto.randomUUID() });
// in the page:  parley("identify", signed)      and when the user signs out:  parley("identify", null)`
}

// stored says how much of its storage somebody uses.
func stored(who string, use files.StorageUse) string {
	text := who + " store " + ui.Bytes(max(0, use.Used))
	if use.Limit == 0 {
		return text + " of files."
	}
	text += " of files; the limit is " + ui.Bytes(use.Limit) + "."
	if use.Used > use.Limit/10*9 {
		text += " No more files can be sent when it is reached. Ask who runs this installation for a higher one."
	}
	return text
}
