// Package archive draws the archive.
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
	Query       string // words that were looked for
	Filtered    bool   // anything was asked for
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

// conversationAddress is where a conversation is read, with the words it was found by.
func conversationAddress(c archive.Summary, sought string) string {
	to := "/review/" + c.ID.String()
	if sought != "" {
		to += "?q=" + url.QueryEscape(sought)
	}
	return to
}

// partAddress is the address of another page of a conversation.
func partAddress(c archive.Record, sought, name string, seq int) string {
	query := url.Values{name: {strconv.Itoa(seq)}}
	if sought != "" {
		query.Set("q", sought)
	}
	return "/review/" + c.ID.String() + "?" + query.Encode()
}

// listAddress is the list that a conversation was found in.
func listAddress(sought string) string {
	if sought == "" {
		return "/review"
	}
	return "/review?q=" + url.QueryEscape(sought)
}

// subtitle says where a conversation was and who had it.
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

// messageClass is the look of a line: as messages have it at the desk.
func messageClass(l archive.RecordMessage) string {
	if l.Kind == conversation.Note || l.Kind == conversation.System {
		return "message " + string(l.Kind)
	}
	return "message " + string(l.Author)
}

// choiceText says in words what was done with a suggestion.
func choiceText(s archive.Suggestion) string {
	words := map[string]string{"accepted": "Suggestion used", "edited": "Suggestion used, edited", "picked": "FAQ entry picked",
		"dismissed": "Suggestion dismissed", "example": "Kept as an example for"}
	if w := words[s.Choice]; w != "" {
		return w
	}
	return "Suggestion " + s.Choice
}

// questionText names the FAQ entry of a suggestion.
func questionText(s archive.Suggestion) string {
	if s.Question == "" {
		return "an entry that is no more"
	}
	return s.Question
}

// assignmentText says in words how an agent got a conversation, and how its time with it ended.
func assignmentText(h archive.Assignment) string {
	words := assignedText(h)
	if h.EndReason != "" {
		words += "; " + endText(h)
	}
	if !h.Until.IsZero() {
		words += " after " + ui.Duration(h.Until.Sub(h.From))
	}
	return words
}

// assignedText says in words how an agent got a conversation.
func assignedText(h archive.Assignment) string {
	by := ""
	if h.AssignedBy != "" {
		by = " by " + h.AssignedBy
	}
	switch h.Reason {
	case conversation.ReasonRouting:
		return "given by the rule"
	case conversation.ReasonTakeNext:
		return "took the next one"
	case conversation.ReasonPick:
		return "chose it from the line"
	case conversation.ReasonOfferAccepted:
		return "accepted it"
	case conversation.ReasonAssigned:
		return "given" + by
	case conversation.ReasonTakeOver:
		return "took it over"
	}
	return h.Reason
}

// endText says in words how an agent's time with it ended.
func endText(h archive.Assignment) string {
	switch h.EndReason {
	case conversation.SystemClosed:
		return "it ended"
	case conversation.ReasonReturned:
		return "gave it back"
	case conversation.ReasonConnectionLost:
		return "lost the connection"
	case conversation.ReasonAway:
		return "was away for too long"
	case conversation.ReasonNoReply:
		return "it was taken back"
	case conversation.ReasonTransfer:
		return "handed it over"
	case conversation.ReasonTakeOver, conversation.ReasonAssigned:
		return "a supervisor gave it to somebody else"
	}
	return h.EndReason
}

func anyKnown(values []string) bool { return strings.Join(values, "") != "" }

// highlighted is a text with what was sought in it marked; not a template, which would put spaces between the pieces.
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
