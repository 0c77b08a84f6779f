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

// QueueScope is the queues that a team member sees and takes from.
type QueueScope struct {
	Groups    []uuid.UUID
	AllGroups bool // the queues of all groups
}

// Has reports whether a group's queue is among them.
func (q QueueScope) Has(group uuid.UUID) bool { return q.AllGroups || slices.Contains(q.Groups, group) }

// ListForDesk returns the head of the actor's queues (the DeskQueueLimit conversations that wait longest, and what is
// offered to the actor), the actor's own open conversations, and those it is a participant of, each with the longest
// unanswered first.
func (s *Service) ListForDesk(ctx context.Context, actor access.Actor, scope QueueScope) (queue, own, joined []Conversation, err error) {
	t, err := s.db.Authorize(actor, access.DeskOpen)
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

// CountQueuedBeyond returns how many conversations of the actor's queues wait behind those that ListForDesk has listed.
// It asks the database only if that list is full.
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
	if _, err := s.db.Authorize(actor, access.QueueRead); err != nil {
		return 0, err
	}
	p := conversationdb.CountQueuedParams{
		Anywhere:  scope.AllGroups,
		Groups:    scope.Groups,
		Limited:   actor.IsLimited(),
		Customers: actor.Customers(),
	}
	n, err := conversationdb.New(s.db.As(actor.AsSystem("count a queue"))).CountQueued(ctx, p)
	return max(0, int(n)-shown), err
}

// QueueHead returns the DeskQueueLimit longest-waiting conversations of some queues that are offered to nobody, and how
// many there are in all. limited restricts both to customers. It reads as the system, for all screens that show the
// same queues; each checks CanSee itself.
func (s *Service) QueueHead(
	ctx context.Context, actor access.Actor, scope QueueScope, limited bool, customers []uuid.UUID,
) (head []Conversation, all int, err error) {
	q := conversationdb.New(s.db.As(actor.AsSystem("read the head of a queue")))
	p := conversationdb.ListQueueHeadParams{
		Most:      DeskQueueLimit,
		Anywhere:  scope.AllGroups,
		Groups:    scope.Groups,
		Limited:   limited,
		Customers: customers,
	}
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
	n, err := q.CountQueued(ctx, conversationdb.CountQueuedParams{
		Anywhere:  p.Anywhere,
		Groups:    p.Groups,
		Limited:   limited,
		Customers: customers,
	})
	return head, max(int(n), len(head)), err
}
