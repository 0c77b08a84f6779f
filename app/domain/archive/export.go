package archive

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/archive/internal/archivedb"
	"parley/app/domain/conversation"
	"parley/app/platform/access"
	"parley/app/platform/bidi"
	"parley/app/platform/markup"
)

const timeLayout = "2006-01-02 15:04:05"

// FileName returns a name for the exported conversation that every file system can store.
func (c Record) FileName(ending string) string {
	return fmt.Sprintf("conversation-%s-%s.%s", c.ClosedAt.UTC().Format("2006-01-02"), c.ID.String()[24:], ending)
}

// exportDocument is the exported conversation as JSON. The names of its fields are an interface: programs read such files.
type exportDocument struct {
	ID       string        `json:"id"`
	Customer string        `json:"customer"`
	Website  string        `json:"website"`
	Visitor  string        `json:"visitor,omitempty"`
	Agent    string        `json:"agent,omitempty"` // as the visitor read it
	Started  time.Time     `json:"started_at"`
	Closed   time.Time     `json:"closed_at"`
	Rating   *exportRating `json:"rating,omitempty"`

	// Then "messages", of type []exportMessage, and "staff", of type exportStaff, which are written after each other.
}

type exportRating struct {
	Value   int      `json:"value"` // stars; thumbs: 1 or 5
	Thumbs  bool     `json:"thumbs,omitempty"`
	Reasons []string `json:"reasons,omitempty"`
	Comment string   `json:"comment,omitempty"`
}

type exportMessage struct {
	Number      int                  `json:"number"`
	At          time.Time            `json:"at"`
	Kind        conversation.Kind    `json:"kind"`
	From        conversation.Author  `json:"from"`
	Name        string               `json:"name,omitempty"`
	Text        string               `json:"text"`
	Changed     string               `json:"changed,omitempty"`
	Before      []exportPreviousText `json:"before,omitempty"`
	Suggestions []exportSuggestion   `json:"suggestions,omitempty"`
}

type exportPreviousText struct {
	Text  string    `json:"text"`
	Until time.Time `json:"until"`
}

type exportSuggestion struct {
	Question string    `json:"question"`
	Choice   string    `json:"choice"`
	Agent    string    `json:"agent,omitempty"`
	At       time.Time `json:"at"`
}

type exportStaff struct {
	Agent       string             `json:"agent,omitempty"` // by its own name
	Group       string             `json:"group"`
	Tags        []string           `json:"tags"`
	Assignments []exportAssignment `json:"assignments"`
	Email       string             `json:"visitor_email,omitempty"`
	PageURL     string             `json:"page_url,omitempty"`
	PageTitle   string             `json:"page_title,omitempty"`
	Referrer    string             `json:"referrer,omitempty"`
	Browser     string             `json:"browser,omitempty"`
	Language    string             `json:"language,omitempty"`
	Country     string             `json:"country,omitempty"`
	Data        map[string]string  `json:"data,omitempty"`
	PageViews   []PageView         `json:"trail,omitempty"`
	Suggestions []exportSuggestion `json:"suggestions,omitempty"` // for no message
}

type exportAssignment struct {
	Agent  string     `json:"agent"`
	Group  string     `json:"group"`
	Reason string     `json:"how"`
	By     string     `json:"by,omitempty"`
	From   time.Time  `json:"from"`
	Until  *time.Time `json:"until,omitempty"`
	Ended  string     `json:"ended,omitempty"`
}

// Export reads a closed conversation as far as the actor may see it and writes it as "json" or "txt", a page of its messages after the
// other, so that it takes little memory however long it is, and records who has done so. begin is told of the record, without its messages,
// before anything is written.
func (s *Service) Export(ctx context.Context, actor access.Actor, id uuid.UUID, format string, w io.Writer, begin func(Record)) error {
	if err := actor.Require(access.ArchiveExport); err != nil {
		return err
	}
	c, err := s.GetPage(ctx, actor, id, "", MessageCursor{})
	if err != nil {
		return err
	}
	if err := s.recordExport(ctx, actor, c, format); err != nil {
		return err
	}
	begin(c)
	out := exportWriter{Writer: bufio.NewWriter(w), record: c, json: format == "json"}
	out.head()
	for {
		for _, l := range c.Messages {
			out.message(l)
		}
		if c.NextAfter == 0 {
			break
		}
		if err := out.Flush(); err != nil { // who has gone is not read for
			return err
		}
		after := MessageCursor{After: c.NextAfter}
		if err := s.readTx(ctx, actor, func(q *archivedb.Queries) error { return c.loadMessages(ctx, q, after) }); err != nil {
			return err
		}
	}
	out.end()
	return errors.Join(out.err, out.Flush())
}

