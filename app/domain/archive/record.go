package archive

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/archive/internal/archivedb"
	"parley/app/domain/conversation"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

// Record is a closed conversation as it happened.
type Record struct {
	ID           uuid.UUID
	Visitor      uuid.UUID
	VisitorName  string // empty: not known
	Customer     uuid.UUID
	CustomerName string
	WebsiteName  string
	AgentName    string // who had it last, as the visitor read it; empty: nobody
	StartedAt    time.Time
	ClosedAt     time.Time
	Messages     []RecordMessage     // a page of them
	PrevBefore   int                 // the page before ends before this message; 0: there is none
	NextAfter    int                 // the next page begins after this message; 0: there is none
	Rating       conversation.Rating // by the visitor; Value 0: none
	Staff        *StaffDetails       // nil for a reviewer
}

// StaffDetails is what only the team sees of a conversation.
type StaffDetails struct {
	Agent        string // who had it last, by its own name
	Group        string
	VisitorEmail string
	PageURL      string
	PageTitle    string
	Referrer     string
	Browser      string
	Language     string
	Country      string
	Data         []DataField // that the website has passed about its visitor
	PageViews    []PageView
	Tags         []string
	Assignments  []Assignment
	Suggestions  []Suggestion // those that belong to no message; the others are in RecordMessage
}

// What has become of a message.
const (
	Edited = "edited"
	Erased = "erased" // its body is empty here
)

// RecordMessage is a message, and what belongs to it.
type RecordMessage struct {
	conversation.Message
	Changed     string         // Edited, Erased, or empty
	Previous    []PreviousText // for the team: earlier texts
	Suggestions []Suggestion   // for the team: suggestions that were made for it
	Highlighted []Span         // its body with the matches of a search; nil: there is no search
}

// PreviousText is the text of a message until it was changed.
type PreviousText struct {
	Body  string
	Until time.Time
}

// Suggestion is what an agent did with a suggested FAQ entry.
type Suggestion struct {
	Question string // of the FAQ entry; empty: it is deleted
	Choice   string // accepted, edited, dismissed, picked, example
	Agent    string
	Seq      int // number of the message that it was made for; 0: none
	At       time.Time
}

// Assignment is the time in which an agent had the conversation.
type Assignment struct {
	Agent, Group       string
	Reason, AssignedBy string // how the conversation came to its agent (conversation.Reason…), and who assigned it, if not the agent
	From, Until        time.Time
	EndReason          string
}

// DataField is one value that the website has passed about its visitor.
type DataField struct{ Name, Value string }

// PageView is a page that the visitor has been on.
type PageView struct {
	URL   string    `json:"url"`
	Title string    `json:"title"`
	At    time.Time `json:"at"`
}

// RecordPageSize is how many messages a page of a record has.
const RecordPageSize = 200

// MessageCursor is which page of a conversation is read: the one that begins after a message, or the one that ends
// before one. The zero cursor is the first page.
type MessageCursor struct{ After, Before int }

// Get returns a closed conversation as far as the actor may see it, with the first page of its messages and the words of a search
// marked.
func (s *Service) Get(ctx context.Context, actor access.Actor, id uuid.UUID, query string) (Record, error) {
	return s.GetPage(ctx, actor, id, query, MessageCursor{})
}

// GetPage is Get with another page. It returns fail.NotFound if the actor sees no such conversation.
func (s *Service) GetPage(ctx context.Context, actor access.Actor, id uuid.UUID, query string, cursor MessageCursor) (c Record, err error) {
	err = s.readTx(ctx, actor, func(q *archivedb.Queries) error {
		row, err := q.GetArchived(ctx, id)
		if pg.IsNoRows(err) {
			return fail.Missing("conversation")
		}
		if err != nil {
			return err
		}
		c = Record{
			ID:           row.ID,
			Visitor:      row.VisitorID,
			VisitorName:  row.VisitorName,
			Customer:     row.CustomerID,
			CustomerName: row.CustomerName,
			WebsiteName:  row.WebsiteName,
			AgentName:    row.AgentName,
			StartedAt:    row.CreatedAt,
			ClosedAt:     row.ClosedAt,
			Rating:       conversation.Rating{Value: int(row.Rating), Thumbs: row.Thumbs, Reasons: row.Reasons, Comment: row.Comment},
		}
		if row.Staff {
			c.Staff = toStaffDetails(row)
			if err := c.loadStaffDetails(ctx, q); err != nil {
				return err
			}
		}
		if err := c.loadMessages(ctx, q, cursor); err != nil {
			return err
		}
		return c.highlight(ctx, q, query)
	})
	return c, err
}

