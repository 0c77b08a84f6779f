package desk

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/platform/access"
)

// QueueHead is what a desk lists of its queues: the conversations that have waited longest, and how many more there are. What is offered to
// the desk's agent is listed besides and does not count.
type QueueHead struct {
	limit   int          // how many it lists at most
	entries []QueueEntry // the longest-waiting first
	more    int          // how many wait behind them; more than 0: the list is cut, and what is not in it is not known
}

// NewQueueHead returns an empty head that lists up to limit conversations.
func NewQueueHead(limit int) QueueHead { return QueueHead{limit: limit} }

// QueueEntry is where a conversation stands in a queue.
type QueueEntry struct {
	Since time.Time
	ID    uuid.UUID
}

// QueueEntryOf returns where a waiting conversation stands.
func QueueEntryOf(c conversation.Conversation) QueueEntry { return QueueEntry{c.QueuedAt, c.ID} }

// Compare orders entries, the longest-waiting first.
func (e QueueEntry) Compare(other QueueEntry) int {
	if n := e.Since.Compare(other.Since); n != 0 {
		return n
	}
	return strings.Compare(string(e.ID[:]), string(other.ID[:]))
}

// Entries returns what is listed, the longest-waiting first. The caller must not change it.
func (h *QueueHead) Entries() []QueueEntry { return h.entries }

// More returns how many wait behind what is listed; 0: everything that waits is listed.
func (h *QueueHead) More() int { return h.more }

// Clear empties the head, behind which nothing waits then.
func (h *QueueHead) Clear() { h.entries, h.more = nil, 0 }

// SetMore notes how many wait behind what is listed.
func (h *QueueHead) SetMore(more int) { h.more = more }

// Put notes that a conversation waits. It reports whether it is listed, and which one no longer is because of it (zero:
// none). How many more there are behind a list that is cut is not counted here: More is then 1 or what SetMore has
// said.
func (h *QueueHead) Put(e QueueEntry) (listed bool, dropped uuid.UUID) {
	h.Remove(e.ID) // its place may have changed
	at, _ := slices.BinarySearchFunc(h.entries, e, QueueEntry.Compare)
	if at == len(h.entries) && (h.more > 0 || at == h.limit) { // behind the cut
		h.more = max(1, h.more)
		return false, uuid.Nil
	}
	h.entries = slices.Insert(h.entries, at, e)
	if len(h.entries) > h.limit {
		dropped = h.entries[h.limit].ID
		h.entries = h.entries[:h.limit]
		h.more = max(1, h.more)
	}
	return true, dropped
}

// Remove notes that a conversation no longer waits. It reports whether it was listed.
func (h *QueueHead) Remove(id uuid.UUID) bool {
	n := len(h.entries)
	h.entries = slices.DeleteFunc(h.entries, func(e QueueEntry) bool { return e.ID == id })
	return len(h.entries) < n
}

// CutAfter removes the entries behind one, which is where the list ends now, and returns their conversations, the last first.
func (h *QueueHead) CutAfter(last QueueEntry) (removed []uuid.UUID) {
	n := len(h.entries)
	for ; n > 0 && h.entries[n-1].Compare(last) > 0; n-- {
		removed = append(removed, h.entries[n-1].ID)
	}
	h.entries = h.entries[:n]
	return removed
}

// QueueView is what desks must have in common to list the same head of a queue.
type QueueView struct {
	Scope     conversation.QueueScope
	Limited   bool        // to Customers
	Customers []uuid.UUID // empty unless Limited
}

// QueueViewOf returns what an agent sees of queues, and a key that is the same for all who see the same.
func QueueViewOf(actor access.Actor, scope conversation.QueueScope) (key string, v QueueView) {
	v = QueueView{Scope: scope, Limited: actor.IsLimited(), Customers: actor.Customers()}
	if scope.AllGroups {
		v.Scope.Groups = nil
	}
	var b strings.Builder
	for _, ids := range [][]uuid.UUID{v.Scope.Groups, v.Customers} {
		ids = slices.SortedFunc(slices.Values(ids), func(a, b uuid.UUID) int { return strings.Compare(string(a[:]), string(b[:])) })
		for _, id := range ids {
			b.Write(id[:])
		}
		b.WriteByte('|')
	}
	if scope.AllGroups {
		b.WriteByte('*')
	}
	if v.Limited {
		b.WriteByte('!')
	}
	return b.String(), v
}

// LoadQueueHead reads the head of a view's queues once for all desks that have the view: the conversations that are
// offered to nobody, and how many there are in all.
func (s *Service) LoadQueueHead(ctx context.Context, org uuid.UUID, v QueueView) (head []conversation.Conversation, all int, err error) {
	head, all, err = s.conversations.QueueHead(ctx, access.System(org, "list the head of a queue"), v.Scope, v.Limited, v.Customers)
	if err == nil {
		s.routing.SetGroupNames(org, head)
	}
	return head, all, err
}
