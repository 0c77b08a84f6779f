package chat

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/bus"
	"parley/app/chat/internal/chatdb"
	"parley/app/fail"
	"parley/app/pg"
)

// Step is a page that the visitor was on since it opened the panel.
type Step struct {
	URL   string    `json:"url"`
	Title string    `json:"title,omitempty"`
	At    time.Time `json:"at"`
}

// Surroundings is what is known around a conversation.
type Surroundings struct {
	Page     Page              // where it began
	Country  string            // ISO 3166, two letters; empty: not known
	Zone     string            // the browser's time zone
	Data     map[string]string // what the site says of its visitor
	Trail    []Step            // the newest last
	Started  time.Time
	Email    string
	Name     string
	Signed   bool // the site vouches for name and e-mail
	Website  string
	Customer string
	Tags     []Tag
	Earlier  []Conversation // the same visitor's others, newest first
}

// Around returns it.
func (r *Room) Around(ctx context.Context, who access.Actor, conversation uuid.UUID) (s Surroundings, err error) {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return s, err
	}
	q := chatdb.New(t)
	row, err := q.About(ctx, conversation)
	if pg.None(err) {
		return s, fail.Missing("conversation")
	}
	if err != nil {
		return s, err
	}
	s = Surroundings{Page: Page{row.PageUrl, row.PageTitle, row.Referrer, row.UserAgent, row.Language, row.Address}, Country: row.Country, Zone: row.Zone, Started: row.CreatedAt,
		Email: row.Email, Name: row.Name, Signed: row.Signed, Website: row.WebsiteName, Customer: row.CustomerName}
	if err := json.Unmarshal(row.Data, &s.Data); err != nil {
		return s, err
	}
	if err := json.Unmarshal(row.Trail, &s.Trail); err != nil {
		return s, err
	}
	if s.Tags, err = r.TagsOf(ctx, who, conversation); err != nil {
		return s, err
	}
	rows, err := q.Earlier(ctx, conversation)
	for _, e := range rows {
		s.Earlier = append(s.Earlier, Conversation{ID: e.ID, StartedAt: e.CreatedAt, State: State(e.State), AgentName: e.AgentName, LastText: e.LastText})
	}
	return s, err
}

// EarlierThread returns what was said in another conversation of the same visitor.
func (r *Room) EarlierThread(ctx context.Context, who access.Actor, conversation, earlier uuid.UUID) ([]Message, error) {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return nil, err
	}
	same, err := chatdb.New(t).IsEarlier(ctx, chatdb.IsEarlierParams{ID: conversation, Other: earlier})
	if err != nil {
		return nil, err
	}
	if !same {
		return nil, fail.Missing("conversation")
	}
	threads, err := r.Threads(ctx, who, map[uuid.UUID]int{earlier: 0})
	return threads[earlier], err
}

const (
	trailMost = 30
	dataMost  = 30
)

// Told is what a panel tells of its page and its visitor.
type Told struct {
	Trail   []Step
	Data    map[string]string
	Zone    string
	Country string // as the server knows it
	Address string // of its network
}

// Tell keeps it for the running conversation.
func (r *Room) Tell(ctx context.Context, who access.Actor, conversation uuid.UUID, in Told) error {
	if !who.IsVisitor() {
		return fail.New(fail.Forbidden, "Only a visitor's panel tells of its page.")
	}
	if len(in.Trail) > trailMost {
		in.Trail = in.Trail[len(in.Trail)-trailMost:]
	}
	if len(in.Data) > dataMost {
		return fail.New(fail.Invalid, "A page can say %d things of its visitor at most.", dataMost)
	}
	steps, err := json.Marshal(append([]Step{}, in.Trail...))
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
	changed, err := chatdb.New(r.db.As(who)).SetAbout(ctx, chatdb.SetAboutParams{ID: conversation, VisitorID: who.ID(), Trail: steps, Data: fields, Country: in.Country, Zone: in.Zone, Address: in.Address})
	if err == nil && changed > 0 {
		r.bus.Publish(bus.Event{Kind: bus.About, Org: who.Org(), Conversation: conversation, Visitor: who.ID()})
	}
	return err
}

// Before returns the messages with numbers below one, in order, at most a page of them.
func (r *Room) Before(ctx context.Context, who access.Actor, conversation uuid.UUID, before, most int) ([]Message, error) {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return nil, err
	}
	rows, err := chatdb.New(t).MessagesBefore(ctx, chatdb.MessagesBeforeParams{ConversationID: conversation, Before: int32(before), Most: int32(min(most, PageOfMessages))})
	list := make([]Message, len(rows))
	for i, row := range rows {
		list[len(rows)-1-i] = message(chatdb.MessagesAfterRow(row))
	}
	return list, err
}

// Question is a visitor's message that an agent answers.
type Question struct {
	Seq  int
	Text string
}

// LastQuestions returns each conversation's newest message of its visitor, where there is one.
func (r *Room) LastQuestions(ctx context.Context, who access.Actor, conversations []uuid.UUID) (map[uuid.UUID]Question, error) {
	t, err := r.db.For(who, access.Answer)
	if err != nil || len(conversations) == 0 {
		return nil, err
	}
	rows, err := chatdb.New(t).LastQuestions(ctx, conversations)
	last := map[uuid.UUID]Question{}
	for _, row := range rows {
		last[row.ConversationID] = Question{int(row.Seq), row.Body}
	}
	return last, err
}

// QuestionAt returns the visitor's message with a number.
func (r *Room) QuestionAt(ctx context.Context, who access.Actor, conversation uuid.UUID, seq int) (Question, error) {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return Question{}, err
	}
	row, err := chatdb.New(t).LastQuestion(ctx, chatdb.LastQuestionParams{ConversationID: conversation, Upto: int32(seq)})
	if pg.None(err) {
		return Question{}, fail.Missing("message")
	}
	return Question{int(row.Seq), row.Body}, err
}

// Message returns one.
func (r *Room) Message(ctx context.Context, who access.Actor, conversation uuid.UUID, seq int) (Message, error) {
	row, err := chatdb.New(r.db.As(who)).GetMessage(ctx, chatdb.GetMessageParams{ConversationID: conversation, Seq: int32(seq)})
	if pg.None(err) {
		return Message{}, fail.Missing("message")
	}
	return message(chatdb.MessagesAfterRow(row)), err
}
