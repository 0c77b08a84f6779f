package archive

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/archive/internal/archivedb"
	"parley/app/chat"
	"parley/app/fail"
	"parley/app/pg"
)

// Record is a closed conversation as it happened. What is Staff's is empty for a reviewer.
type Record struct {
	ID           uuid.UUID
	Visitor      uuid.UUID
	VisitorName  string // empty: not known
	CustomerName string
	WebsiteName  string
	AgentName    string // who had it last, as the visitor read it; empty: nobody
	StartedAt    time.Time
	ClosedAt     time.Time
	Lines        []Line      // a page of them
	Earlier      int         // the page before ends before this message; 0: there is none
	Later        int         // the next page begins after this message; 0: there is none
	Rating       chat.Rating // the visitor's verdict; Value 0: none
	Staff        *Inside
}

// Inside is what only staff knows of a conversation.
type Inside struct {
	Agent        string // who had it last, by its own name
	Group        string
	VisitorEmail string
	PageURL      string
	PageTitle    string
	Referrer     string
	Browser      string
	Language     string
	Country      string
	Data         []Datum // what the website said of its visitor
	Trail        []Step
	Tags         []string
	Hands        []Hand
	Suggestions  []Suggestion // those that belong to no message; the others are with it
}

// What has become of a message.
const (
	Edited = "edited"
	Erased = "erased" // its body is empty here
)

// Line is a message, and what belongs to it.
type Line struct {
	chat.Message
	Changed     string       // one of the words above, or empty
	Was         []Former     // for staff: what it said before
	Suggestions []Suggestion // for staff: what was suggested on it and used
	Marked      []Piece      // its body with the words of a search marked; nil: as it is
}

// Former is what a message said until it was changed.
type Former struct {
	Body  string
	Until time.Time
}

// Suggestion is what an agent did with an answer that was offered.
type Suggestion struct {
	Question string // of the FAQ entry; empty: it is no more
	Choice   string // accepted, edited, dismissed, picked, example
	Agent    string
	Seq      int // the message it was on; 0: none
	At       time.Time
}

// Hand is somebody's time with the conversation.
type Hand struct {
	Agent, Group string
	How, By      string // as chat's words for how a conversation came to its agent; by whom, if by somebody else
	At, Until    time.Time
	Ended        string
}

// Datum is one thing the website said of its visitor.
type Datum struct{ Name, Value string }

// Step is a page the visitor has been on.
type Step struct {
	URL   string    `json:"url"`
	Title string    `json:"title"`
	At    time.Time `json:"at"`
}

// PageLines is how many messages a page of a record has.
const PageLines = 200

// Part is which page of a conversation is read: the one that begins after a message, or the one that ends before one. The zero Part is
// the first.
type Part struct{ After, Before int }

// Read returns a closed conversation as far as the actor may see it, with the first page of its messages and the words of a search
// marked.
func (r *Room) Read(ctx context.Context, who access.Actor, id uuid.UUID, sought string) (Record, error) {
	return r.ReadPart(ctx, who, id, sought, Part{})
}

// ReadPart is Read with another page.
func (r *Room) ReadPart(ctx context.Context, who access.Actor, id uuid.UUID, sought string, part Part) (c Record, err error) {
	err = r.reading(ctx, who, func(q *archivedb.Queries) error {
		row, err := q.GetPast(ctx, id)
		if pg.None(err) {
			return fail.Missing("conversation")
		}
		if err != nil {
			return err
		}
		c = Record{ID: row.ID, Visitor: row.VisitorID, VisitorName: row.VisitorName, CustomerName: row.CustomerName, WebsiteName: row.WebsiteName,
			AgentName: row.AgentName, StartedAt: row.CreatedAt, ClosedAt: row.ClosedAt,
			Rating: chat.Rating{Value: int(row.Rating), Thumbs: row.Thumbs, Reasons: row.Reasons, Comment: row.Comment}}
		if row.Staff {
			c.Staff = inside(row)
			if err := c.beside(ctx, q); err != nil {
				return err
			}
		}
		if err := c.page(ctx, q, part); err != nil {
			return err
		}
		return c.mark(ctx, q, sought)
	})
	return c, err
}

