package limit

import (
	"math"
	"net"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"parley/app/platform/fail"
)

// Limiter counts what is done against Limits. Its refusals are fail.Busy and say when to try again.
type Limiter struct {
	limits           Limits
	visitors         *keyedLimiter[uuid.UUID]
	addresses        *keyedLimiter[string]
	websites         *keyedLimiter[uuid.UUID]
	organizations    *keyedLimiter[uuid.UUID]
	newVisitors      *keyedLimiter[string]
	newConversations *keyedLimiter[string]
	requests         *keyedLimiter[string]
	visitorBytes     *keyedLimiter[uuid.UUID]
	addressBytes     *keyedLimiter[string]
	userRequests     *keyedLimiter[uuid.UUID]
	orgRequests      *keyedLimiter[uuid.UUID]

	open  openSockets
	pages openPages

	refusals map[name]*atomic.Int64
}

// New returns a Limiter of nothing done yet.
func New(l Limits) *Limiter {
	x := &Limiter{
		limits:           l,
		visitors:         newKeyedLimiter[uuid.UUID](l.Visitor),
		addresses:        newKeyedLimiter[string](l.Address),
		websites:         newKeyedLimiter[uuid.UUID](l.Website),
		organizations:    newKeyedLimiter[uuid.UUID](l.Organization),
		newVisitors:      newKeyedLimiter[string](l.NewVisitors),
		newConversations: newKeyedLimiter[string](l.NewConversations),
		requests:         newKeyedLimiter[string](l.Requests),
		visitorBytes:     newKeyedLimiter[uuid.UUID](l.VisitorBytes),
		addressBytes:     newKeyedLimiter[string](l.AddressBytes),
		userRequests:     newKeyedLimiter[uuid.UUID](l.UserRequests),
		orgRequests:      newKeyedLimiter[uuid.UUID](l.OrganizationRequests),
		open:             newOpenSockets(),
		pages:            newOpenPages(),
		refusals:         map[name]*atomic.Int64{},
	}
	for _, n := range names {
		x.refusals[n] = new(atomic.Int64)
	}
	return x
}

// Limits returns what the Limiter limits to.
func (l *Limiter) Limits() Limits { return l.limits }

// Refusals returns how often each limit has refused something, by its name in the setting LIMITS.
func (l *Limiter) Refusals() map[string]int64 {
	counts := make(map[string]int64, len(l.refusals))
	for n, count := range l.refusals {
		counts[string(n)] = count.Load()
	}
	return counts
}

// Sender is who sends a message.
type Sender struct {
	Visitor, Website, Org uuid.UUID
	Address               string // the network it counts as (clientnet.Of)
}

const (
	networkBusy = "There are too many messages from your network at the moment. Yours will be sent shortly."
	chatBusy    = "The chat is very busy. Your message will be sent shortly."
)

// AllowMessage takes one message of a sender, or returns why it may not come now.
func (l *Limiter) AllowMessage(s Sender) error {
	if err := l.allowSender(s); err != nil {
		return err
	}
	return l.allowReceiver(s)
}

// AllowFirstMessage is AllowMessage for a message that begins a conversation.
func (l *Limiter) AllowFirstMessage(s Sender) error {
	if err := l.allowSender(s); err != nil {
		return err
	}
	if err := l.refuseAddress(newConversations, l.newConversations, s.Address, networkBusy); err != nil {
		return err
	}
	return l.allowReceiver(s)
}

func (l *Limiter) allowSender(s Sender) error {
	if err := l.refuse(visitorMessages, l.visitors.reserve(s.Visitor), "You are sending messages too quickly. Yours will be sent shortly."); err != nil {
		return err
	}
	return l.refuseAddress(addressMessages, l.addresses, s.Address, networkBusy)
}

func (l *Limiter) allowReceiver(s Sender) error {
	if err := l.refuse(websiteMessages, l.websites.reserve(s.Website), chatBusy); err != nil {
		return err
	}
	return l.refuse(organizationMessages, l.organizations.reserve(s.Org), chatBusy)
}

// AllowBytes takes so many bytes of a visitor's file, or returns why they may not come now.
func (l *Limiter) AllowBytes(visitor uuid.UUID, address string, bytes int64) error {
	const message = "Too many files have been sent. Try again later."
	if err := l.refuse(visitorBytes, l.visitorBytes.reserveN(visitor, bytes), message); err != nil || !isLimited(address) {
		return err
	}
	return l.refuse(addressBytes, l.addressBytes.reserveN(address, bytes), message)
}

// AllowTeamRequest takes one request of a team member, which counts as weight of them, or returns why it may not come now.
func (l *Limiter) AllowTeamRequest(user, organization uuid.UUID, weight int64) error {
	if err := l.refuse(userRequests, l.userRequests.reserveN(user, weight),
		"You are sending too many requests. Try again in a few seconds."); err != nil {
		return err
	}
	return l.refuse(organizationRequests, l.orgRequests.reserveN(organization, weight),
		"Your organization is sending too many requests. Try again in a few seconds.")
}

// AllowNewVisitor takes one visitor without a token from an address, or returns why it may not come now.
func (l *Limiter) AllowNewVisitor(address string) error {
	return l.refuseAddress(newVisitors, l.newVisitors, address,
		"There are too many new visitors from your network at the moment. The chat will open shortly.")
}

// AllowRequest takes one post or poll from an address, or returns why it may not come now.
func (l *Limiter) AllowRequest(address string) error {
	return l.refuseAddress(requests, l.requests, address,
		"There are too many requests from your network at the moment. The chat will continue shortly.")
}

// refuse counts a refusal by a limit and words it; nil if there is nothing to wait for.
func (l *Limiter) refuse(limit name, wait time.Duration, message string) error {
	if wait <= 0 {
		return nil
	}
	l.refusals[limit].Add(1)
	return busyError(wait, message)
}

// refuseAddress is refuse for a limit on addresses, which those of this machine do not have.
func (l *Limiter) refuseAddress(limit name, keyed *keyedLimiter[string], address, message string) error {
	if !isLimited(address) {
		return nil
	}
	return l.refuse(limit, keyed.reserve(address), message)
}

func isLimited(address string) bool {
	ip := net.ParseIP(address)
	return address != "" && (ip == nil || !ip.IsLoopback())
}

// busyError refuses something until a time has passed, which is rounded up to half seconds.
func busyError(wait time.Duration, message string) error {
	return &fail.Error{Kind: fail.Busy, RetryAfter: time.Duration(math.Ceil(2*wait.Seconds())) * time.Second / 2, Message: message}
}
