package archive

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/app/bidi"
	"parley/app/chat"
)

// FileName is a name for the exported conversation, of letters every system can keep.
func (c Record) FileName(ending string) string {
	return fmt.Sprintf("conversation-%s-%s.%s", c.ClosedAt.UTC().Format("2006-01-02"), c.ID.String()[24:], ending)
}

// The exported conversation. What is the staff's is left out where there is none; names of fields are a promise to whoever
// reads such files by machine.
type document struct {
	ID       string    `json:"id"`
	Customer string    `json:"customer"`
	Website  string    `json:"website"`
	Visitor  string    `json:"visitor,omitempty"`
	Agent    string    `json:"agent,omitempty"` // as the visitor read it
	Started  time.Time `json:"started_at"`
	Closed   time.Time `json:"closed_at"`
	Rating   *verdict  `json:"rating,omitempty"`
	Messages []saying  `json:"messages"`
	Staff    *inner    `json:"staff,omitempty"`
}

type verdict struct {
	Value   int      `json:"value"` // stars; thumbs: 1 or 5
	Thumbs  bool     `json:"thumbs,omitempty"`
	Reasons []string `json:"reasons,omitempty"`
	Comment string   `json:"comment,omitempty"`
}

type saying struct {
	Number      int         `json:"number"`
	At          time.Time   `json:"at"`
	Kind        chat.Kind   `json:"kind"`
	From        chat.Author `json:"from"`
	Name        string      `json:"name,omitempty"`
	Text        string      `json:"text"`
	Changed     string      `json:"changed,omitempty"`
	Before      []before    `json:"before,omitempty"`
	Suggestions []offer     `json:"suggestions,omitempty"`
}

type before struct {
	Text  string    `json:"text"`
	Until time.Time `json:"until"`
}

type offer struct {
	Question string    `json:"question"`
	Choice   string    `json:"choice"`
	Agent    string    `json:"agent,omitempty"`
	At       time.Time `json:"at"`
}

type inner struct {
	Agent       string            `json:"agent,omitempty"` // by its own name
	Group       string            `json:"group"`
	Tags        []string          `json:"tags"`
	Assignments []hand            `json:"assignments"`
	Email       string            `json:"visitor_email,omitempty"`
	PageURL     string            `json:"page_url,omitempty"`
	PageTitle   string            `json:"page_title,omitempty"`
	Referrer    string            `json:"referrer,omitempty"`
	Browser     string            `json:"browser,omitempty"`
	Language    string            `json:"language,omitempty"`
	Country     string            `json:"country,omitempty"`
	Data        map[string]string `json:"data,omitempty"`
	Trail       []Step            `json:"trail,omitempty"`
	Suggestions []offer           `json:"suggestions,omitempty"` // on no message
}

type hand struct {
	Agent string     `json:"agent"`
	Group string     `json:"group"`
	How   string     `json:"how"`
	By    string     `json:"by,omitempty"`
	From  time.Time  `json:"from"`
	Until *time.Time `json:"until,omitempty"`
	Ended string     `json:"ended,omitempty"`
}

// JSON is the conversation for a machine, with all that is in the record.
func (c Record) JSON() ([]byte, error) {
	d := document{ID: c.ID.String(), Customer: c.CustomerName, Website: c.WebsiteName, Visitor: c.VisitorName, Agent: c.AgentName,
		Started: c.StartedAt.UTC(), Closed: c.ClosedAt.UTC(), Messages: []saying{}}
	if r := c.Rating; r.Value > 0 {
		d.Rating = &verdict{r.Value, r.Thumbs, r.Reasons, r.Comment}
	}
	for _, l := range c.Lines {
		s := saying{Number: l.Seq, At: l.At.UTC(), Kind: l.Kind, From: l.Author, Name: l.AuthorName, Text: l.Words(), Changed: l.Changed, Suggestions: offers(l.Suggestions)}
		for _, w := range l.Was {
			s.Before = append(s.Before, before{w.Body, w.Until.UTC()})
		}
		d.Messages = append(d.Messages, s)
	}
	if in := c.Staff; in != nil {
		d.Staff = &inner{Agent: in.Agent, Group: in.Group, Tags: append([]string{}, in.Tags...), Assignments: []hand{}, Email: in.VisitorEmail, PageURL: in.PageURL,
			PageTitle: in.PageTitle, Referrer: in.Referrer, Browser: in.Browser, Language: in.Language, Country: in.Country, Trail: in.Trail, Suggestions: offers(in.Suggestions)}
		for _, h := range in.Hands {
			x := hand{Agent: h.Agent, Group: h.Group, How: h.How, By: h.By, From: h.At.UTC(), Ended: h.Ended}
			if !h.Until.IsZero() {
				until := h.Until.UTC()
				x.Until = &until
			}
			d.Staff.Assignments = append(d.Staff.Assignments, x)
		}
		for _, x := range in.Data {
			if d.Staff.Data == nil {
				d.Staff.Data = map[string]string{}
			}
			d.Staff.Data[x.Name] = x.Value
		}
	}
	return json.MarshalIndent(d, "", "  ")
}