// page reads a page of the messages with what belongs to them.
func (c *Record) page(ctx context.Context, q *archivedb.Queries, part Part) error {
	var rows []archivedb.TranscriptRow
	var err error
	backwards := part.Before > 0
	if backwards {
		var before []archivedb.TranscriptBeforeRow
		before, err = q.TranscriptBefore(ctx, archivedb.TranscriptBeforeParams{ConversationID: c.ID, Before: int32(part.Before), Most: PageLines + 1})
		for _, row := range before {
			rows = append(rows, archivedb.TranscriptRow(row))
		}
	} else {
		rows, err = q.Transcript(ctx, archivedb.TranscriptParams{ConversationID: c.ID, After: int32(part.After), Most: PageLines + 1})
	}
	if err != nil {
		return err
	}
	more := len(rows) > PageLines
	rows = rows[:min(len(rows), PageLines)]
	if backwards {
		slices.Reverse(rows)
	}
	c.Lines, c.Earlier, c.Later = make([]Line, 0, len(rows)), 0, 0
	for _, m := range rows {
		if m.Changed == Erased {
			m.Body = ""
		}
		c.Lines = append(c.Lines, Line{Changed: m.Changed, Message: chat.Message{Conversation: c.ID, Seq: int(m.Seq), ID: m.ID, Kind: chat.Kind(m.Kind),
			Author: chat.Author(m.Author), AuthorName: m.AuthorName, Body: m.Body, At: m.CreatedAt}})
	}
	if len(rows) == 0 {
		return nil
	}
	first, last := rows[0].Seq, rows[len(rows)-1].Seq
	if backwards && more || !backwards && part.After > 0 {
		c.Earlier = int(first)
	}
	if backwards || more {
		c.Later = int(last)
	}
	if c.Staff == nil {
		return nil
	}
	return c.inPage(ctx, q, first, last)
}

// inPage adds what staff knows of the messages of a page.
func (c *Record) inPage(ctx context.Context, q *archivedb.Queries, first, last int32) error {
	at := map[int]*Line{}
	for i := range c.Lines {
		at[c.Lines[i].Seq] = &c.Lines[i]
	}
	traces, err := q.TracesOf(ctx, archivedb.TracesOfParams{ConversationID: c.ID, First: first, Last: last})
	if err != nil {
		return err
	}
	for _, x := range traces {
		if l := at[int(x.OfSeq)]; l != nil {
			l.Was = append(l.Was, Former{x.Was, x.CreatedAt})
		}
	}
	suggestions, err := q.SuggestionsOf(ctx, archivedb.SuggestionsOfParams{ConversationID: c.ID, First: first, Last: last})
	for _, x := range suggestions {
		if l := at[int(x.Seq)]; l != nil {
			l.Suggestions = append(l.Suggestions, Suggestion{x.Question, x.Kind, x.Agent, int(x.Seq), x.At})
		}
	}
	return err
}

func inside(row archivedb.GetPastRow) *Inside {
	in := &Inside{Agent: row.UserName, Group: row.GroupName, VisitorEmail: row.VisitorEmail, PageURL: row.PageUrl, PageTitle: row.PageTitle,
		Referrer: row.Referrer, Browser: row.UserAgent, Language: row.Language, Country: row.Country}
	var data map[string]any
	if json.Unmarshal(row.Data, &data) == nil { // what is not of the shape is not shown; it came from a page
		for _, name := range slices.Sorted(maps.Keys(data)) {
			value, text := data[name].(string)
			if !text {
				b, _ := json.Marshal(data[name])
				value = string(b)
			}
			in.Data = append(in.Data, Datum{name, value})
		}
	}
	if json.Unmarshal(row.Trail, &in.Trail) != nil {
		in.Trail = nil
	}
	return in
}

// beside adds what staff knows from other tables.
func (c *Record) beside(ctx context.Context, q *archivedb.Queries) (err error) {
	if c.Staff.Tags, err = q.TagsOf(ctx, c.ID); err != nil {
		return err
	}
	hands, err := q.HandsOf(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, h := range hands {
		hand := Hand{Agent: h.Agent, Group: h.GroupName, How: h.How, At: h.At, Ended: h.Ended}
		if h.ByName != h.Agent {
			hand.By = h.ByName
		}
		if h.EndedAt != nil {
			hand.Until = *h.EndedAt
		}
		c.Staff.Hands = append(c.Staff.Hands, hand)
	}
	suggestions, err := q.SuggestionsBeside(ctx, c.ID)
	for _, x := range suggestions {
		c.Staff.Suggestions = append(c.Staff.Suggestions, Suggestion{x.Question, x.Kind, x.Agent, int(x.Seq), x.At})
	}
	return err
}

// mark marks the words of a search.
func (c *Record) mark(ctx context.Context, q *archivedb.Queries, sought string) error {
	sought, err := fail.OptionalLine("the search", sought, MaxText)
	if err != nil || sought == "" {
		return nil // only a help for the eye
	}
	words, err := q.PlainWords(ctx, sought)
	for i := range c.Lines {
		if l := &c.Lines[i]; len(words) > 0 && l.Kind != chat.System && l.Kind != chat.File {
			l.Marked = Mark(l.Body, words)
		}
	}
	return err
}
