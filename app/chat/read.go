package chat

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/chat/internal/chatdb"
	"parley/app/fail"
	"parley/app/pg"
)

// Get returns a conversation that the actor may see.
func (r *Room) Get(ctx context.Context, who access.Actor, id uuid.UUID) (Conversation, error) {
	row, err := chatdb.New(r.db.As(who)).GetConversation(ctx, id)
	if pg.None(err) {
		return Conversation{}, fail.Missing("conversation")
	}
	return fromRow(row), err
}

// LineShown is how many conversations of its queues a desk lists, the longest-waiting ones; of the others it says how many there are.
const LineShown = 50

// Lines says which lines somebody may see and take from.
type Lines struct {
	Groups   []uuid.UUID
	Anywhere bool // all of them
}

// Has reports whether a group's line is among them.
func (l Lines) Has(group uuid.UUID) bool { return l.Anywhere || slices.Contains(l.Groups, group) }

// Desk returns the head of the actor's queues (the longest-waiting LineShown conversations, and what is offered to the actor), the actor's
// own open conversations and those that it takes part in (the longest unanswered first).
func (r *Room) Desk(ctx context.Context, who access.Actor, lines Lines) (line, own, visits []Conversation, err error) {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return nil, nil, nil, err
	}
	agent := who.ID()
	p := chatdb.ListForDeskParams{AgentID: &agent, Most: LineShown, Anywhere: lines.Anywhere, Groups: lines.Groups}
	rows, err := chatdb.New(t).ListForDesk(ctx, p)
	for _, row := range rows {
		switch c := fromRow(chatdb.GetConversationRow(row)); {
		case c.State == Waiting:
			if to := c.OfferedNow(time.Now()); to == uuid.Nil && lines.Has(c.Group) || to == agent {
				line = append(line, c)
			}
		case c.Agent == agent:
			own = append(own, c)
		default:
			visits = append(visits, c)
		}
	}
	return line, own, visits, err
}

// Behind returns how many conversations of the actor's queues wait behind those that Desk has listed. It asks the database only where the
// list is full.
func (r *Room) Behind(ctx context.Context, who access.Actor, lines Lines, listed []Conversation) (int, error) {
	shown := 0
	for _, c := range listed {
		if c.OfferedNow(time.Now()) == uuid.Nil {
			shown++
		}
	}
	if shown < LineShown {
		return 0, nil
	}
	if _, err := r.db.For(who, access.Answer); err != nil {
		return 0, err
	}
	p := chatdb.QueueLengthParams{Anywhere: lines.Anywhere, Groups: lines.Groups, Limited: who.Limited(), Customers: who.Customers()}
	n, err := chatdb.New(r.db.As(who.AsSystem("count a queue"))).QueueLength(ctx, p)
	return max(0, int(n)-shown), err
}

// QueueHead returns the longest-waiting LineShown conversations of some queues that are offered to nobody, and how many there are in all.
// limited restricts both to customers. It is for screens that see the same of a queue; each checks with Sees what it shows.
func (r *Room) QueueHead(ctx context.Context, who access.Actor, lines Lines, limited bool, customers []uuid.UUID) (head []Conversation, all int,
	err error) {
	q := chatdb.New(r.db.As(who.AsSystem("read the head of a queue")))
	p := chatdb.QueueHeadParams{Most: LineShown, Anywhere: lines.Anywhere, Groups: lines.Groups, Limited: limited, Customers: customers}
	rows, err := q.QueueHead(ctx, p)
	if err != nil {
		return nil, 0, err
	}
	for _, row := range rows {
		head = append(head, fromRow(chatdb.GetConversationRow(row)))
	}
	if len(head) < LineShown {
		return head, len(head), nil
	}
	n, err := q.QueueLength(ctx, chatdb.QueueLengthParams{Anywhere: p.Anywhere, Groups: p.Groups, Limited: limited, Customers: customers})
	return head, max(int(n), len(head)), err
}

