package identity

import (
	"context"
	"crypto/sha256"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/app/platform/cache"
	"parley/app/platform/clientnet"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// Limits bound what can be tried, and what can be sent. A zero field is no limit. Wrong passwords are counted per network (wide,
// because an office shares one), per account from one network (narrow), and per account from everywhere (wide: strangers must not
// lock a person out by a handful of attempts). Only failures count, so that any number of people can log in from one office at the
// same minute.
type Limits struct {
	FailuresAddress        int // wrong passwords from one network, in 15 minutes
	FailuresAccount        int // wrong passwords for one account, in 15 minutes
	FailuresAccountAddress int // wrong passwords for one account from one network, in 15 minutes
	LinkFailures           int // links that are not good, opened from one network, in 15 minutes
	SignUps                int // organizations asked for from one network, in 15 minutes
	Resets                 int // new passwords asked for from one network, in 15 minutes
	Invitations            int // invitations that an organization makes, in 15 minutes
	Mails                  int // mails of one organization, in a day
	MailsUnverified        int // mails of one organization of which no owner has proven the address, in a day
}

// DefaultLimits returns the limits of a server that nobody has configured. An office of several hundred people fits into them.
func DefaultLimits() Limits {
	return Limits{FailuresAddress: 300, FailuresAccount: 200, FailuresAccountAddress: 10, LinkFailures: 300, SignUps: 20, Resets: 200,
		Invitations: 500, Mails: 5000, MailsUnverified: 50}
}

// Limits returns the limits.
func (s *Service) Limits() Limits { return s.limits }

// newLinkCache counts links that are not good in this process; those of a whole office may be looked up at the same moment.
func newLinkCache(most int) *cache.NegativeCache {
	if most == 0 {
		most = 1 << 30
	}
	return cache.NewNegativeCache(time.Minute, most, float64(most)/attemptWindow.Seconds())
}

const attemptWindow = 15 * time.Minute

// attemptLimit is how many failures there may be at a key.
type attemptLimit struct {
	key []byte
	max int
}

func attemptKey(parts ...string) []byte {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return sum[:]
}

// accountLimits limits guesses at the password of an address.
func (s *Service) accountLimits(email, from string) []attemptLimit {
	return enabledLimits(attemptLimit{attemptKey("login", email, clientnet.Of(from)), s.limits.FailuresAccountAddress},
		attemptLimit{attemptKey("login", email), s.limits.FailuresAccount})
}

// enabledLimits leaves out what is not limited.
func enabledLimits(all ...attemptLimit) []attemptLimit {
	return slices.DeleteFunc(all, func(l attemptLimit) bool { return l.max == 0 })
}

// logInLimits limits guesses at passwords on the log-in page.
func (s *Service) logInLimits(email, from string) []attemptLimit {
	return append(s.accountLimits(email, from), enabledLimits(attemptLimit{
		attemptKey("login from", clientnet.Of(from)),
		s.limits.FailuresAddress,
	})...)
}

func attemptKeys(limits []attemptLimit) [][]byte {
	keys := make([][]byte, len(limits))
	for i, l := range limits {
		keys[i] = l.key
	}
	return keys
}

// checkLimits returns a Busy error if there were too many failures at one of the keys. It counts nothing.
func (s *Service) checkLimits(ctx context.Context, limits []attemptLimit) error {
	if len(limits) == 0 {
		return nil
	}
	have, err := s.db.Unscoped().GetAttempts(ctx, attemptKeys(limits))
	if err != nil {
		return err
	}
	for i, l := range limits {
		if have[i].Count >= l.max {
			return errTooManyAttempts(have[i].Left)
		}
	}
	return nil
}

// countFailure counts a failure at every key, also when whoever asked has hung up meanwhile.
func (s *Service) countFailure(ctx context.Context, limits []attemptLimit) error {
	if len(limits) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return s.db.Unscoped().CountFailures(ctx, attemptKeys(limits), attemptWindow)
}

// limitedAttempt runs what computes a hash and compares it, unless there were too many failures before; wrong says that this was one.
// The slot for hashing is held from the check of the limits until the failure is counted, so that attempts at the same time go
// beyond a limit by the number of slots at most.
func (s *Service) limitedAttempt(ctx context.Context, limits []attemptLimit, try func() (wrong bool, err error)) error {
	if err := s.checkLimits(ctx, limits); err != nil { // who is over a limit does not wait in the way of others
		return err
	}
	release, err := acquireHashSlot(ctx)
	if err != nil {
		return err
	}
	defer release()
	if err := s.checkLimits(ctx, limits); err != nil {
		return err
	}
	wrong, err := try()
	if wrong {
		if bad := s.countFailure(ctx, limits); bad != nil {
			return bad
		}
	}
	return err
}

// Kinds of links: a secret is good for one of them.
const (
	linkInvitation = "invitation "
	linkSignUp     = "sign-up "
	linkReset      = "reset "
)

// limitedLink runs what a link's secret is needed for. Links that are not good are counted by network: here, so that most of a flood
// costs no query, and in the database for all processes.
func (s *Service) limitedLink(ctx context.Context, kind, secret, from string, use func(context.Context) error) error {
	ctx = clientnet.WithAddress(ctx, from)
	if s.links.Contains(kind + secret) {
		if err := s.links.CountMiss(ctx); err != nil {
			return err
		}
		return ErrLinkInvalid
	}
	if err := s.links.CheckLimit(ctx); err != nil {
		return err
	}
	limits := enabledLimits(attemptLimit{attemptKey("link from", clientnet.Of(from)), s.limits.LinkFailures})
	if err := s.checkLimits(ctx, limits); err != nil {
		return err
	}
	err := use(ctx)
	if errors.Is(err, error(ErrLinkInvalid)) {
		if bad := s.countFailure(ctx, limits); bad != nil {
			return bad
		}
	}
	return err
}

// lookUpLink looks up what a link's secret stands for, or returns ErrLinkInvalid. A secret that is not good is remembered, and counted for
// the network of ctx: fail.Busy if that has tried too many.
func lookUpLink[V any](
	ctx context.Context, r *Service, kind, secret string, lookUp func(context.Context, []byte) (V, error),
) (found V, err error) {
	unknown, settle, err := r.links.Begin(ctx, kind+secret)
	if unknown {
		return found, ErrLinkInvalid
	}
	if err != nil {
		return found, err
	}
	found, err = lookUp(ctx, hashToken(secret))
	settle(pg.IsNoRows(err))
	if pg.IsNoRows(err) {
		return found, ErrLinkInvalid
	}
	return found, err
}

// CountAttempt counts one use (0: any number is allowed) of something that everyone may do so often (create
// organizations, ask for mails, invite), and refuses when there were too many for whom or from where. A network address
// counts as outside.Network has it.
func (s *Service) CountAttempt(ctx context.Context, what, whose string, most int) error {
	if most == 0 {
		return nil
	}
	n, left, err := s.db.Unscoped().CountAttempt(ctx, attemptKey(what, whose), attemptWindow)
	if err != nil {
		return err
	}
	if n > most {
		return errTooManyAttempts(left)
	}
	return nil
}

func errTooManyAttempts(left time.Duration) error {
	return &fail.Error{
		Kind:       fail.Busy,
		RetryAfter: left,
		Message:    "Too many attempts. Wait " + formatMinutes(left) + " and try again.",
	}
}

func formatMinutes(d time.Duration) string {
	if d <= time.Minute {
		return "a minute"
	}
	return strconv.Itoa(int(math.Ceil(d.Minutes()))) + " minutes"
}
