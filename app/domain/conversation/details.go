package conversation

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// Details is what is known about a conversation and its visitor.
type Details struct {
	Page      Page              // where it started
	Country   string            // ISO 3166, two letters; empty: not known
	TimeZone  string            // the browser's time zone
	Data      map[string]string // what the website says about its visitor
	PageViews []PageView        // the newest last
	StartedAt time.Time
	Email     string
	Name      string
	Verified  bool // the website has signed name and address
	Website   string
	Customer  string
	Tags      []Tag
	Previous  []Conversation // the same visitor's others, newest first
}

// GetDetails returns the details of a conversation. fail.NotFound if the actor does not see it.
func (s *Service) GetDetails(ctx context.Context, actor access.Actor, conversation uuid.UUID) (details Details, err error) {
	t, err := s.db.Authorize(actor, access.ConversationRead)
	if err != nil {
		return details, err
	}
	q := conversationdb.New(t)
	row, err := q.GetConversationContext(ctx, conversation)
	if pg.IsNoRows(err) {
		return details, fail.Missing("conversation")
	}
	if err != nil {
		return details, err
	}
	details = Details{
		Page:      Page{row.PageUrl, row.PageTitle, row.Referrer, row.UserAgent, row.Language, row.IPAddress},
		Country:   row.Country,
		TimeZone:  row.TimeZone,
		StartedAt: row.CreatedAt,
		Email:     row.Email,
		Name:      row.Name,
		Verified:  row.Signed,
		Website:   row.WebsiteName,
		Customer:  row.CustomerName,
	}
	if err := json.Unmarshal(row.Data, &details.Data); err != nil {
		return details, err
	}
	if err := json.Unmarshal(row.Trail, &details.PageViews); err != nil {
		return details, err
	}
	if details.Tags, err = s.TagsOf(ctx, actor, conversation); err != nil {
		return details, err
	}
	rows, err := q.ListEarlierConversations(ctx, conversation)
	for _, previous := range rows {
		details.Previous = append(details.Previous, Conversation{
			ID:        previous.ID,
			StartedAt: previous.CreatedAt,
			State:     State(previous.State),
			AgentName: previous.AgentName,
			LastText:  previous.LastText,
		})
	}
	return details, err
}

// PreviousThread returns the messages of another conversation of the same visitor. fail.NotFound if it is not the same visitor's.
func (s *Service) PreviousThread(ctx context.Context, actor access.Actor, conversation, previous uuid.UUID) ([]Message, error) {
	t, err := s.db.Authorize(actor, access.ConversationRead)
	if err != nil {
		return nil, err
	}
	same, err := conversationdb.New(t).IsSameVisitor(ctx, conversationdb.IsSameVisitorParams{ID: conversation, Other: previous})
	if err != nil {
		return nil, err
	}
	if !same {
		return nil, fail.Missing("conversation")
	}
	threads, err := s.Threads(ctx, actor, map[uuid.UUID]int{previous: 0})
	return threads[previous], err
}
