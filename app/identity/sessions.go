package identity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/google/uuid"

	"parley/app/bus"
	"parley/app/cache"
	"parley/app/pg"
)

// Sessions keeps log-in sessions in Postgres, hashed, with a short memory in front of it so that a request costs no query
// for its session. It is an scs.CtxStore. Writing a session publishes an event, so that other processes forget what they have
// stored of it; ending one also closes its sockets. While other processes are not heard, nothing stored is used.
type Sessions struct {
	store *pg.SessionStore
	bus   *bus.Bus

	kept    *cache.Cache[string, []byte]
	unknown *cache.Unknown
}

// A session's token is made by this program: one that is unknown stays so, and is remembered for longer. A whole office may come
// with sessions that have ended.
const (
	sessionKept  = 30 * time.Second
	sessionBytes = 16 << 20

	unknownSessionKept     = 10 * time.Minute
	unknownSessionsOnce    = 300 // that a network may come with
	unknownSessionsASecond = 2
)

// NewSessions returns the store.
func NewSessions(db *pg.DB, b *bus.Bus) *Sessions {
	s := &Sessions{store: db.Sessions(), bus: b, kept: cache.New[string, []byte](sessionBytes),
		unknown: cache.NewUnknown(unknownSessionKept, unknownSessionsOnce, unknownSessionsASecond)}
	b.Subscribe(s)
	return s
}

// SessionKey is what a session's token is known by everywhere but in the cookie.
func SessionKey(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// FindCtx returns the session's data, if there is one that has not expired. fail.Busy if the network of ctx has come with too many
// tokens of no session.
func (s *Sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	key := SessionKey(token)
	if s.bus.Up() {
		if data, found := s.kept.Get(key); found {
			return data, true, nil
		}
	}
	mark := s.kept.Now()
	unknown, settle, err := s.unknown.Ask(ctx, key)
	if unknown || err != nil {
		return nil, false, err
	}
	data, found, err := s.store.FindCtx(ctx, key)
	settle(err == nil && !found)
	if err == nil && found {
		s.kept.Put(key, data, len(key)+len(data), sessionKept, mark)
	}
	return data, found, err
}

// CommitCtx writes the session.
func (s *Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	key := SessionKey(token)
	if err := s.store.CommitCtx(ctx, key, data, expiry); err != nil {
		return err
	}
	s.bus.Publish(bus.Event{Kind: bus.Login, Text: key})
	s.kept.Set(key, data, len(key)+len(data), sessionKept)
	return nil
}

// DeleteCtx ends the session.
func (s *Sessions) DeleteCtx(ctx context.Context, token string) error {
	key := SessionKey(token)
	if err := s.store.DeleteCtx(ctx, key); err != nil {
		return err
	}
	s.bus.Publish(bus.Event{Kind: bus.Session, Text: key})
	return nil
}

// Heard forgets a session that has changed or ended.
func (s *Sessions) Heard(events []bus.Event) {
	for _, e := range events {
		switch e.Kind {
		case bus.Session:
			s.kept.Drop(e.Text)
		case bus.Login:
			s.kept.Drop(e.Text)
			s.unknown.Drop(e.Text)
		}
	}
}

// Gap forgets all sessions.
func (s *Sessions) Gap(org uuid.UUID) {
	if org != uuid.Nil {
		return // what is remembered here is told to every process
	}
	s.kept.Clear()
	s.unknown.Clear()
}

// Find is FindCtx without a context; scs asks for it but does not call it.
func (s *Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context; scs asks for it but does not call it.
func (s *Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx without a context; scs asks for it but does not call it.
func (s *Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
