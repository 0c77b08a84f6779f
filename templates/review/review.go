// Package review draws past conversations.
package review

import (
	"context"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"parley/app/archive"
	"parley/app/bidi"
	"parley/app/chat"
	"parley/templates/ui"
)

// ListPage is a page of the archive, with the form that narrows it.
type ListPage struct {
	ui.Viewer
	Form     ui.Form
	Choices  archive.Choices
	Page     archive.Page
	Sought   string // words that were looked for
	Narrowed bool   // anything was asked for
	Later    bool   // not the first page
	Next     string // address of the next page; empty: there is none
}

// options are the choices of a filter, after the one that narrows nothing.
func options(all string, list []archive.Choice) []ui.Option {
	o := []ui.Option{{Label: all}}
	for _, c := range list {
		o = append(o, ui.Option{Value: c.Value, Label: c.Name})
	}
	return o
}

// address is where a conversation is read, with the words it was found by.
func address(c archive.Past, sought string) string {
	to := "/review/" + c.ID.String()
	if sought != "" {
		to += "?q=" + url.QueryEscape(sought)
	}
	return to
}

// part is the address of another page of a conversation.
func part(c archive.Record, sought, name string, seq int) string {
	query := url.Values{name: {strconv.Itoa(seq)}}
	if sought != "" {
		query.Set("q", sought)
	}
	return "/review/" + c.ID.String() + "?" + query.Encode()
}

// back is the list that a conversation was found in.
func back(sought string) string {
	if sought == "" {
		return "/review"
	}
	return "/review?q=" + url.QueryEscape(sought)
}

// about says where a conversation was and who had it.
func about(c archive.Past) string {
	parts := []string{c.CustomerName, c.WebsiteName, c.GroupName, ui.Isolated(ui.Visitor(c.VisitorName, c.Visitor)), c.Agent}
	kept := parts[:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, " · ")
}

// lineClass is the look of a line: as messages have it at the desk.
func lineClass(l archive.Line) string {
	if l.Kind == chat.Note || l.Kind == chat.System {
		return "message " + string(l.Kind)
	}
	return "message " + string(l.Author)
}

// choice says in words what was done with a suggestion.
func choice(s archive.Suggestion) string {
	words := map[string]string{"accepted": "Suggestion used", "edited": "Suggestion used, edited", "picked": "FAQ entry picked",
		"dismissed": "Suggestion dismissed", "example": "Kept as an example for"}
	if w := words[s.Choice]; w != "" {
		return w
	}
	return "Suggestion " + s.Choice
}

// question names the FAQ entry of a suggestion.
func question(s archive.Suggestion) string {
	if s.Question == "" {
		return "an entry that is no more"
	}
	return s.Question
}

// stay says in words how an agent got a conversation, and how its time with it ended.
func stay(h archive.Hand) string {
	words := how(h)
	if h.Ended != "" {
		words += "; " + end(h)
	}
	if !h.Until.IsZero() {
		words += " after " + ui.Duration(h.Until.Sub(h.At))
	}
	return words
}

// how says in words how an agent got a conversation.
func how(h archive.Hand) string {
	by := ""
	if h.By != "" {
		by = " by " + h.By
	}
	switch h.How {
	case chat.ByRouting:
		return "given by the rule"
	case chat.ByNext:
		return "took the next one"
	case chat.ByPick:
		return "chose it from the line"
	case chat.ByOffer:
		return "accepted it"
	case chat.ByOrder:
		return "given" + by
	case chat.ByTakeOver:
		return "took it over"
	}
	return h.How
}

// end says in words how an agent's time with it ended.
func end(h archive.Hand) string {
	switch h.Ended {
	case chat.Ended:
		return "it ended"
	case chat.ByReturn:
		return "gave it back"
	case chat.ByLoss:
		return "lost the connection"
	case chat.ByAway:
		return "was away for too long"
	case chat.ByTakeBack:
		return "it was taken back"
	case chat.ByTransfer:
		return "handed it over"
	case chat.ByTakeOver, chat.ByOrder:
		return "a supervisor gave it to somebody else"
	}
	return h.Ended
}

func known(values []string) bool { return strings.Join(values, "") != "" }

// text is a text with what was sought in it marked; not a template, which would put spaces between the pieces.
func text(pieces []archive.Piece) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var balanced bidi.Balancer
		for _, p := range pieces {
			words := templ.EscapeString(balanced.Next(p.Text))
			if p.Hit {
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
