package identity

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"parley/app/platform/clientnet"
	"parley/app/platform/fail"
	"parley/app/platform/validate"
)

// LogInMatch is one user that an address and its password open.
type LogInMatch struct {
	User    uuid.UUID
	OrgName string
}

// LogIn returns the users that the address and the password open: usually one, more if a person works for several
// organizations. from is the network address that asks. A known and an unknown address cost the same statements and one hash.
func (s *Service) LogIn(ctx context.Context, email, password, from string) (found []LogInMatch, err error) {
	wrong := fail.New(fail.Unauthenticated, "The email address or the password is incorrect. Check both and try again.")
	email, err = validate.Email(email)
	if err != nil {
		return nil, fail.Field("email", "%s", err.Error())
	}
	if password == "" || len(password) > 200 {
		return nil, wrong
	}
	ctx = clientnet.WithAddress(ctx, from)
	err = s.limitedAttempt(ctx, s.logInLimits(email, from), func() (bool, error) {
		hash, err := s.hashForAddress(ctx, email, password, unknownAddressPrefix())
		if err != nil {
			return false, err
		}
		opened, err := s.db.Unscoped().LogIn(ctx, email, hash)
		if err != nil {
			return false, err
		}
		if len(opened) == 0 || !s.isAddressAllowed(email) {
			return true, wrong
		}
		for _, o := range opened {
			found = append(found, LogInMatch{o.UserID, o.OrgName})
		}
		if opened[0].More {
			s.runInBackground(func(ctx context.Context) error { return s.mergeIdentities(ctx, opened[0].IdentityID, password) })
		}
		return false, nil
	})
	if err != nil {
		s.logRefusal(email, from, err)
	}
	return found, err
}

// mergeIdentities tries the password that has just opened an identity on the others of the address that are salted otherwise: they are
// from the time when a person had a password in each organization. Those that it opens become one with the identity. Each is
// tried once ever.
func (s *Service) mergeIdentities(ctx context.Context, identity uuid.UUID, password string) error {
	others, err := s.db.Unscoped().ListUntriedIdentities(ctx, identity)
	if err != nil {
		return err
	}
	for _, o := range others {
		hash, err := s.hashInOwnSlot(ctx, password, hashPrefix(o.PasswordHash))
		if err != nil {
			slog.Warn("an old password hash cannot be read", "error", err)
		}
		if err := s.db.Unscoped().RecordTriedIdentity(ctx, identity, o.IdentityID, err == nil && hash == o.PasswordHash); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) hashInOwnSlot(ctx context.Context, password, prefix string) (string, error) {
	release, err := acquireHashSlot(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	return s.hash(password, prefix)
}

// runInBackground runs what nobody waits for.
func (s *Service) runInBackground(work func(context.Context) error) {
	s.background.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := work(ctx); err != nil {
			slog.Error("after a log-in", "error", err)
		}
	})
}

// Wait waits until what was begun after log-ins is done.
func (s *Service) Wait() { s.background.Wait() }
