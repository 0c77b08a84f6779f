package session_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"parley/app/domain/identity"
	"parley/app/front/web/session"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/tools/testkit"
)

// browser calls functions within one browser's session.
type browser struct {
	t       *testing.T
	manager *session.Manager
	cookies []*http.Cookie
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	b := bus.New(nil)
	members := identity.New(testkit.DB(t), b, testkit.IdentityOptions())
	return &browser{t: t, manager: session.New(session.Options{Store: identity.NewSessionCache(testkit.DB(t), b), Identity: members, Bus: b,
		Admit:   func(uuid.UUID, uuid.UUID, bool) error { return nil },
		OnError: func(_ http.ResponseWriter, _ *http.Request, err error) { t.Error(err) }})}
}

// call calls f as the handler of a request with headers.
func (b *browser) call(f func(c echo.Context) error, headers ...string) {
	b.t.Helper()
	r, w := httptest.NewRequest(http.MethodGet, "/", nil), httptest.NewRecorder()
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	for _, cookie := range b.cookies {
		r.AddCookie(cookie)
	}
	err := b.manager.Middleware(func(c echo.Context) error {
		if err := f(c); err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	})(echo.New().NewContext(r, w))
	if err != nil {
		b.t.Error(err)
	}
	if set := w.Result().Cookies(); len(set) > 0 {
		b.cookies = set
	}
}

// A session names a user until it ends; a page that was made for somebody else is refused.
func TestLogin(t *testing.T) {
	t.Parallel()
	b, o := newBrowser(t), testkit.NewOrg(t)
	agent := o.As(access.Agent).ID()
	isLoggedOut := func(c echo.Context) error {
		if _, err := b.manager.Authenticate(c); fail.KindOf(err) != fail.Unauthenticated {
			t.Errorf("logged in: %v", err)
		}
		return nil
	}
	b.call(isLoggedOut)
	b.call(func(c echo.Context) error { return b.manager.Start(c.Request().Context(), agent) })
	var check func() bool
	isAgent := func(c echo.Context) error {
		login, err := b.manager.Authenticate(c)
		if err != nil || login.ID() != agent || login.Key == "" {
			t.Errorf("%v, %v", login.ID(), err)
		}
		check = b.manager.Checker(c.Request().Context(), login.TeamMember)
		return nil
	}
	b.call(isAgent)
	b.call(isAgent, session.UserHeader, agent.String())
	b.call(isLoggedOut, session.UserHeader, uuid.NewString())
	if !check() {
		t.Error("the log-in counts no more")
	}
	b.call(func(c echo.Context) error { return b.manager.End(c.Request().Context()) })
	b.call(isLoggedOut)
	if check() {
		t.Error("the log-in counts after its end")
	}
}

// Between several users somebody chooses one that was offered; a value that is stored once is read once.
func TestChoiceAndSealedValue(t *testing.T) {
	t.Parallel()
	b, o := newBrowser(t), testkit.NewOrg(t)
	member := identity.TeamMember{Actor: o.As(access.Agent), Epoch: 3}
	later, other := member, identity.TeamMember{Actor: o.As(access.Owner), Epoch: 3}
	later.Epoch++
	type secret struct{ Link string }
	b.call(func(c echo.Context) error {
		ctx := c.Request().Context()
		if choice := b.manager.Choice(ctx); len(choice) != 0 || choice.Allows(member) {
			t.Errorf("a choice from nothing: %v", choice)
		}
		if err := b.manager.OfferChoice(ctx, []identity.TeamMember{member}); err != nil {
			return err
		}
		return b.manager.PutOnce(ctx, secret{"/join/x"})
	})
	b.call(func(c echo.Context) error {
		ctx := c.Request().Context()
		if choice := b.manager.Choice(ctx); !choice.Allows(member) || choice.Allows(later) || choice.Allows(other) {
			t.Errorf("%v", choice)
		}
		for _, want := range []string{"/join/x", ""} {
			var got secret
			if err := b.manager.TakeOnce(ctx, &got); err != nil || got.Link != want {
				t.Errorf("%+v, %v", got, err)
			}
		}
		return nil
	})
}
