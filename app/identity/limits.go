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

	"parley/app/cache"
	"parley/app/fail"
	"parley/app/outside"
	"parley/app/pg"
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

// Limit replaces the limits. To be called before anything is asked of the service.
func (r *Room) Limit(l Limits) {
	r.limits = l
	r.links = linksUnknown(l.LinkFailures)
}

// Limits returns the limits.
func (r *Room) Limits() Limits { return r.limits }

// linksUnknown counts links that are not good in this process; those of a whole office may be looked up at the same moment.
func linksUnknown(most int) *cache.Unknown {
	if most == 0 {
		most = 1 << 30
	}
	return cache.NewUnknown(time.Minute, most, float64(most)/attemptWindow.Seconds())
}

const attemptWindow = 15 * time.Minute

// limit is how many failures there may be at a key.
type limit struct {
	key  []byte
	most int
}

func key(parts ...string) []byte {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return sum[:]
}

// ofAccount limits guesses at the password of an address.
func (r *Room) ofAccount(email, from string) []limit {
	return those(limit{key("login", email, outside.Network(from)), r.limits.FailuresAccountAddress}, limit{key("login", email), r.limits.FailuresAccount})
}

// those leaves out what is not limited.
func those(all ...limit) []limit {
	return slices.DeleteFunc(all, func(l limit) bool { return l.most == 0 })
}

// ofLogIn limits guesses at passwords on the log-in page.
func (r *Room) ofLogIn(email, from string) []limit {
	return append(r.ofAccount(email, from), those(limit{key("login from", outside.Network(from)), r.limits.FailuresAddress})...)
}

func keysOf(limits []limit) [][]byte {
	keys := make([][]byte, len(limits))
	for i, l := range limits {
		keys[i] = l.key
	}
	return keys
}

// over returns a Busy error if there were too many failures at one of the keys. It counts nothing.
func (r *Room) over(ctx context.Context, limits []limit) error {
	if len(limits) == 0 {
		return nil
	}
	have, err := r.db.Doors().Attempts(ctx, keysOf(limits))
	if err != nil {
		return err
	}
	for i, l := range limits {
		if have[i].Count >= l.most {
			return tooMany(have[i].Left)
		}
	}
	return nil
}

// failed counts a failure at every key, also when whoever asked has hung up meanwhile.
func (r *Room) failed(ctx context.Context, limits []limit) error {
	if len(limits) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return r.db.Doors().Failed(ctx, keysOf(limits), attemptWindow)
}

// guarded runs what computes a hash and compares it, unless there were too many failures before; wrong says that this was one.
// The slot for hashing is held from the look at the limits until the failure is counted, so that attempts at the same time go
// beyond a limit by the number of slots at most.
func (r *Room) guarded(ctx context.Context, limits []limit, try func() (wrong bool, err error)) error {
	if err := r.over(ctx, limits); err != nil { // who is over a limit does not wait in the way of others
		return err
	}
	release, err := slot(ctx)
	if err != nil {
		return err
	}
	defer release()
	if err := r.over(ctx, limits); err != nil {
		return err
	}
	wrong, err := try()
	if wrong {
		if bad := r.failed(ctx, limits); bad != nil {
			return bad
		}
	}
	return err
}

// Kinds of links: a secret is good for one of them.
const (
	forInvitation = "invitation "
	forSignUp     = "sign-up "
	forReset      = "reset "
)

// withLink runs what a link's secret is needed for. Links that are not good are counted by network: here, so that most of a flood
// costs no query, and in the database for all processes.
func (r *Room) withLink(ctx context.Context, kind, secret, from string, use func(context.Context) error) error {
	ctx = outside.With(ctx, from)
	if r.links.Remembers(kind + secret) {
		if err := r.links.Count(ctx); err != nil {
			return err
		}
		return ErrLink
	}
	if err := r.links.Full(ctx); err != nil {
		return err
	}
	limits := those(limit{key("link from", outside.Network(from)), r.limits.LinkFailures})
	if err := r.over(ctx, limits); err != nil {
		return err
	}
	err := use(ctx)
	if errors.Is(err, error(ErrLink)) {
		if bad := r.failed(ctx, limits); bad != nil {
			return bad
		}
	}
	return err
}

// behindLink looks up what a link's secret stands for, or returns ErrLink. A secret that is not good is remembered, and counted for
// the network of ctx: fail.Busy if that has tried too many.
func behindLink[V any](ctx context.Context, r *Room, kind, secret string, look func(context.Context, []byte) (V, error)) (found V, err error) {
	unknown, settle, err := r.links.Ask(ctx, kind+secret)
	if unknown {
		return found, ErrLink
	}
	if err != nil {
		return found, err
	}
	found, err = look(ctx, tokenHash(secret))
	settle(pg.None(err))
	if pg.None(err) {
		return found, ErrLink
	}
	return found, err
}

// Limited counts one use (0: any number is allowed) of something that everyone may do so often (found organizations, ask for mails, invite), and refuses
// when there were too many for whom or from where. A network address counts as outside.Network has it.
func (r *Room) Limited(ctx context.Context, what, whose string, most int) error {
	if most == 0 {
		return nil
	}
	n, left, err := r.db.Doors().Attempt(ctx, key(what, whose), attemptWindow)
	if err != nil {
		return err
	}
	if n > most {
		return tooMany(left)
	}
	return nil
}

func tooMany(left time.Duration) error {
	return &fail.Error{Kind: fail.Busy, RetryAfter: left, Message: "Too many attempts. Please wait " + minutes(left) + " and try again."}
}

func minutes(d time.Duration) string {
	if d <= time.Minute {
		return "a minute"
	}
	return strconv.Itoa(int(math.Ceil(d.Minutes()))) + " minutes"
}