// loadMessages reads a page of the messages with what belongs to them.
func (c *Record) loadMessages(ctx context.Context, q *archivedb.Queries, cursor MessageCursor) error {
	var rows []archivedb.ListTranscriptAfterRow
	var err error
	backwards := cursor.Before > 0
	if backwards {
		var before []archivedb.ListTranscriptBeforeRow
		before, err = q.ListTranscriptBefore(ctx, archivedb.ListTranscriptBeforeParams{
			ConversationID: c.ID,
			Before:         int32(cursor.Before),
			Most:           RecordPageSize + 1,
		})
		for _, row := range before {
			rows = append(rows, archivedb.ListTranscriptAfterRow(row))
		}
	} else {
		rows, err = q.ListTranscriptAfter(ctx, archivedb.ListTranscriptAfterParams{
			ConversationID: c.ID,
			After:          int32(cursor.After),
			Most:           RecordPageSize + 1,
		})
	}
	if err != nil {
		return err
	}
	more := len(rows) > RecordPageSize
	rows = rows[:min(len(rows), RecordPageSize)]
	if backwards {
		slices.Reverse(rows)
	}
	c.Messages, c.PrevBefore, c.NextAfter = make([]RecordMessage, 0, len(rows)), 0, 0
	for _, m := range rows {
		if m.Changed == Erased {
			m.Body = ""
		}
		c.Messages = append(c.Messages, RecordMessage{
			Changed: m.Changed,
			Message: conversation.Message{Conversation: c.ID, Seq: int(m.Seq), ID: m.ID, Kind: conversation.Kind(m.Kind),
				Author: conversation.Author(m.Author), AuthorName: m.AuthorName, Body: m.Body, At: m.CreatedAt},
		})
	}
	if len(rows) == 0 {
		return nil
	}
	first, last := rows[0].Seq, rows[len(rows)-1].Seq
	if backwards && more || !backwards && cursor.After > 0 {
		c.PrevBefore = int(first)
	}
	if backwards || more {
		c.NextAfter = int(last)
	}
	if c.Staff == nil {
		return nil
	}
	return c.loadMessageDetails(ctx, q, first, last)
}

// loadMessageDetails adds what only the team sees of the messages of a page.
func (c *Record) loadMessageDetails(ctx context.Context, q *archivedb.Queries, first, last int32) error {
	at := map[int]*RecordMessage{}
	for i := range c.Messages {
		at[c.Messages[i].Seq] = &c.Messages[i]
	}
	edits, err := q.ListMessageHistory(ctx, archivedb.ListMessageHistoryParams{ConversationID: c.ID, First: first, Last: last})
	if err != nil {
		return err
	}
	for _, x := range edits {
		if l := at[int(x.OfSeq)]; l != nil {
			l.Previous = append(l.Previous, PreviousText{x.PreviousBody, x.CreatedAt})
		}
	}
	suggestions, err := q.ListSuggestions(ctx, archivedb.ListSuggestionsParams{ConversationID: c.ID, First: first, Last: last})
	for _, x := range suggestions {
		if l := at[int(x.Seq)]; l != nil {
			l.Suggestions = append(l.Suggestions, Suggestion{x.Question, x.Kind, x.Agent, int(x.Seq), x.At})
		}
	}
	return err
}

func toStaffDetails(row archivedb.GetArchivedRow) *StaffDetails {
	in := &StaffDetails{
		Agent:        row.UserName,
		Group:        row.GroupName,
		VisitorEmail: row.VisitorEmail,
		PageURL:      row.PageUrl,
		PageTitle:    row.PageTitle,
		Referrer:     row.Referrer,
		Browser:      row.UserAgent,
		Language:     row.Language,
		Country:      row.Country,
	}
	var data map[string]any
	if json.Unmarshal(row.Data, &data) == nil { // what is not of the shape is not shown; it came from a page
		for _, name := range slices.Sorted(maps.Keys(data)) {
			value, text := data[name].(string)
			if !text {
				b, _ := json.Marshal(data[name])
				value = string(b)
			}
			in.Data = append(in.Data, DataField{name, value})
		}
	}
	if json.Unmarshal(row.Trail, &in.PageViews) != nil {
		in.PageViews = nil
	}
	return in
}

// loadStaffDetails adds what only the team sees from other tables.
func (c *Record) loadStaffDetails(ctx context.Context, q *archivedb.Queries) (err error) {
	if c.Staff.Tags, err = q.ListConversationTags(ctx, c.ID); err != nil {
		return err
	}
	assignments, err := q.ListAssignments(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, h := range assignments {
		assignment := Assignment{Agent: h.Agent, Group: h.GroupName, Reason: h.Method, From: h.AssignedAt, EndReason: h.EndReason}
		if h.ByName != h.Agent {
			assignment.AssignedBy = h.ByName
		}
		if h.EndedAt != nil {
			assignment.Until = *h.EndedAt
		}
		c.Staff.Assignments = append(c.Staff.Assignments, assignment)
	}
	suggestions, err := q.ListOtherSuggestions(ctx, c.ID)
	for _, x := range suggestions {
		c.Staff.Suggestions = append(c.Staff.Suggestions, Suggestion{x.Question, x.Kind, x.Agent, int(x.Seq), x.At})
	}
	return err
}

// highlight finds the matches of a search in the messages.
func (c *Record) highlight(ctx context.Context, q *archivedb.Queries, query string) error {
	query, err := validate.OptionalLine("the search text", query, MaxText)
	if err != nil || query == "" {
		return nil // only a help for the eye
	}
	words, err := q.ListWords(ctx, query)
	for i := range c.Messages {
		if l := &c.Messages[i]; len(words) > 0 && l.Kind != conversation.System && l.Kind != conversation.File {
			l.Highlighted = Highlight(l.Body, words)
		}
	}
	return err
}
