package session

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"log/slog"
)

// PutOnce stores a value for the next page that asks for it by TakeOnce. The database has secrets only hashed, so the session has the
// value sealed. There is one such value in a session.
func (m *Manager) PutOnce(ctx context.Context, value any) error {
	plain, err := json.Marshal(value)
	if err != nil {
		return err
	}
	seal, err := newCipher(m.sessions.Token(ctx))
	if err != nil {
		return err
	}
	m.sessions.Put(ctx, keySealed, seal.Seal(nil, nil, plain, nil))
	return nil
}

// TakeOnce reads into value what PutOnce has stored, and removes it from the session; it leaves value as it is if there is nothing.
func (m *Manager) TakeOnce(ctx context.Context, value any) error {
	sealed := m.sessions.PopBytes(ctx, keySealed)
	if sealed == nil {
		return nil
	}
	seal, err := newCipher(m.sessions.Token(ctx))
	if err != nil {
		return err
	}
	plain, err := seal.Open(nil, nil, sealed, nil)
	if err != nil { // sealed by another version of the program: what it was can be made anew
		slog.Warn("a sealed value of a session cannot be opened", "error", err)
		return nil
	}
	return json.Unmarshal(plain, value)
}

// newCipher returns a cipher for the holder of a session: its key comes from the session's token, of which the database has the hash only.
func newCipher(token string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, []byte(token), nil, "parley session seal", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
