package conversation

import (
	"context"
	"parley/app/domain/conversation/internal/conversationdb"
	"parley/app/platform/access"
	"slices"
	"time"

	"github.com/google/uuid"
)

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
