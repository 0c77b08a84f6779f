package identity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/google/uuid"

	"parley/app/platform/bus"
	"parley/app/platform/cache"
	"parley/app/platform/pg"
)

// SessionCache stores log-in sessions in Postgres, hashed, with a short memory in front of it so that a request costs no query
// for its session. It is an scs.CtxStore. Writing a session publishes an event, so that other processes forget what they have
// stored of it; ending one also closes its sockets. While other processes are not heard, nothing stored is used.
type SessionCache struct {
	store *pg.SessionStore
	bus   *bus.Bus

	cache   *cache.Cache[string, []byte]
	unknown *cache.NegativeCache
}

// A session's token is made by this program: one that is unknown stays so, and is remembered for longer. A whole office may come
// with sessions that have ended.
const (
	sessionTTL        = 30 * time.Second
	sessionCacheBytes = 16 << 20

	unknownSessionTTL        = 10 * time.Minute
	unknownSessionsBurst     = 300 // that a network may come with
	unknownSessionsPerSecond = 2
)

// NewSessionCache returns the store.
func NewSessionCache(db *pg.DB, b *bus.Bus) *SessionCache {
	s := &SessionCache{store: db.Sessions(), bus: b, cache: cache.New[string, []byte](sessionCacheBytes),
		unknown: cache.NewNegativeCache(unknownSessionTTL, unknownSessionsBurst, unknownSessionsPerSecond)}
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
func (s *SessionCache) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	key := SessionKey(token)
	if s.bus.IsConnected() {
		if data, found := s.cache.Get(key); found {
			return data, true, nil
		}
	}
	mark := s.cache.Mark()
	unknown, settle, err := s.unknown.Begin(ctx, key)
	if unknown || err != nil {
		return nil, false, err
	}
	data, found, err := s.store.FindCtx(ctx, key)
	settle(err == nil && !found)
	if err == nil && found {
		s.cache.Put(key, data, len(key)+len(data), sessionTTL, mark)
	}
	return data, found, err
}

// CommitCtx writes the session.
func (s *SessionCache) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	key := SessionKey(token)
	if err := s.store.CommitCtx(ctx, key, data, expiry); err != nil {
		return err
	}
	s.bus.Publish(bus.Event{Kind: bus.Login, Text: key})
	s.cache.Set(key, data, len(key)+len(data), sessionTTL)
	return nil
}

// DeleteCtx ends the session.
func (s *SessionCache) DeleteCtx(ctx context.Context, token string) error {
	key := SessionKey(token)
	if err := s.store.DeleteCtx(ctx, key); err != nil {
		return err
	}
	s.bus.Publish(bus.Event{Kind: bus.Session, Text: key})
	return nil
}

// HandleEvents forgets a session that has changed or ended.
func (s *SessionCache) HandleEvents(events []bus.Event) {
	for _, e := range events {
		switch e.Kind {
		case bus.Session:
			s.cache.Drop(e.Text)
		case bus.Login:
			s.cache.Drop(e.Text)
			s.unknown.Drop(e.Text)
		}
	}
}

// Resync forgets all sessions.
func (s *SessionCache) Resync(org uuid.UUID) {
	if org != uuid.Nil {
		return // every process gets the events of what is cached here
	}
	s.cache.Clear()
	s.unknown.Clear()
}

// Find is FindCtx without a context; scs asks for it but does not call it.
func (s *SessionCache) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context; scs asks for it but does not call it.
func (s *SessionCache) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx without a context; scs asks for it but does not call it.
func (s *SessionCache) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