// JSON is the conversation for a machine, with all that is in the record.
func (c Record) JSON() ([]byte, error) {
	var b bytes.Buffer
	err := c.write(&b, true)
	return b.Bytes(), err
}

// Text is the conversation for a reader: who wrote what, when (UTC). Text of people is isolated, so that its direction does not change the
// lines around it, and has no formatting marks; JSON has it as it was typed.
func (c Record) Text() string {
	var b strings.Builder
	c.write(&b, false)
	return b.String()
}

func (c Record) write(w io.Writer, json bool) error {
	out := exportWriter{Writer: bufio.NewWriter(w), record: c, json: json}
	out.head()
	for _, l := range c.Messages {
		out.message(l)
	}
	out.end()
	return errors.Join(out.err, out.Flush())
}

// exportWriter writes an export: head, messages, end.
type exportWriter struct {
	*bufio.Writer
	record Record
	json   bool
	count  int
	err    error
}

func (w *exportWriter) head() {
	if !w.json {
		w.WriteString(w.record.textHead())
		return
	}
	b := w.indented(w.record.head(), "")
	w.Write(bytes.TrimSuffix(b, []byte("\n}")))
	w.WriteString(",\n  \"messages\": [")
}

func (w *exportWriter) message(l RecordMessage) {
	w.count++
	if !w.json {
		w.WriteString(w.record.textMessage(l))
		return
	}
	if w.count > 1 {
		w.WriteByte(',')
	}
	w.WriteString("\n    ")
	w.Write(w.indented(toExportMessage(l), "    "))
}

func (w *exportWriter) end() {
	if !w.json {
		return
	}
	if w.count > 0 {
		w.WriteString("\n  ")
	}
	w.WriteString("]")
	if in := w.record.Staff; in != nil {
		w.WriteString(",\n  \"staff\": ")
		w.Write(w.indented(toExportStaff(in), "  "))
	}
	w.WriteString("\n}")
}

func (w *exportWriter) indented(v any, prefix string) []byte {
	b, err := json.MarshalIndent(v, prefix, "  ")
	w.err = errors.Join(w.err, err)
	return b
}

// head is the document without its messages and the details for the team.
func (c Record) head() exportDocument {
	d := exportDocument{ID: c.ID.String(), Customer: c.CustomerName, Website: c.WebsiteName, Visitor: c.VisitorName, Agent: c.AgentName,
		Started: c.StartedAt.UTC(), Closed: c.ClosedAt.UTC()}
	if r := c.Rating; r.Value > 0 {
		d.Rating = &exportRating{r.Value, r.Thumbs, r.Reasons, r.Comment}
	}
	return d
}

func toExportMessage(l RecordMessage) exportMessage {
	s := exportMessage{
		Number:      l.Seq,
		At:          l.At.UTC(),
		Kind:        l.Kind,
		From:        l.Author,
		Name:        l.AuthorName,
		Text:        l.PlainText(),
		Changed:     l.Changed,
		Suggestions: toExportSuggestions(l.Suggestions),
	}
	for _, w := range l.Previous {
		s.Before = append(s.Before, exportPreviousText{w.Body, w.Until.UTC()})
	}
	return s
}