func offers(list []Suggestion) (o []offer) {
	for _, s := range list {
		o = append(o, offer{s.Question, s.Choice, s.Agent, s.At.UTC()})
	}
	return o
}

// Text is the conversation for a reader: who said what, when (UTC). What was typed ends its direction where it ends, so that
// nobody's words turn the lines around them; JSON has it as it was typed.
func (c Record) Text() string {
	var b strings.Builder
	line := func(label, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-11s%s\n", bidi.Isolate(label)+":", bidi.Isolate(strings.Join(strings.Fields(value), " ")))
		}
	}
	const full = "2006-01-02 15:04:05"
	line("Customer", c.CustomerName)
	line("Website", c.WebsiteName)
	line("Visitor", c.VisitorName)
	line("Agent", c.AgentName)
	line("Started", c.StartedAt.UTC().Format(full)+" UTC")
	line("Closed", c.ClosedAt.UTC().Format(full)+" UTC")
	if r := c.Rating; r.Value > 0 {
		line("Rated", strings.Join(append([]string{r.Marks()}, isolated(append(slices.Clone(r.Reasons), r.Comment))...), " "))
	}
	if in := c.Staff; in != nil {
		line("Group", in.Group)
		line("Tags", strings.Join(isolated(in.Tags), ", "))
		line("E-mail", in.VisitorEmail)
		line("Page", in.PageURL)
		line("Language", in.Language)
		line("Country", in.Country)
		for _, x := range in.Data {
			line(x.Name, x.Value)
		}
		for _, h := range in.Hands {
			line("Had by", fmt.Sprintf("%s (%s), %s from %s", h.Agent, h.Group, h.How, h.At.UTC().Format(full)))
		}
	}
	for _, l := range c.Lines {
		changed := ""
		if l.Changed != "" {
			changed = " (" + l.Changed + ")"
		}
		fmt.Fprintf(&b, "\n[%s] %s%s\n", l.At.UTC().Format(full), c.speaker(l), changed)
		if words := l.Words(); words != "" {
			b.WriteString("  " + strings.ReplaceAll(bidi.Isolate(words), "\n", "\n  ") + "\n") // indented: nobody writes a line that looks like another's
		}
		for _, w := range l.Was {
			fmt.Fprintf(&b, "  before: %s\n", strings.ReplaceAll(bidi.Isolate(w.Body), "\n", "\n  "))
		}
		for _, s := range l.Suggestions {
			fmt.Fprintf(&b, "  suggestion %s: %s\n", s.Choice, s.Question)
		}
	}
	return b.String()
}

func isolated(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = bidi.Isolate(s)
	}
	return out
}

// speaker is who says a line.
func (c Record) speaker(l Line) string {
	name := bidi.Isolate(l.AuthorName)
	switch {
	case l.Kind == chat.Note && name != "":
		return "Note by " + name
	case l.Kind == chat.Note:
		return "Note"
	case l.Kind == chat.System && name != "":
		return "* " + name
	case l.Kind == chat.System:
		return "*"
	case l.Author == chat.ByVisitor && c.VisitorName != "":
		return bidi.Isolate(c.VisitorName)
	case l.Author == chat.ByVisitor:
		return "Visitor"
	case name == "":
		return "Agent"
	}
	return name
}
