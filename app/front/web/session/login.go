package session

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"parley/app/domain/identity"
	"parley/app/platform/fail"
)

// Login is who is logged in with a browser.
type Login struct {
	identity.TeamMember
	Key string // names the session, without being its secret
}

// UserHeader is the header that names the user for whom a page was made that stays open: the desk. A request with it is refused when
// somebody else is logged in by now, so that nobody acts through a former user's page. Sockets name the user in their address.
const UserHeader = "Parley-User"

// pageUserID returns the id of the user for whom the page was made that sends a request; empty if it does not say.
func pageUserID(r *http.Request) string {
	if IsSocket(r) {
		return r.URL.Query().Get("user")
	}
	return r.Header.Get(UserHeader)
}

// Authenticate returns who is logged in; fail.Unauthenticated if nobody is, or another person than the page was made for.
func (m *Manager) Authenticate(c echo.Context) (Login, error) {
	ctx := c.Request().Context()
	logIn := fail.New(fail.Unauthenticated, "Log in to continue.")
	id, err := uuid.Parse(m.sessions.GetString(ctx, keyUser))
	if err != nil {
		return Login{}, logIn
	}
	epoch := m.sessions.GetInt(ctx, keyEpoch)
	p, err := m.identity.GetMemberSince(ctx, id, epoch)
	if err != nil {
		return Login{}, err
	}
	if p.Epoch != epoch {
		return Login{}, logIn
	}
	if user := pageUserID(c.Request()); user != "" && user != p.ID().String() {
		return Login{}, fail.New(fail.Unauthenticated, "Someone else is logged in now. Reload this page.")
	}
	if err := m.admit(p.ID(), p.Actor.Org(), IsSocket(c.Request())); err != nil {
		return Login{}, err
	}
	return Login{TeamMember: p, Key: identity.SessionKey(m.sessions.Token(ctx))}, nil
}

// Start logs a user in: with a new session token, so that one planted before is worth nothing.
func (m *Manager) Start(ctx context.Context, user uuid.UUID) error {
	p, err := m.identity.GetMemberUncached(ctx, user) // with the limits that it has now
	if err != nil {
		return err
	}
	if err := m.identity.RecordLogIn(ctx, p); err != nil {
		return err
	}
	if err := m.sessions.RenewToken(ctx); err != nil {
		return err
	}
	m.sessions.Remove(ctx, keyChoice)
	m.sessions.Put(ctx, keyUser, user.String())
	m.sessions.Put(ctx, keyEpoch, p.Epoch)
	return nil
}

// UserID returns the id of the user that the session of a context names, valid or not; empty if there is none.
func (m *Manager) UserID(ctx context.Context) string { return m.sessions.GetString(ctx, keyUser) }

// Checker returns a function that asks anew whether a log-in still counts: the session is there, and the user may log in and has the same
// epoch. What cannot be asked counts as yes; it is asked again at the next reconnection. ctx is the request's.
func (m *Manager) Checker(ctx context.Context, member identity.TeamMember) func() bool {
	token, user, epoch := m.sessions.Token(ctx), member.ID(), member.Epoch
	return func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_, found, err := m.store.FindCtx(ctx, token)
		if err != nil || !found {
			return err != nil
		}
		p, err := m.identity.GetMemberSince(ctx, user, epoch)
		return err == nil && p.Epoch == epoch || fail.KindOf(err) == fail.Internal && err != nil
	}
}

// Reenter reports whether somebody who sends the form again by which user logged in is logged in as that user by the first one, or can be
// logged in by the password in the form. The form alone lets nobody in.
func (m *Manager) Reenter(c echo.Context, user uuid.UUID) bool {
	if login, err := m.Authenticate(c); err == nil {
		return login.ID() == user
	}
	ctx := c.Request().Context()
	p, err := m.identity.GetMemberUncached(ctx, user)
	if err != nil {
		return false
	}
	matches, err := m.identity.LogIn(ctx, p.Email, c.FormValue("password"), c.RealIP())
	if err != nil {
		return false
	}
	for _, match := range matches {
		if match.User == user {
			return m.Start(ctx, user) == nil
		}
	}
	return false
}
