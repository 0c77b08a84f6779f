package conversation

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// Get returns a conversation that the actor may see.
func (s *Service) Get(ctx context.Context, actor access.Actor, id uuid.UUID) (Conversation, error) {
	row, err := conversationdb.New(s.db.As(actor)).GetConversation(ctx, id)
	if pg.IsNoRows(err) {
		return Conversation{}, fail.Missing("conversation")
	}
	return toConversation(row), err
}

// DeskQueueLimit is how many conversations of its queues a desk lists, the longest-waiting ones; of the others it says how many there are.
const DeskQueueLimit = 50

// QueueScope says which lines somebody may see and take from.
type QueueScope struct {
	Groups    []uuid.UUID
	AllGroups bool // all of them
}

// Has reports whether a group's line is among them.
func (q QueueScope) Has(group uuid.UUID) bool { return q.AllGroups || slices.Contains(q.Groups, group) }

// ListForDesk returns the head of the actor's queues (the longest-waiting LineShown conversations, and what is offered to the actor), the actor's
// own open conversations and those that it takes part in (the longest unanswered first).
func (s *Service) ListForDesk(ctx context.Context, actor access.Actor, scope QueueScope) (queue, own, joined []Conversation, err error) {
	t, err := s.db.Authorize(actor, access.Answer)
	if err != nil {
		return nil, nil, nil, err
	}
	agent := actor.ID()
	p := conversationdb.ListDeskConversationsParams{AgentID: &agent, Most: DeskQueueLimit, Anywhere: scope.AllGroups, Groups: scope.Groups}
	rows, err := conversationdb.New(t).ListDeskConversations(ctx, p)
	for _, row := range rows {
		switch c := toConversation(conversationdb.ConversationRow(row)); {
		case c.State == Waiting:
			if to := c.OfferRecipient(time.Now()); to == uuid.Nil && scope.Has(c.Group) || to == agent {
				queue = append(queue, c)
			}
		case c.Agent == agent:
			own = append(own, c)
		default:
			joined = append(joined, c)
		}
	}
	return queue, own, joined, err
}

// CountQueuedBeyond returns how many conversations of the actor's queues wait behind those that Desk has listed. It asks the database only where the
// list is full.
func (s *Service) CountQueuedBeyond(ctx context.Context, actor access.Actor, scope QueueScope, listed []Conversation) (int, error) {
	shown := 0
	for _, c := range listed {
		if c.OfferRecipient(time.Now()) == uuid.Nil {
			shown++
		}
	}
	if shown < DeskQueueLimit {
		return 0, nil
	}
	if _, err := s.db.Authorize(actor, access.Answer); err != nil {
		return 0, err
	}
	p := conversationdb.CountQueuedParams{Anywhere: scope.AllGroups, Groups: scope.Groups, Limited: actor.IsLimited(), Customers: actor.Customers()}
	n, err := conversationdb.New(s.db.As(actor.AsSystem("count a queue"))).CountQueued(ctx, p)
	return max(0, int(n)-shown), err
}

// QueueHead returns the longest-waiting LineShown conversations of some queues that are offered to nobody, and how many there are in all.
// limited restricts both to customers. It is for screens that see the same of a queue; each checks with Sees what it shows.
func (s *Service) QueueHead(ctx context.Context, actor access.Actor, scope QueueScope, limited bool, customers []uuid.UUID) (head []Conversation, all int,
	err error) {
	q := conversationdb.New(s.db.As(actor.AsSystem("read the head of a queue")))
	p := conversationdb.ListQueueHeadParams{Most: DeskQueueLimit, Anywhere: scope.AllGroups, Groups: scope.Groups, Limited: limited, Customers: customers}
	rows, err := q.ListQueueHead(ctx, p)
	if err != nil {
		return nil, 0, err
	}
	for _, row := range rows {
		head = append(head, toConversation(conversationdb.ConversationRow(row)))
	}
	if len(head) < DeskQueueLimit {
		return head, len(head), nil
	}
	n, err := q.CountQueued(ctx, conversationdb.CountQueuedParams{Anywhere: p.Anywhere, Groups: p.Groups, Limited: limited, Customers: customers})
	return head, max(int(n), len(head)), err
}

