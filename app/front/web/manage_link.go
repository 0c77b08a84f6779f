package web

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"log/slog"

	"parley/templates/manage"
)

// sessionLink keeps what was just made for a team member until the page that shows it is drawn, once: a reload neither shows it
// again nor makes another one.
const sessionLink = "link"

// showLinkOnce shows on the list of people what was made: its link, or, if that was mailed, only to whom. The database keeps
// links hashed everywhere, so what the session has of this one is sealed.
func (s *Server) showLinkOnce(req *request, m manage.OneTimeLink) error {
	plain, err := json.Marshal(m)
	if err != nil {
		return err
	}
	ctx := req.Request().Context()
	seal, err := sessionCipher(s.sessions.Token(ctx))
	if err != nil {
		return err
	}
	s.sessions.Put(ctx, sessionLink, seal.Seal(nil, nil, plain, nil))
	return req.redirectTo("/admin/people")
}

// popLink returns what showMade has kept, and forgets it; the zero value if there is nothing.
func (s *Server) popLink(req *request) (m manage.OneTimeLink, err error) {
	if req.renderOnly {
		return m, nil
	}
	ctx := req.Request().Context()
	sealed := s.sessions.PopBytes(ctx, sessionLink)
	if sealed == nil {
		return m, nil
	}
	seal, err := sessionCipher(s.sessions.Token(ctx))
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

// sessionCipher seals for the holder of a session: its key comes from the session's token, of which the database has only the hash.
func sessionCipher(token string) (cipher.AEAD, error) {
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
