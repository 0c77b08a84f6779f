package manage

import (
	"net/url"

	"parley/app/domain/audit"
	"parley/app/platform/events"
	"parley/templates/ui"
)

// AuditPage is a page of the audit log, with the form that narrows it.
type AuditPage struct {
	Viewer
	Form     ui.Form
	Choices  audit.Choices
	Page     audit.Page
	Filtered bool   // anything was asked for
	Query    string // what was asked for, as an address has it
	HasNewer bool   // not the first page
	Next     string // address of the next page; empty: there is none
}

// auditOptions are the choices of a filter, after the one that narrows nothing.
func auditOptions(all string, list []audit.Choice) []ui.Option {
	o := []ui.Option{{Label: all}}
	for _, c := range list {
		o = append(o, ui.Option{Value: c.Value, Label: c.Name})
	}
	return o
}

// actorName is who did something.
func actorName(e audit.Entry) string {
	switch {
	case e.ActorName != "":
		return e.ActorName
	case e.ActorRole == "system":
		return "Parley"
	}
	return "Unknown"
}

// subjectAddress is the audit log of one subject; empty if the event is about none.
func subjectAddress(e audit.Entry) string {
	if e.Sentence.Subject == "" || e.Subject.ID == [16]byte{} {
		return ""
	}
	return "/admin/audit?" + url.Values{"subject": {e.Subject.ID.String()}}.Encode()
}

// originText says from where something was done.
func originText(o events.Origin) string {
	text := map[events.Via]string{events.Browser: "browser", events.API: "API", events.Import: "file import",
		events.CommandLine: "command line", events.System: "system"}[o.Via]
	if o.Address != "" {
		text += ", " + o.Address
	}
	return text
}

// exportAddress is where the events of a page's filter are handed out as a file.
func exportAddress(p AuditPage) string {
	if p.Query == "" {
		return "/admin/audit.csv"
	}
	return "/admin/audit.csv?" + p.Query
}