// OfVisitor returns the visitor's running conversation, else the last one; ok is false if there is none.
func (r *Room) OfVisitor(ctx context.Context, who access.Actor) (c Conversation, ok bool, err error) {
	row, err := chatdb.New(r.db.As(who)).CurrentOfVisitor(ctx, who.ID())
	if pg.None(err) {
		return Conversation{}, false, nil
	}
	return Conversation{ID: row.ConversationID, State: State(row.State), AgentName: row.AgentName, LastSeq: int(row.LastSeq), ReadByAgent: int(row.ReadByAgent)}, err == nil, err
}

// Newest returns the number of the newest message of each conversation that there is.
func (r *Room) Newest(ctx context.Context, who access.Actor, conversations []uuid.UUID) (map[uuid.UUID]int, error) {
	newest := make(map[uuid.UUID]int, len(conversations))
	if len(conversations) == 0 {
		return newest, nil
	}
	rows, err := chatdb.New(r.db.As(who)).NewestOf(ctx, conversations)
	for _, row := range rows {
		newest[row.ConversationID] = int(row.LastSeq)
	}
	return newest, err
}

// LastOf returns, for each visitor who has one, the conversation that was begun last.
func (r *Room) LastOf(ctx context.Context, who access.Actor, visitors []uuid.UUID) (map[uuid.UUID]uuid.UUID, error) {
	last := make(map[uuid.UUID]uuid.UUID, len(visitors))
	if len(visitors) == 0 {
		return last, nil
	}
	rows, err := chatdb.New(r.db.As(who)).LastOfVisitors(ctx, visitors)
	for _, row := range rows {
		last[row.VisitorID] = row.ConversationID
	}
	return last, err
}

// PageOfMessages is how many messages After returns at most.
const PageOfMessages = 200

// After returns the messages with numbers above cursor that the actor may see, in order, at most PageOfMessages.
func (r *Room) After(ctx context.Context, who access.Actor, conversation uuid.UUID, cursor int) ([]Message, error) {
	rows, err := chatdb.New(r.db.As(who)).MessagesAfter(ctx, chatdb.MessagesAfterParams{ConversationID: conversation, After: int32(cursor), Most: PageOfMessages})
	list := make([]Message, len(rows))
	for i, row := range rows {
		list[i] = message(row)
	}
	return list, err
}

// pageBytes is about how much text Page returns at most; a single message may have more.
const pageBytes = 128 << 10

// Page is After for who can come again: it also stops when it has much text. more says that there is (perhaps) more.
func (r *Room) Page(ctx context.Context, who access.Actor, conversation uuid.UUID, cursor int) (list []Message, more bool, err error) {
	list, err = r.After(ctx, who, conversation, cursor)
	more = len(list) == PageOfMessages
	bytes := 0
	for i, m := range list {
		if bytes += len(m.Body); bytes > pageBytes && i > 0 {
			return list[:i:i], true, err
		}
	}
	return list, more, err
}

// ThreadShown is how many messages of a conversation a desk begins with, the newest ones; those before come when they are looked for.
const ThreadShown = 60

// Threads returns, for each conversation, the messages after its cursor, or the newest ones where that is zero, in one round trip.
func (r *Room) Threads(ctx context.Context, who access.Actor, cursors map[uuid.UUID]int) (map[uuid.UUID][]Message, error) {
	threads := make(map[uuid.UUID][]Message, len(cursors))
	if len(cursors) == 0 {
		return threads, nil
	}
	p := chatdb.MessagesOfParams{Most: ThreadShown}
	for id, after := range cursors {
		p.Conversations, p.Cursors = append(p.Conversations, id), append(p.Cursors, int32(after))
	}
	rows, err := chatdb.New(r.db.As(who)).MessagesOf(ctx, p)
	for _, row := range rows {
		m := message(chatdb.MessagesAfterRow(row))
		threads[m.Conversation] = append(threads[m.Conversation], m)
	}
	return threads, err
}