// CurrentOfVisitor returns the visitor's running conversation, else the last one; ok is false if there is none.
func (s *Service) CurrentOfVisitor(ctx context.Context, actor access.Actor) (c Conversation, ok bool, err error) {
	row, err := conversationdb.New(s.db.As(actor)).GetCurrentConversation(ctx, actor.ID())
	if pg.IsNoRows(err) {
		return Conversation{}, false, nil
	}
	return Conversation{ID: row.ConversationID, State: State(row.State), AgentName: row.AgentName, LastSeq: int(row.LastSeq), ReadByAgent: int(row.ReadByAgent)}, err == nil, err
}

// LastSeqs returns the number of the newest message of each conversation that there is.
func (s *Service) LastSeqs(ctx context.Context, actor access.Actor, conversations []uuid.UUID) (map[uuid.UUID]int, error) {
	newest := make(map[uuid.UUID]int, len(conversations))
	if len(conversations) == 0 {
		return newest, nil
	}
	rows, err := conversationdb.New(s.db.As(actor)).ListLastSeqs(ctx, conversations)
	for _, row := range rows {
		newest[row.ConversationID] = int(row.LastSeq)
	}
	return newest, err
}

// LatestByVisitor returns, for each visitor who has one, the conversation that was begun last.
func (s *Service) LatestByVisitor(ctx context.Context, actor access.Actor, visitors []uuid.UUID) (map[uuid.UUID]uuid.UUID, error) {
	last := make(map[uuid.UUID]uuid.UUID, len(visitors))
	if len(visitors) == 0 {
		return last, nil
	}
	rows, err := conversationdb.New(s.db.As(actor)).ListLatestConversations(ctx, visitors)
	for _, row := range rows {
		last[row.VisitorID] = row.ConversationID
	}
	return last, err
}

// MessagePageSize is how many messages After returns at most.
const MessagePageSize = 200

// ListMessagesAfter returns the messages with numbers above cursor that the actor may see, in order, at most PageOfMessages.
func (s *Service) ListMessagesAfter(ctx context.Context, actor access.Actor, conversation uuid.UUID, cursor int) ([]Message, error) {
	rows, err := conversationdb.New(s.db.As(actor)).ListMessagesAfter(ctx, conversationdb.ListMessagesAfterParams{ConversationID: conversation, After: int32(cursor), Most: MessagePageSize})
	list := make([]Message, len(rows))
	for i, row := range rows {
		list[i] = toMessage(row)
	}
	return list, err
}

// messagePageBytes is about how much text Page returns at most; a single message may have more.
const messagePageBytes = 128 << 10

// ListMessagePage is After for who can come again: it also stops when it has much text. more says that there is (perhaps) more.
func (s *Service) ListMessagePage(ctx context.Context, actor access.Actor, conversation uuid.UUID, cursor int) (list []Message, more bool, err error) {
	list, err = s.ListMessagesAfter(ctx, actor, conversation, cursor)
	more = len(list) == MessagePageSize
	bytes := 0
	for i, m := range list {
		if bytes += len(m.Body); bytes > messagePageBytes && i > 0 {
			return list[:i:i], true, err
		}
	}
	return list, more, err
}

// DeskThreadLimit is how many messages of a conversation a desk begins with, the newest ones; those before come when they are looked for.
const DeskThreadLimit = 60

// Threads returns, for each conversation, the messages after its cursor, or the newest ones where that is zero, in one round trip.
func (s *Service) Threads(ctx context.Context, actor access.Actor, cursors map[uuid.UUID]int) (map[uuid.UUID][]Message, error) {
	threads := make(map[uuid.UUID][]Message, len(cursors))
	if len(cursors) == 0 {
		return threads, nil
	}
	p := conversationdb.ListThreadsParams{Most: DeskThreadLimit}
	for id, after := range cursors {
		p.Conversations, p.Cursors = append(p.Conversations, id), append(p.Cursors, int32(after))
	}
	rows, err := conversationdb.New(s.db.As(actor)).ListThreads(ctx, p)
	for _, row := range rows {
		m := toMessage(row.MessageRow)
		threads[m.Conversation] = append(threads[m.Conversation], m)
	}
	return threads, err
}
