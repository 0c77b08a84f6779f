package identity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/bus"
	"parley/app/pg"
)

// Sessions keeps log-in sessions in Postgres, hashed, with a short memory in front of it so that a request costs no query
// for its session. It is an scs.CtxStore. Ending a session rings the bell, so that other processes forget it and its
// sockets close.
type Sessions struct {
	store *pg.SessionStore
	bus   *bus.Bus

	mu   sync.Mutex
	kept map[string]keptSession
}

type keptSession struct {
	data  []byte
	until time.Time
}

const sessionKept = 30 * time.Second

// NewSessions returns the store.
func NewSessions(db *pg.DB, b *bus.Bus) *Sessions {
	s := &Sessions{store: db.Sessions(), bus: b, kept: map[string]keptSession{}}
	b.Subscribe(s)
	return s
}

// SessionKey is what a session's token is known by everywhere but in the cookie.
func SessionKey(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// FindCtx returns the session's data, if there is one that has not expired.
func (s *Sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	key := SessionKey(token)
	s.mu.Lock()
	k, there := s.kept[key]
	s.mu.Unlock()
	if there && time.Now().Before(k.until) {
		return k.data, true, nil
	}
	data, found, err := s.store.FindCtx(ctx, key)
	if err == nil && found {
		s.keep(key, data)
	}
	return data, found, err
}

func (s *Sessions) keep(key string, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.kept) > 20000 {
		clear(s.kept)
	}
	s.kept[key] = keptSession{data, time.Now().Add(sessionKept)}
}

// CommitCtx writes the session.
func (s *Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	key := SessionKey(token)
	if err := s.store.CommitCtx(ctx, key, data, expiry); err != nil {
		return err
	}
	s.keep(key, data)
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

// Heard forgets a session that has ended.
func (s *Sessions) Heard(events []bus.Event) {
	for _, e := range events {
		if e.Kind == bus.Session {
			s.mu.Lock()
			delete(s.kept, e.Text)
			s.mu.Unlock()
		}
	}
}

// Gap forgets all sessions.
func (s *Sessions) Gap(org uuid.UUID) {
	if org != uuid.Nil {
		return // what is remembered here is told to every process
	}
	s.mu.Lock()
	clear(s.kept)
	s.mu.Unlock()
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
