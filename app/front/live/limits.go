package live

import (
	"context"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"

	"parley/app/domain/org"
	"parley/app/front/live/wire"
	"parley/app/platform/clientnet"
	"parley/app/platform/fail"
)

// Rate is so many a second, and so many at once after a rest. The zero Rate is no limit.
type Rate = wire.Rate

// Limits on what visitors may do; generous for people. A visitor's own limit is asked first, so that a whole office behind
// one address does not suffer from one of its people, and an address's before its website's and organization's.
type Limits struct {
	Visitor          Rate // messages of one visitor, over all its tabs
	Address          Rate // messages from one address
	Website          Rate // messages to one website
	Organization     Rate // messages to one organization
	NewVisitors      Rate // visitors without a token, from one address
	NewConversations Rate // new conversations from one address
	Requests         Rate // posts and polls from one address, where sockets are blocked

	VisitorBytes Rate // bytes of files of one visitor
	AddressBytes Rate // of visitors from one address

	UserRequests         Rate // of one team member to our own pages
	OrganizationRequests Rate // of one organization's team

	Frames Rate // frames on one socket, of a visitor or of staff

	AddressSockets int // open at once from one address; 0: no limit
	WebsiteSockets int // to one website
	AllSockets     int // of this process

	UserSockets         int           // pages of one team member; a further one closes the oldest. 0: no limit
	OrganizationSockets int           // pages of one organization's team
	StaffSockets        int           // pages of teams, of this process
	Heartbeat           time.Duration // how often a silent socket is sent a sign of life; 0: every wire.Heartbeat
}

// DefaultLimits returns the limits of a server that nobody has configured. AllSockets is left to whoever knows the machine.
func DefaultLimits() Limits {
	return Limits{Visitor: per(2, 20), Address: per(30, 300), Website: per(300, 3000), Organization: per(1000, 10000),
		NewVisitors: per(5, 500), NewConversations: per(1, 100), Requests: per(20, 300), Frames: per(30, 200),
		VisitorBytes: per(500_000, 100_000_000), AddressBytes: per(2_000_000, 500_000_000),
		UserRequests: per(50, 1000), OrganizationRequests: per(300, 5000),
		AddressSockets: 2000, WebsiteSockets: 20000, UserSockets: 20, OrganizationSockets: 1000}
}

func per(aSecond float64, atOnce int) Rate { return Rate{PerSecond: aSecond, Burst: atOnce} }

// limiter measures against the limits. Addresses of this very machine stand for a proxy or a program beside the server and
// are not limited.
type limiter struct {
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

	mu               sync.Mutex
	socketsOfAddress map[string]int
	socketsOfWebsite map[uuid.UUID]int
	sockets          int

	staff staffSockets

	refusals map[string]*atomic.Int64 // by the name of the limit, as LIMITS has it
}

func newLimiter(l Limits) *limiter {
	g := &limiter{limits: l, visitors: newKeyedLimiter[uuid.UUID](l.Visitor), addresses: newKeyedLimiter[string](l.Address),
		websites: newKeyedLimiter[uuid.UUID](l.Website), organizations: newKeyedLimiter[uuid.UUID](l.Organization),
		newVisitors: newKeyedLimiter[string](l.NewVisitors), newConversations: newKeyedLimiter[string](l.NewConversations), requests: newKeyedLimiter[string](l.Requests),
		visitorBytes: newKeyedLimiter[uuid.UUID](l.VisitorBytes), addressBytes: newKeyedLimiter[string](l.AddressBytes),
		userRequests: newKeyedLimiter[uuid.UUID](l.UserRequests), orgRequests: newKeyedLimiter[uuid.UUID](l.OrganizationRequests),
		socketsOfAddress: map[string]int{}, socketsOfWebsite: map[uuid.UUID]int{}, refusals: map[string]*atomic.Int64{},
		staff: staffSockets{byUser: map[uuid.UUID][]*wire.Socket{}, byOrg: map[uuid.UUID]int{}}}
	for _, name := range []string{"visitor", "address", "website", "organization", "newcomers", "beginnings", "requests", "visitor-bytes", "address-bytes",
		"user-requests", "organization-requests", "address-sockets", "website-sockets", "sockets", "user-sockets", "organization-sockets", "staff-sockets"} {
		g.refusals[name] = new(atomic.Int64)
	}
	return g
}

// refuse counts a refusal by a limit and words it; nil if there is nothing to wait for.
func (l *limiter) refuse(limit string, wait time.Duration, message string) error {
	if wait <= 0 {
		return nil
	}
	l.refusals[limit].Add(1)
	return busyError(wait, message)
}

// refuseAddress is refuse for a limit on addresses, which those of this machine do not have.
func (l *limiter) refuseAddress(limit string, keyed *keyedLimiter[string], address, message string) error {
	if !isLimited(address) {
		return nil
	}
	return l.refuse(limit, keyed.reserve(address), message)
}

// allowMessage asks whether one more message may come. begins says that it begins a conversation.
func (l *limiter) allowMessage(p *panel, visitor uuid.UUID, begins bool) error {
	const (
		network = "Very many messages come from your network just now. Yours is sent in a moment."
		chat    = "The chat is very busy just now. What you wrote is sent in a moment."
	)
	if err := l.refuse("visitor", l.visitors.reserve(visitor), "That was quick. What you wrote is sent in a moment."); err != nil {
		return err
	}
	if err := l.refuseAddress("address", l.addresses, p.address, network); err != nil {
		return err
	}
	if begins {
		if err := l.refuseAddress("beginnings", l.newConversations, p.address, network); err != nil {
			return err
		}
	}
	if err := l.refuse("website", l.websites.reserve(p.site.ID), chat); err != nil {
		return err
	}
	return l.refuse("organization", l.organizations.reserve(p.site.Org), chat)
}

