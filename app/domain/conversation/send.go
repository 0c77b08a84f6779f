package conversation

import (
	"bytes"
	"context"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

// Receipt confirms that a message is stored.
type Receipt struct {
	Conversation uuid.UUID
	Seq          int
	At           time.Time
}

// VisitorMessage is a message from a visitor.
type VisitorMessage struct {
	ID                   uuid.UUID // named by the sender
	Conversation         uuid.UUID // zero: the running one, or a new one
	Body                 string
	File                 *Attachment // of a file that is stored under ID; Body is ignored
	PreviousConversation uuid.UUID   // the visitor's last one, as far as known: a new one gets a larger id, whatever the clocks say
	Customer             uuid.UUID   // of the website
	Group                uuid.UUID   // who is to answer if it starts a conversation; zero: the main group
	Page                 Page
}

// Page is where the visitor was when the conversation started.
type Page struct {
	URL, Title, Referrer, UserAgent, Language string
	Address                                   string // of its network
}

// ErrClosed refuses a message to a closed conversation.
var ErrClosed = fail.New(fail.Conflict, "This conversation is closed.")

// SendAsVisitor stores a visitor's message. It is committed in a batch with others, and a nil error comes after the
// commit. The first message starts the conversation and creates the visitor in the same statement. ErrClosed if the
// conversation is closed or not the visitor's.
func (s *Service) SendAsVisitor(ctx context.Context, actor access.Actor, in VisitorMessage) (Receipt, error) {
	if !actor.IsVisitor() {
		return Receipt{}, fail.New(fail.Forbidden, "Only visitors can write here.")
	}
	kind, body, err := Text, "", error(nil)
	if in.File != nil {
		kind, body, err = File, in.File.encode(), in.File.validate()
	} else {
		body, err = validate.Text("a message", in.Body, MaxText)
	}
	if err != nil {
		return Receipt{}, err
	}
	if in.ID == uuid.Nil {
		return Receipt{}, fail.New(fail.Invalid, "The message has no id.")
	}
	d := draft{org: actor.Org(), id: in.ID, conversation: in.Conversation, author: ByVisitor, authorID: actor.ID(), kind: kind, body: body,
		website: actor.ScopeID(), customer: in.Customer, group: in.Group, page: in.Page}
	for range 4 { // another tab, or the same message at the same time, can interfere
		if d.conversation == uuid.Nil {
			d.conversation, d.begins = newIDAfter(in.PreviousConversation), true
		}
		event, stored, err := s.store(ctx, d)
		if stored {
			return Receipt{event.Snapshot.ID, event.Seq, event.At}, nil
		}
		if pg.IsMissingReference(err) && d.group != uuid.Nil { // the group was just deleted: the main one answers
			d.group = uuid.Nil
			continue
		}
		if err != nil && !pg.IsDuplicate(err, "") {
			return Receipt{}, err
		}
		q := conversationdb.New(s.db.As(actor))
		known, err := q.GetSentMessage(ctx, conversationdb.GetSentMessageParams{MessageID: in.ID, VisitorID: actor.ID()})
		if err == nil && Kind(known.Kind) != kind {
			return Receipt{}, fail.New(fail.Conflict, "Another message already has this id.")
		}
		if err == nil {
			// Sent again because no acknowledgement came: the event may be lost as well.
			s.RepublishMessage(actor.Org(), known.ConversationID, actor.ID(), int(known.Seq))
			return Receipt{known.ConversationID, int(known.Seq), known.CreatedAt}, nil
		}
		if !pg.IsNoRows(err) {
			return Receipt{}, err
		}
		if in.Conversation != uuid.Nil {
			return Receipt{}, ErrClosed // or not this visitor's: the two are never told apart
		}
		d.conversation, d.begins = uuid.Nil, false
		c, running, err := s.CurrentOfVisitor(ctx, actor)
		if err != nil {
			return Receipt{}, err
		}
		if running && c.State != Closed {
			d.conversation = c.ID
		}
	}
	return Receipt{}, &fail.Error{Kind: fail.Busy, RetryAfter: time.Second, Message: "The message could not be saved. Try again."}
}

// newIDAfter returns a new id that rises with time (UUIDv7: its first six bytes are milliseconds) and is larger than another,
// even if that was made by a clock that is ahead of ours.
func newIDAfter(other uuid.UUID) uuid.UUID {
	id := uuid.Must(uuid.NewV7())
	if bytes.Compare(id[:], other[:]) > 0 || other.Version() != 7 {
		return id
	}
	copy(id[:6], other[:6])
	for i := 5; i >= 0; i-- {
		if id[i]++; id[i] != 0 {
			break
		}
	}
	return id
}

func optional(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// SendAsAgent stores a reply (Text) or an internal note (Note) of the conversation's agent or of a participant, in a batch with others, and
// returns it as it is stored. Sent twice with one id, it is stored once.
func (s *Service) SendAsAgent(
	ctx context.Context, actor access.Actor, conversation, id uuid.UUID, kind Kind, body string,
) (Message, error) {
	t, err := s.db.Authorize(actor, access.ConversationReply)
	if err != nil {
		return Message{}, err
	}
	if kind != Text && kind != Note {
		return Message{}, fail.New(fail.Invalid, "The message must be a reply or an internal note.")
	}
	if body, err = validate.Text("a message", body, MaxText); err != nil {
		return Message{}, fail.Field("body", "%s", err.Error())
	}
	if id == uuid.Nil {
		return Message{}, fail.New(fail.Invalid, "The message has no id. Reload the page.")
	}
	return s.sendAsAgent(ctx, t, actor, draft{id: id, conversation: conversation, kind: kind, body: body})
}

func (s *Service) sendAsAgent(ctx context.Context, t *pg.Tenant, actor access.Actor, d draft) (Message, error) {
	d.org, d.author, d.authorID = actor.Org(), ByAgent, actor.ID()
	id, conversation := d.id, d.conversation
	q, agent := conversationdb.New(t), actor.ID()
	for range 2 { // the same message at the same time can interfere
		event, stored, err := s.store(ctx, d)
		if stored {
			s.flushEvents(ctx)
			return event.Message, nil
		}
		if err != nil && !pg.IsDuplicate(err, "messages_sent_once") {
			return Message{}, err
		}
		known, err := q.GetSentMessageIn(ctx, conversationdb.GetSentMessageInParams{
			MessageID:      id,
			ConversationID: conversation,
			AuthorID:       &agent,
		})
		if err == nil {
			s.RepublishMessage(actor.Org(), conversation, uuid.Nil, int(known.MessageRow.Seq))
			s.flushEvents(ctx)
			return toMessage(known.MessageRow), nil
		}
		if !pg.IsNoRows(err) {
			return Message{}, err
		}
	}
	return Message{}, s.explainRefusal(ctx, q, actor, conversation)
}