func toExportStaff(in *StaffDetails) *exportStaff {
	x := &exportStaff{
		Agent:       in.Agent,
		Group:       in.Group,
		Tags:        append([]string{}, in.Tags...),
		Assignments: []exportAssignment{},
		Email:       in.VisitorEmail,
		PageURL:     in.PageURL,
		PageTitle:   in.PageTitle,
		Referrer:    in.Referrer,
		Browser:     in.Browser,
		Language:    in.Language,
		Country:     in.Country,
		PageViews:   in.PageViews,
		Suggestions: toExportSuggestions(in.Suggestions),
	}
	for _, h := range in.Assignments {
		one := exportAssignment{Agent: h.Agent, Group: h.Group, Reason: h.Reason, By: h.AssignedBy, From: h.From.UTC(), Ended: h.EndReason}
		if !h.Until.IsZero() {
			until := h.Until.UTC()
			one.Until = &until
		}
		x.Assignments = append(x.Assignments, one)
	}
	for _, d := range in.Data {
		if x.Data == nil {
			x.Data = map[string]string{}
		}
		x.Data[d.Name] = d.Value
	}
	return x
}

func toExportSuggestions(list []Suggestion) (o []exportSuggestion) {
	for _, s := range list {
		o = append(o, exportSuggestion{s.Question, s.Choice, s.Agent, s.At.UTC()})
	}
	return o
}

// textHead is the beginning of a text.
func (c Record) textHead() string {
	var b strings.Builder
	line := func(label, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-11s%s\n", bidi.Isolate(label)+":", bidi.Isolate(strings.Join(strings.Fields(value), " ")))
		}
	}
	line("Customer", c.CustomerName)
	line("Website", c.WebsiteName)
	line("Visitor", c.VisitorName)
	line("Agent", c.AgentName)
	line("Started", c.StartedAt.UTC().Format(timeLayout)+" UTC")
	line("Closed", c.ClosedAt.UTC().Format(timeLayout)+" UTC")
	if r := c.Rating; r.Value > 0 {
		line("Rating", strings.Join(append([]string{r.Symbols()}, isolateAll(append(slices.Clone(r.Reasons), r.Comment))...), " "))
	}
	if in := c.Staff; in != nil {
		line("Group", in.Group)
		line("Tags", strings.Join(isolateAll(in.Tags), ", "))
		line("Email", in.VisitorEmail)
		line("Page", in.PageURL)
		line("Language", in.Language)
		line("Country", in.Country)
		for _, x := range in.Data {
			line(x.Name, x.Value)
		}
		for _, h := range in.Assignments {
			line("Assigned", fmt.Sprintf("%s (%s), %s UTC: %s", h.Agent, h.Group, h.From.UTC().Format(timeLayout),
				conversation.AssignmentText(h.Reason, h.AssignedBy)))
		}
	}
	return b.String()
}

// textMessage is a message in a text.
func (c Record) textMessage(l RecordMessage) string {
	var b strings.Builder
	changed := map[string]string{Edited: " (edited)", Erased: " (deleted)"}[l.Changed]
	fmt.Fprintf(&b, "\n[%s] %s%s\n", l.At.UTC().Format(timeLayout), c.speaker(l), changed)
	words := l.PlainText()
	if l.Author == conversation.ByAgent && (l.Kind == conversation.Text || l.Kind == conversation.Note) {
		words = markup.RenderPlain(markup.Parse(words)) // visitors' texts have no marks
	}
	if words != "" {
		// indented, so that a message cannot contain a line that looks like another author's message
		b.WriteString("  " + strings.ReplaceAll(bidi.Isolate(words), "\n", "\n  ") + "\n")
	}
	for _, w := range l.Previous {
		fmt.Fprintf(&b, "  Earlier text: %s\n", strings.ReplaceAll(bidi.Isolate(w.Body), "\n", "\n  "))
	}
	for _, s := range l.Suggestions {
		fmt.Fprintf(&b, "  Suggestion %s: %s\n", s.Choice, s.Question)
	}
	return b.String()
}

func isolateAll(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = bidi.Isolate(s)
	}
	return out
}

// speaker is the author of a message.
func (c Record) speaker(l RecordMessage) string {
	name := bidi.Isolate(l.AuthorName)
	switch {
	case l.Kind == conversation.Note && name != "":
		return "Note by " + name
	case l.Kind == conversation.Note:
		return "Note"
	case l.Kind == conversation.System && name != "":
		return "* " + name
	case l.Kind == conversation.System:
		return "*"
	case l.Author == conversation.ByVisitor && c.VisitorName != "":
		return bidi.Isolate(c.VisitorName)
	case l.Author == conversation.ByVisitor:
		return "Visitor"
	case name == "":
		return "Agent"
	}
	return name
}
