package identity

import (
	"context"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/identity/internal/identitydb"
	"parley/app/platform/access"
	"parley/app/platform/events"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

// ResetTTL is how long a password-reset link is good.
const ResetTTL = time.Hour

// ResetLink is a secret that sets a new password.
type ResetLink struct {
	Secret string // empty: there is none
	Email  string
}

// CreateForgottenPasswordLink makes a link for an address that sets its password in all its organizations; without a
// Secret if the address is unknown, or was sent too many. Send it to the address and show it to nobody. It is called
// after the answer was given, which must not depend on what it returns.
func (s *Service) CreateForgottenPasswordLink(ctx context.Context, email string) (ResetLink, error) {
	if err := s.CountAttempt(ctx, "reset", email, 5); err != nil {
		if fail.KindOf(err) == fail.Busy {
			return ResetLink{}, nil
		}
		return ResetLink{}, err
	}
	return s.createAddressLink(ctx, email, SentByMail)
}

// RepeatForgottenPasswordLink is CreateForgottenPasswordLink for a mail that could not be sent: it is not counted again.
func (s *Service) RepeatForgottenPasswordLink(ctx context.Context, email string) (ResetLink, error) {
	return s.createAddressLink(ctx, email, SentByMail)
}

// CreateOperatorResetLink is ForgotLink for the operator, who passes the link on: it does not prove the address.
func (s *Service) CreateOperatorResetLink(ctx context.Context, email string) (ResetLink, error) {
	email, err := validate.Email(email)
	if err != nil {
		return ResetLink{}, fail.Field("email", "%s", err.Error())
	}
	return s.createAddressLink(ctx, email, ShownToRequester)
}

func (s *Service) createAddressLink(ctx context.Context, email string, d Delivery) (ResetLink, error) {
	secret, hash := newToken()
	made, err := s.db.Unscoped().CreateAddressReset(ctx, hash, email, d == SentByMail, ResetTTL)
	if err != nil || !made {
		return ResetLink{}, err
	}
	return ResetLink{secret, email}, nil
}

// CreateResetLink makes a link for a team member who cannot log in. Mailed to the address it works as that of
// CreateForgottenPasswordLink. Shown to the manager it changes how the team member comes into this organization, and
// nothing in another one.
func (s *Service) CreateResetLink(ctx context.Context, who access.Actor, user uuid.UUID, d Delivery) (ResetLink, error) {
	return s.createResetLink(ctx, who, user, d, func(*pg.Tenant, uuid.UUID) error { return nil })
}

// CreateResetLinkByMail makes a link as CreateResetLink does, and returns the address that it is for. Nobody knows its secret yet:
// insertMail, which runs in the same transaction, inserts the job that sends the mail (see RenewReset).
func (s *Service) CreateResetLinkByMail(
	ctx context.Context, actor access.Actor, user uuid.UUID, insertMail func(tx *pg.Tenant, reset uuid.UUID) error,
) (email string, err error) {
	l, err := s.createResetLink(ctx, actor, user, SentByMail, insertMail)
	return l.Email, err
}

func (s *Service) createResetLink(
	ctx context.Context, who access.Actor, user uuid.UUID, d Delivery, alsoInTx func(*pg.Tenant, uuid.UUID) error,
) (ResetLink, error) {
	t, err := s.db.Authorize(who, access.TeamMemberResetPassword)
	if err != nil {
		return ResetLink{}, err
	}
	q := identitydb.New(t)
	u, err := q.GetUser(ctx, user)
	if pg.IsNoRows(err) || err == nil && u.DisabledAt != nil {
		return ResetLink{}, fail.Missing("team member")
	}
	if err != nil {
		return ResetLink{}, err
	}
	if err := checkMayManage(ctx, q, who, user); err != nil {
		return ResetLink{}, err
	}
	if access.Role(u.Role).IsOwner() && !who.Can(access.TeamMemberManageOwner) {
		return ResetLink{}, fail.New(fail.Forbidden, "Only an owner can reset an owner's password.")
	}
	secret, hash := newToken()
	made := identitydb.CreatePasswordResetParams{ID: uuid.Must(uuid.NewV7()), UserID: user, TokenHash: hash, VerifiesEmail: d == SentByMail,
		ExpiresAt: time.Now().Add(ResetTTL)}
	if id := who.ID(); id != uuid.Nil {
		made.CreatedBy = &id
	}
	return ResetLink{secret, u.Email}, t.Tx(ctx, func(tx *pg.Tenant) error {
		if err := identitydb.New(tx).CreatePasswordReset(ctx, made); err != nil {
			return err
		}
		if err := alsoInTx(tx, made.ID); err != nil {
			return err
		}
		return events.Record(ctx, tx, who, passwordLinkCreated(u, d))
	})
}

// GetResetEmail returns whose password a link resets, or ErrLinkInvalid.
func (s *Service) GetResetEmail(ctx context.Context, secret string) (email string, err error) {
	reset, err := s.lookUpReset(ctx, secret)
	return reset.Email, err
}

func (s *Service) lookUpReset(ctx context.Context, secret string) (pg.Reset, error) {
	return lookUpLink(ctx, s, linkReset, secret, s.db.Unscoped().LookUpReset)
}

// ResetPassword sets the password by a link's secret, ends all sessions for which it was good and uses the link up. It returns the users
// whom it opens now. from is the network address that asks.
func (s *Service) ResetPassword(ctx context.Context, secret, password, from string) (found []LogInMatch, err error) {
	err = s.limitedLink(ctx, linkReset, secret, from, func(ctx context.Context) error {
		reset, err := s.lookUpReset(ctx, secret)
		if err != nil {
			return err
		}
		if err := checkPassword(password); err != nil {
			return fail.Field("password", "%s", err.Error())
		}
		shown := reset.UserID != uuid.Nil && !reset.VerifiesEmail // to a manager, who must not try passwords by it
		var limits []attemptLimit
		if shown {
			limits = s.accountLimits(reset.Email, from)
		}
		var changed []pg.PasswordChange
		err = s.limitedAttempt(ctx, limits, func() (bool, error) {
			if changed, err = s.setPassword(ctx, secret, reset.Email, password); err != nil {
				return false, err
			}
			return shown && !changed[0].Matched, nil
		})
		for _, c := range changed {
			s.publishMember(c.OrgID, c.UserID)
			if c.Enabled {
				found = append(found, LogInMatch{c.UserID, c.OrgName})
			}
		}
		return err
	})
	return found, err
}

// setPassword returns at least one user, or an error.
func (s *Service) setPassword(ctx context.Context, secret, email, password string) (changed []pg.PasswordChange, err error) {
	for range maxSaltRetries {
		hash, err := s.hashForAddress(ctx, email, password, newHashPrefix(s.argon))
		if err != nil {
			return nil, err
		}
		changed, err = s.db.Unscoped().SetPassword(ctx, passwordReset(ctx, secret, hash))
		if err == nil && len(changed) == 0 {
			return nil, ErrLinkInvalid // used at the same moment
		}
		if !pg.IsSaltChanged(err) {
			return changed, err
		}
	}
	return nil, errAddressBusy
}
