package thread

import (
	"sync"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/front/live/wire"
	"parley/app/platform/access"
)

// Follower is a screen that shows a conversation's messages.
type Follower interface {
	// Viewer is whose screen it is.
	Viewer() access.Actor
	// ShowMessages shows messages of a conversation, which come in order. It is called under the thread's lock and must not wait.
	ShowMessages(id uuid.UUID, messages []conversation.Message)
	// Socket is the screen's socket.
	Socket() *wire.Socket
}

// Relay has the conversations that screens of this process follow.
type Relay struct {
	conversations *conversation.Service
	mu            sync.RWMutex
	threads       map[uuid.UUID]*thread // by conversation
}

// NewRelay returns a Relay that nobody follows anything of.
func NewRelay(conversations *conversation.Service) *Relay {
	return &Relay{conversations: conversations, threads: map[uuid.UUID]*thread{}}
}

func (r *Relay) find(conversation uuid.UUID) *thread {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.threads[conversation]
}

// Follow has a screen follow a conversation from a cursor on, which may move its cursor back but never forth. The
// caller has checked that the screen's viewer may see the conversation, and calls CatchUp afterwards.
func (r *Relay) Follow(f Follower, conversation uuid.UUID, cursor int) {
	for {
		r.mu.Lock()
		t := r.threads[conversation]
		if t == nil {
			t = &thread{id: conversation, org: f.Viewer().Org(), conversations: r.conversations, cursors: map[Follower]int{}}
			r.threads[conversation] = t
		}
		r.mu.Unlock()
		if t.join(f, cursor) {
			return
		}
	}
}

// Unfollow has a screen no longer follow a conversation.
func (r *Relay) Unfollow(f Follower, conversation uuid.UUID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t := r.threads[conversation]; t != nil && t.leave(f) {
		delete(r.threads, conversation)
	}
}

// Cursor returns how far a screen has been shown a conversation that it follows; 0: it does not, or nothing.
func (r *Relay) Cursor(f Follower, conversation uuid.UUID) int {
	t := r.find(conversation)
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.cursors[f]
}

// Advance notes that a screen has been shown everything up to a message in another way. It is not shown again.
func (r *Relay) Advance(f Follower, conversation uuid.UUID, to int) {
	t := r.find(conversation)
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if at, follows := t.cursors[f]; follows && at < to {
		t.cursors[f] = to
	}
}

// Followers returns the screens that follow a conversation.
func (r *Relay) Followers(conversation uuid.UUID) []Follower {
	t := r.find(conversation)
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	list := make([]Follower, 0, len(t.cursors))
	for f := range t.cursors {
		list = append(list, f)
	}
	return list
}

// IsFollowed reports whether a screen follows a conversation.
func (r *Relay) IsFollowed(conversation uuid.UUID) bool { return r.find(conversation) != nil }

// Deliver shows a message that this process has just stored to the followers of its conversation that have all before
// it; the others are caught up.
func (r *Relay) Deliver(id uuid.UUID, m conversation.Message) {
	if t := r.find(id); t != nil {
		t.deliverNew(m)
	}
}

// CatchUp shows the followers of a conversation what they have not been shown, soon.
func (r *Relay) CatchUp(conversation uuid.UUID) {
	if t := r.find(conversation); t != nil {
		t.requestCatchUp()
	}
}

// CatchUpTo is CatchUp for those of some conversations whose followers have not been shown all up to a number.
func (r *Relay) CatchUpTo(newest map[uuid.UUID]int) {
	for id, seq := range newest {
		if t := r.find(id); t != nil && t.isBehind(seq) {
			t.requestCatchUp()
		}
	}
}

// Len returns how many conversations are followed.
func (r *Relay) Len() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.threads)
}

// ByOrg returns the conversations that are followed, by organization.
func (r *Relay) ByOrg() map[uuid.UUID][]uuid.UUID {
	r.mu.RLock()
	defer r.mu.RUnlock()
	byOrg := map[uuid.UUID][]uuid.UUID{}
	for id, t := range r.threads {
		byOrg[t.org] = append(byOrg[t.org], id)
	}
	return byOrg
}

// OfOrg returns the conversations of an organization that are followed.
func (r *Relay) OfOrg(org uuid.UUID) (ids []uuid.UUID) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for id, t := range r.threads {
		if t.org == org {
			ids = append(ids, id)
		}
	}
	return ids
}
