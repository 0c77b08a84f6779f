// Package archive renders the archive.
package archive

import (
	"context"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"parley/app/domain/archive"
	"parley/app/domain/conversation"
	"parley/app/platform/bidi"
	"parley/templates/ui"
)

// ListPage is a page of the archive, with the form that narrows it.
type ListPage struct {
	ui.Viewer
	Form        ui.Form
	Choices     archive.Choices
	Page        archive.Page
	Query       string // the search; empty: none
	Filtered    bool   // there is a search or a filter
	HasPrevious bool   // not the first page
	Next        string // address of the next page; empty: there is none
}

// options are the choices of a filter, after the one that narrows nothing.
func options(all string, list []archive.Choice) []ui.Option {
	o := []ui.Option{{Label: all}}
	for _, c := range list {
		o = append(o, ui.Option{Value: c.Value, Label: c.Name})
	}
	return o
}

// conversationAddress is the address of a conversation, with the search that found it.
func conversationAddress(c archive.Summary, search string) string {
	to := "/archive/" + c.ID.String()
	if search != "" {
		to += "?q=" + url.QueryEscape(search)
	}
	return to
}

// partAddress is the address of another page of a conversation.
func partAddress(c archive.Record, search, name string, seq int) string {
	query := url.Values{name: {strconv.Itoa(seq)}}
	if search != "" {
		query.Set("q", search)
	}
	return "/archive/" + c.ID.String() + "?" + query.Encode()
}

// listAddress is the address of the list in which a conversation was found.
func listAddress(search string) string {
	if search == "" {
		return "/archive"
	}
	return "/archive?q=" + url.QueryEscape(search)
}

// subtitle says which website and group a conversation belongs to, and who had it.
func subtitle(c archive.Summary) string {
	parts := []string{c.CustomerName, c.WebsiteName, c.GroupName, ui.BidiIsolated(ui.VisitorName(c.VisitorName, c.Visitor)), c.Agent}
	named := parts[:0]
	for _, p := range parts {
		if p != "" {
			named = append(named, p)
		}
	}
	return strings.Join(named, " · ")
}

// messageClass is the class of a message, as at the desk.
func messageClass(l archive.RecordMessage) string {
	if l.Kind == conversation.Note || l.Kind == conversation.System {
		return "message " + string(l.Kind)
	}
	return "message " + string(l.Author)
}

// choiceText says in words what was done with a suggestion.
func choiceText(s archive.Suggestion) string {
	words := map[string]string{"accepted": "Suggestion used", "edited": "Suggestion edited and used", "picked": "FAQ entry used",
		"dismissed": "Suggestion dismissed", "example": "Saved as an example for"}
	if w := words[s.Choice]; w != "" {
		return w
	}
	return "Suggestion " + s.Choice
}

// questionText names the FAQ entry of a suggestion.
func questionText(s archive.Suggestion) string {
	if s.Question == "" {
		return "a deleted entry"
	}
	return s.Question
}

// assignmentText says in words how an agent got a conversation, and how its time with it ended.
func assignmentText(h archive.Assignment) string {
	text := conversation.AssignmentText(h.Reason, h.AssignedBy)
	if h.EndReason != "" {
		text += ". " + conversation.AssignmentEndText(h.EndReason)
		if !h.Until.IsZero() {
			text += " after " + ui.DurationText(h.Until.Sub(h.From))
		}
	}
	return text
}

func anyKnown(values []string) bool { return strings.Join(values, "") != "" }

// highlighted is a text with the words of a search marked. It is not a template, which would put spaces between the pieces.
func highlighted(pieces []archive.Span) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var balanced bidi.Balancer
		for _, p := range pieces {
			words := templ.EscapeString(balanced.Next(p.Text))
			if p.IsMatch {
				words = "<mark>" + words + "</mark>"
			}
			if _, err := io.WriteString(w, words); err != nil {
				return err
			}
		}
		_, err := io.WriteString(w, balanced.End())
		return err
	})
}
