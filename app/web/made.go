package web

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"log/slog"

	"parley/app/identity"
	"parley/templates/admin"
)

// sessionMade keeps what was just made for a colleague until the page that shows it is drawn, once: a reload neither shows it
// again nor makes another one.
const sessionMade = "link"

// delivery says how links reach whom they are for: by mail if it can be sent. Then nobody else sees them, so that opening one
// proves the address.
func (s *Server) delivery() identity.Delivery {
	if s.mail.Off() {
		return identity.Shown
	}
	return identity.Mailed
}

// showMade shows on the list of people what was made: its link, or, if that was mailed, only to whom. The database keeps
// links hashed everywhere, so what the session has of this one is sealed.
func (s *Server) showMade(v *visit, m admin.Made) error {
	if s.delivery() == identity.Mailed {
		m.Link = ""
	}
	plain, err := json.Marshal(m)
	if err != nil {
		return err
	}
	ctx := v.Request().Context()
	seal, err := sealOf(s.sessions.Token(ctx))
	if err != nil {
		return err
	}
	s.sessions.Put(ctx, sessionMade, seal.Seal(nil, nil, plain, nil))
	return v.back("/admin/people")
}

// popMade returns what showMade has kept, and forgets it; the zero value if there is nothing.
func (s *Server) popMade(v *visit) (m admin.Made, err error) {
	if v.drawing {
		return m, nil
	}
	ctx := v.Request().Context()
	sealed := s.sessions.PopBytes(ctx, sessionMade)
	if sealed == nil {
		return m, nil
	}
	seal, err := sealOf(s.sessions.Token(ctx))
	if err != nil {
		return m, err
	}
	plain, err := seal.Open(nil, nil, sealed, nil)
	if err != nil { // kept by another version of the program: the link can be made anew
		slog.Warn("what a session has kept cannot be opened", "error", err)
		return m, nil
	}
	return m, json.Unmarshal(plain, &m)
}

// sealOf seals for the holder of a session: its key comes from the session's token, of which the database has only the hash.
func sealOf(token string) (cipher.AEAD, error) {
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
