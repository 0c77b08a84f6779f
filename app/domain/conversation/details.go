package conversation

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// PageView is a page that the visitor was on since it opened the panel.
type PageView struct {
	URL   string    `json:"url"`
	Title string    `json:"title,omitempty"`
	At    time.Time `json:"at"`
}

// Details is what is known around a conversation.
type Details struct {
	Page      Page              // where it began
	Country   string            // ISO 3166, two letters; empty: not known
	TimeZone  string            // the browser's time zone
	Data      map[string]string // what the site says of its visitor
	PageViews []PageView        // the newest last
	StartedAt time.Time
	Email     string
	Name      string
	Verified  bool // the site vouches for name and e-mail
	Website   string
	Customer  string
	Tags      []Tag
	Previous  []Conversation // the same visitor's others, newest first
}

// GetDetails returns it.
func (s *Service) GetDetails(ctx context.Context, actor access.Actor, conversation uuid.UUID) (details Details, err error) {
	t, err := s.db.Authorize(actor, access.Answer)
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
	details = Details{Page: Page{row.PageUrl, row.PageTitle, row.Referrer, row.UserAgent, row.Language, row.IPAddress}, Country: row.Country, TimeZone: row.TimeZone, StartedAt: row.CreatedAt,
		Email: row.Email, Name: row.Name, Verified: row.Signed, Website: row.WebsiteName, Customer: row.CustomerName}
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
		details.Previous = append(details.Previous, Conversation{ID: previous.ID, StartedAt: previous.CreatedAt, State: State(previous.State), AgentName: previous.AgentName, LastText: previous.LastText})
	}
	return details, err
}

// PreviousThread returns what was said in another conversation of the same visitor.
func (s *Service) PreviousThread(ctx context.Context, actor access.Actor, conversation, previous uuid.UUID) ([]Message, error) {
	t, err := s.db.Authorize(actor, access.Answer)
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

const (
	maxPageViews  = 30
	maxDataFields = 30
)

// VisitorContext is what a panel tells of its page and its visitor.
type VisitorContext struct {
	PageViews []PageView
	Data      map[string]string
	TimeZone  string
	Country   string // as the server knows it
	Address   string // of its network
}

// UpdateVisitorContext keeps it for the running conversation.
func (s *Service) UpdateVisitorContext(ctx context.Context, actor access.Actor, conversation uuid.UUID, in VisitorContext) error {
	if !actor.IsVisitor() {
		return fail.New(fail.Forbidden, "Only a visitor's panel tells of its page.")
	}
	if len(in.PageViews) > maxPageViews {
		in.PageViews = in.PageViews[len(in.PageViews)-maxPageViews:]
	}
	if len(in.Data) > maxDataFields {
		return fail.New(fail.Invalid, "A page can say %d things of its visitor at most.", maxDataFields)
	}
	pageViews, err := json.Marshal(append([]PageView{}, in.PageViews...))
	if err != nil {
		return err
	}
	if in.Data == nil {
		in.Data = map[string]string{}
	}
	fields, err := json.Marshal(in.Data)
	if err != nil {
		return err
	}
	changed, err := conversationdb.New(s.db.As(actor)).SetConversationContext(ctx, conversationdb.SetConversationContextParams{ID: conversation, VisitorID: actor.ID(), Trail: pageViews, Data: fields, Country: in.Country, TimeZone: in.TimeZone, IPAddress: in.Address})
	if err == nil && changed > 0 {
		s.bus.Publish(bus.Event{Kind: bus.VisitorContext, Org: actor.Org(), Conversation: conversation, Visitor: actor.ID()})
	}
	return err
}

// ListMessagesBefore returns the newest messages with numbers below one, in order, at most limit and at most MessagePageSize. fail.NotFound if
// the actor does not see the conversation.
func (s *Service) ListMessagesBefore(ctx context.Context, actor access.Actor, conversation uuid.UUID, before, limit int) ([]Message, error) {
	t, err := s.db.Authorize(actor, access.Answer)
	if err != nil {
		return nil, err
	}
	if _, err := s.Get(ctx, actor, conversation); err != nil {
		return nil, err
	}
	rows, err := conversationdb.New(t).ListMessagesBefore(ctx, conversationdb.ListMessagesBeforeParams{ConversationID: conversation, Before: int32(before), Most: int32(min(limit, MessagePageSize))})
	list := make([]Message, len(rows))
	for i, row := range rows {
		list[len(rows)-1-i] = toMessage(row)
	}
	return list, err
}

// Question is a visitor's message that an agent answers.
type Question struct {
	Seq  int
	Text string
}

// LastQuestions returns each conversation's newest message of its visitor, where there is one.
func (s *Service) LastQuestions(ctx context.Context, actor access.Actor, conversations []uuid.UUID) (map[uuid.UUID]Question, error) {
	t, err := s.db.Authorize(actor, access.Answer)
	if err != nil || len(conversations) == 0 {
		return nil, err
	}
	rows, err := conversationdb.New(t).ListLastQuestions(ctx, conversations)
	last := map[uuid.UUID]Question{}
	for _, row := range rows {
		last[row.ConversationID] = Question{int(row.Seq), row.Body}
	}
	return last, err
}

// QuestionAt returns the visitor's message with a number.
func (s *Service) QuestionAt(ctx context.Context, actor access.Actor, conversation uuid.UUID, seq int) (Question, error) {
	t, err := s.db.Authorize(actor, access.Answer)
	if err != nil {
		return Question{}, err
	}
	row, err := conversationdb.New(t).GetLastQuestion(ctx, conversationdb.GetLastQuestionParams{ConversationID: conversation, Upto: int32(seq)})
	if pg.IsNoRows(err) {
		return Question{}, fail.Missing("message")
	}
	return Question{int(row.Seq), row.Body}, err
}

// GetMessage returns one.
func (s *Service) GetMessage(ctx context.Context, actor access.Actor, conversation uuid.UUID, seq int) (Message, error) {
	row, err := conversationdb.New(s.db.As(actor)).GetMessage(ctx, conversationdb.GetMessageParams{ConversationID: conversation, Seq: int32(seq)})
	if pg.IsNoRows(err) {
		return Message{}, fail.Missing("message")
	}
	return toMessage(row), err
}
