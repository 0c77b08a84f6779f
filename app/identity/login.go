package identity

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"parley/app/fail"
	"parley/app/outside"
)

// Match is one user that an address and its password open.
type Match struct {
	User    uuid.UUID
	OrgName string
}

// LogIn returns the users that the address and the password open: usually one, more if a person works for several
// organizations. from is the network address that asks. A known and an unknown address cost the same statements and one hash.
func (r *Room) LogIn(ctx context.Context, email, password, from string) (found []Match, err error) {
	wrong := fail.New(fail.Unauthenticated, "E-mail address and password do not match a log-in. Please check both.")
	email, err = fail.Email(email)
	if err != nil {
		return nil, fail.Field("email", "%s", err.Error())
	}
	if password == "" || len(password) > 200 {
		return nil, wrong
	}
	ctx = outside.With(ctx, from)
	err = r.guarded(ctx, r.ofLogIn(email, from), func() (bool, error) {
		hash, err := r.hashFor(ctx, email, password, nobody())
		if err != nil {
			return false, err
		}
		opened, err := r.db.Doors().LogIn(ctx, email, hash)
		if err != nil {
			return false, err
		}
		if len(opened) == 0 || !r.allowed(email) {
			return true, wrong
		}
		for _, o := range opened {
			found = append(found, Match{o.UserID, o.OrgName})
		}
		if opened[0].More {
			r.later(func(ctx context.Context) error { return r.adopt(ctx, opened[0].IdentityID, password) })
		}
		return false, nil
	})
	if err != nil {
		r.noteRefused(email, from, err)
	}
	return found, err
}

// adopt tries the password that has just opened an identity on the others of the address that are salted otherwise: they are
// from the time when a person had a password in each organization. Those that it opens become one with the identity. Each is
// tried once ever.
func (r *Room) adopt(ctx context.Context, identity uuid.UUID, password string) error {
	others, err := r.db.Doors().Untried(ctx, identity)
	if err != nil {
		return err
	}
	for _, o := range others {
		hash, err := r.hashAlone(ctx, password, hashPrefix(o.PasswordHash))
		if err != nil {
			slog.Warn("an old password hash cannot be read", "error", err)
		}
		if err := r.db.Doors().Tried(ctx, identity, o.IdentityID, err == nil && hash == o.PasswordHash); err != nil {
			return err
		}
	}
	return nil
}

func (r *Room) hashAlone(ctx context.Context, password, prefix string) (string, error) {
	release, err := slot(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	return r.hash(password, prefix)
}

// later runs what nobody waits for.
func (r *Room) later(work func(context.Context) error) {
	r.working.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := work(ctx); err != nil {
			slog.Error("after a log-in", "error", err)
		}
	})
}

// Wait waits until what was begun after log-ins is done.
func (r *Room) Wait() { r.working.Wait() }