// Admit asks whether something more may come from a visitor by a request, as message does, and whether nobody has blocked it. It
// returns the network that the visitor counts as.
func (h *Hub) Admit(ctx context.Context, site *org.WidgetWebsite, visitor uuid.UUID, address string, begins bool) (string, error) {
	address = clientnet.Of(address)
	if !h.canWrite(ctx, site.Org, visitor, address) {
		return address, errBlocked
	}
	return address, h.limiter.allowMessage(&panel{site: site, address: address}, visitor, begins)
}

// AdmitBytes asks whether a visitor may send a file of so many bytes. address is what Admit has returned.
func (h *Hub) AdmitBytes(visitor uuid.UUID, address string, bytes int64) error {
	const words = "Very many files were sent just now. Please send this one later."
	g := h.limiter
	if err := g.refuse("visitor-bytes", g.visitorBytes.reserveN(visitor, bytes), words); err != nil || !isLimited(address) {
		return err
	}
	return g.refuse("address-bytes", g.addressBytes.reserveN(address, bytes), words)
}

// AdmitTeam asks whether one more request of a team member may come. One that opens a socket counts for five: a screen is made up for it.
func (h *Hub) AdmitTeam(user, organization uuid.UUID, socket bool) error {
	g := h.limiter
	weight := int64(1)
	if socket {
		weight = 5
	}
	if err := g.refuse("user-requests", g.userRequests.reserveN(user, weight), "You send very many requests. Try again in a few seconds."); err != nil {
		return err
	}
	return g.refuse("organization-requests", g.orgRequests.reserveN(organization, weight), "Your organization sends very many requests. Try again in a few seconds.")
}

// allowNewVisitor asks whether one more visitor without a token may come from an address.
func (l *limiter) allowNewVisitor(address string) error {
	return l.refuseAddress("newcomers", l.newVisitors, address, "Very many new visitors come from your network just now. The chat opens in a moment.")
}

// allowRequest asks whether one more post or poll may come from an address.
func (l *limiter) allowRequest(address string) error {
	return l.refuseAddress("requests", l.requests, address, "Very many requests come from your network just now. The chat goes on in a moment.")
}

// acquireSocket counts one more open socket, or says why it may not be. leave takes it back.
func (l *limiter) acquireSocket(address string, website uuid.UUID) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	limits := l.limits
	why, limit := "", ""
	switch {
	case limits.AllSockets > 0 && l.sockets >= limits.AllSockets:
		limit, why = "sockets", "The chat is full just now. It opens by itself as soon as there is room."
	case limits.WebsiteSockets > 0 && l.socketsOfWebsite[website] >= limits.WebsiteSockets:
		limit, why = "website-sockets", "The chat of this website is full just now. It opens by itself as soon as there is room."
	case limits.AddressSockets > 0 && isLimited(address) && l.socketsOfAddress[address] >= limits.AddressSockets:
		limit, why = "address-sockets", "Very many chats are open from your network just now. This one opens as soon as another is closed."
	}
	if why != "" {
		l.refusals[limit].Add(1)
		return busyError(20*time.Second, why)
	}
	l.sockets++
	l.socketsOfWebsite[website]++
	l.socketsOfAddress[address]++
	return nil
}

func (l *limiter) releaseSocket(address string, website uuid.UUID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sockets--
	if l.socketsOfWebsite[website]--; l.socketsOfWebsite[website] <= 0 {
		delete(l.socketsOfWebsite, website)
	}
	if l.socketsOfAddress[address]--; l.socketsOfAddress[address] <= 0 {
		delete(l.socketsOfAddress, address)
	}
}

func isLimited(address string) bool {
	ip := net.ParseIP(address)
	return address != "" && (ip == nil || !ip.IsLoopback())
}

// busyError is a refusal that says when to try again, in half seconds.
func busyError(wait time.Duration, message string) error {
	return &fail.Error{Kind: fail.Busy, RetryAfter: time.Duration(math.Ceil(2*wait.Seconds())) * time.Second / 2, Message: message}
}

// keyedLimiter is a limiter for each key. Those that have rested long enough to be full again are forgotten when there are many.
type keyedLimiter[K comparable] struct {
	rate     Rate
	mu       sync.Mutex
	limiters map[K]*rate.Limiter
	pruneAt  int
}

const minPruneSize = 10000

func newKeyedLimiter[K comparable](r Rate) *keyedLimiter[K] {
	return &keyedLimiter[K]{rate: r, limiters: map[K]*rate.Limiter{}, pruneAt: minPruneSize}
}

// reserve takes one and returns 0, or takes none and returns how long to wait for it.
func (m *keyedLimiter[K]) reserve(key K) time.Duration { return m.reserveN(key, 1) }

// reserveN is wait for several; for more than can come at once, for as many as can.
func (m *keyedLimiter[K]) reserveN(key K, n int64) time.Duration {
	if m.rate.Burst == 0 {
		return 0
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.limiters[key]
	now := time.Now()
	if l == nil {
		if len(m.limiters) >= m.pruneAt {
			for k, x := range m.limiters {
				if x.TokensAt(now) >= float64(m.rate.Burst) {
					delete(m.limiters, k)
				}
			}
			m.pruneAt = max(minPruneSize, 2*len(m.limiters))
		}
		l = rate.NewLimiter(rate.Limit(m.rate.PerSecond), m.rate.Burst)
		m.limiters[key] = l
	}
	r := l.ReserveN(now, int(min(n, int64(m.rate.Burst))))
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}
