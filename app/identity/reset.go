package identity

import (
	"context"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/fail"
	"parley/app/identity/internal/identitydb"
	"parley/app/pg"
)

// ResetLasts is how long a password-reset link is good.
const ResetLasts = time.Hour

// ResetLink is a secret that sets a new password.
type ResetLink struct {
	Secret string // empty: there is none
	Email  string
}

// ForgotLink makes a link for an address that sets its password in all its organizations; without a Secret if the address is
// unknown, or was sent too many. Send it to the address and show it to nobody. It is called after the answer was given, which
// must not depend on what it returns.
func (r *Room) ForgotLink(ctx context.Context, email string) (ResetLink, error) {
	if err := r.Limited(ctx, "reset", email, 5); err != nil {
		if fail.KindOf(err) == fail.Busy {
			return ResetLink{}, nil
		}
		return ResetLink{}, err
	}
	return r.addressLink(ctx, email, Mailed)
}

// OperatorLink is ForgotLink for the operator, who hands the link over: it does not prove the address.
func (r *Room) OperatorLink(ctx context.Context, email string) (ResetLink, error) {
	email, err := fail.Email(email)
	if err != nil {
		return ResetLink{}, fail.Field("email", "%s", err.Error())
	}
	return r.addressLink(ctx, email, Shown)
}

func (r *Room) addressLink(ctx context.Context, email string, d Delivery) (ResetLink, error) {
	secret, hash := token()
	made, err := r.db.Doors().ResetAddress(ctx, hash, email, d == Mailed, ResetLasts)
	if err != nil || !made {
		return ResetLink{}, err
	}
	return ResetLink{secret, email}, nil
}

// ResetLinkFor makes a link for a colleague who cannot log in. Mailed to the address it works as that of ForgotLink. Shown to the
// manager it changes how the colleague comes into this organization, and nothing in another one.
func (r *Room) ResetLinkFor(ctx context.Context, who access.Actor, user uuid.UUID, d Delivery) (ResetLink, error) {
	t, err := r.db.For(who, access.Manage)
	if err != nil {
		return ResetLink{}, err
	}
	q := identitydb.New(t)
	u, err := q.GetUser(ctx, user)
	if pg.None(err) || err == nil && u.DisabledAt != nil {
		return ResetLink{}, fail.Missing("user")
	}
	if err != nil {
		return ResetLink{}, err
	}
	if err := mayManage(ctx, q, who, user); err != nil {
		return ResetLink{}, err
	}
	if u.Role == string(access.Owner) && !who.May(access.Appoint) {
		return ResetLink{}, fail.New(fail.Forbidden, "Only an owner can reset an owner's password.")
	}
	secret, hash := token()
	made := identitydb.CreateResetParams{ID: uuid.Must(uuid.NewV7()), UserID: user, TokenHash: hash, Proves: d == Mailed,
		ExpiresAt: time.Now().Add(ResetLasts)}
	if id := who.ID(); id != uuid.Nil {
		made.MadeBy = &id
	}
	return ResetLink{secret, u.Email}, q.CreateReset(ctx, made)
}

// ResetFor returns whose password a link resets, or ErrLink.
func (r *Room) ResetFor(ctx context.Context, secret string) (email string, err error) {
	reset, err := r.reset(ctx, secret)
	return reset.Email, err
}

func (r *Room) reset(ctx context.Context, secret string) (pg.Reset, error) {
	return behindLink(ctx, r, forReset, secret, r.db.Doors().Reset)
}

// Reset sets the password by a link's secret, ends all sessions for which it was good and uses the link up. It returns the users
// whom it opens now. from is the network address that asks.
func (r *Room) Reset(ctx context.Context, secret, password, from string) (found []Match, err error) {
	err = r.withLink(ctx, forReset, secret, from, func(ctx context.Context) error {
		reset, err := r.reset(ctx, secret)
		if err != nil {
			return err
		}
		if err := checkPassword(password); err != nil {
			return fail.Field("password", "%s", err.Error())
		}
		shown := reset.UserID != uuid.Nil && !reset.Proves // to a manager, who must not try passwords by it
		var limits []limit
		if shown {
			limits = r.ofAccount(reset.Email, from)
		}
		var changed []pg.Changed
		err = r.guarded(ctx, limits, func() (bool, error) {
			if changed, err = r.setPassword(ctx, secret, reset.Email, password); err != nil {
				return false, err
			}
			return shown && !changed[0].Matched, nil
		})
		for _, c := range changed {
			r.changed(c.OrgID, c.UserID)
			if c.Enabled {
				found = append(found, Match{c.UserID, c.OrgName})
			}
		}
		return err
	})
	return found, err
}

// setPassword returns at least one user, or an error.
func (r *Room) setPassword(ctx context.Context, secret, email, password string) (changed []pg.Changed, err error) {
	for range otherSalts {
		hash, err := r.hashFor(ctx, email, password, newPrefix(r.argon))
		if err != nil {
			return nil, err
		}
		changed, err = r.db.Doors().SetPassword(ctx, tokenHash(secret), uuid.Must(uuid.NewV7()), hash)
		if err == nil && len(changed) == 0 {
			return nil, ErrLink // used at the same moment
		}
		if !pg.OtherSalt(err) {
			return changed, err
		}
	}
	return nil, errBusy
}
