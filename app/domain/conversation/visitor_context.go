package conversation

import (
	"context"
	"encoding/json"
	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"time"

	"github.com/google/uuid"
)

// PageView is a page that the visitor has seen since it opened the panel.
type PageView struct {
	URL   string    `json:"url"`
	Title string    `json:"title,omitempty"`
	At    time.Time `json:"at"`
}

const (
	maxPageViews  = 30
	maxDataFields = 30
)

// VisitorContext is what a panel reports about its page and its visitor.
type VisitorContext struct {
	PageViews []PageView
	Data      map[string]string
	TimeZone  string
	Country   string // ISO 3166, two letters; empty: not known
	Address   string // of its network
}

// UpdateVisitorContext stores the context of the visitor's running conversation, the newest maxPageViews pages of it,
// and publishes a change.
func (s *Service) UpdateVisitorContext(ctx context.Context, actor access.Actor, conversation uuid.UUID, in VisitorContext) error {
	if !actor.IsVisitor() {
		return fail.New(fail.Forbidden, "Only the visitor's chat can report its page.")
	}
	if len(in.PageViews) > maxPageViews {
		in.PageViews = in.PageViews[len(in.PageViews)-maxPageViews:]
	}
	if len(in.Data) > maxDataFields {
		return fail.New(fail.Invalid, "A page can set at most %d data fields for its visitor.", maxDataFields)
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
	changed, err := conversationdb.New(s.db.As(actor)).SetConversationContext(ctx, conversationdb.SetConversationContextParams{
		ID:        conversation,
		VisitorID: actor.ID(),
		Trail:     pageViews,
		Data:      fields,
		Country:   in.Country,
		TimeZone:  in.TimeZone,
		IPAddress: in.Address,
	})
	if err == nil && changed > 0 {
		s.bus.Publish(bus.Event{Kind: bus.VisitorContext, Org: actor.Org(), Conversation: conversation, Visitor: actor.ID()})
	}
	return err
}
