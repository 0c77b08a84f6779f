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

	"parley/app/fail"
	"parley/app/live/wire"
	"parley/app/org"
	"parley/app/outside"
)

// Rate is so many a second, and so many at once after a rest. The zero Rate is no limit.
type Rate = wire.Rate

// Limits on what visitors may do; generous for people. A visitor's own limit is asked first, so that a whole office behind
// one address does not suffer from one of its people, and an address's before its website's and organization's.
type Limits struct {
	Visitor      Rate // messages of one visitor, over all its tabs
	Address      Rate // messages from one address
	Website      Rate // messages to one website
	Organization Rate // messages to one organization
	Newcomers    Rate // visitors without a token, from one address
	Beginnings   Rate // new conversations from one address
	Requests     Rate // posts and polls from one address, where sockets are blocked

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
		Newcomers: per(5, 500), Beginnings: per(1, 100), Requests: per(20, 300), Frames: per(30, 200),
		VisitorBytes: per(500_000, 100_000_000), AddressBytes: per(2_000_000, 500_000_000),
		UserRequests: per(50, 1000), OrganizationRequests: per(300, 5000),
		AddressSockets: 2000, WebsiteSockets: 20000, UserSockets: 20, OrganizationSockets: 1000}
}

func per(aSecond float64, atOnce int) Rate { return Rate{ASecond: aSecond, AtOnce: atOnce} }

// gauges measures against the limits. Addresses of this very machine stand for a proxy or a program beside the server and
// are not limited.
type gauges struct {
	limits        Limits
	visitors      *meters[uuid.UUID]
	addresses     *meters[string]
	websites      *meters[uuid.UUID]
	organizations *meters[uuid.UUID]
	newcomers     *meters[string]
	beginnings    *meters[string]
	requests      *meters[string]
	visitorBytes  *meters[uuid.UUID]
	addressBytes  *meters[string]
	userRequests  *meters[uuid.UUID]
	orgRequests   *meters[uuid.UUID]

	mu               sync.Mutex
	socketsOfAddress map[string]int
	socketsOfWebsite map[uuid.UUID]int
	sockets          int

	staff staffSockets

	refused map[string]*atomic.Int64 // by the name of the limit, as LIMITS has it
}

func newGauges(l Limits) *gauges {
	g := &gauges{limits: l, visitors: newMeters[uuid.UUID](l.Visitor), addresses: newMeters[string](l.Address),
		websites: newMeters[uuid.UUID](l.Website), organizations: newMeters[uuid.UUID](l.Organization),
		newcomers: newMeters[string](l.Newcomers), beginnings: newMeters[string](l.Beginnings), requests: newMeters[string](l.Requests),
		visitorBytes: newMeters[uuid.UUID](l.VisitorBytes), addressBytes: newMeters[string](l.AddressBytes),
		userRequests: newMeters[uuid.UUID](l.UserRequests), orgRequests: newMeters[uuid.UUID](l.OrganizationRequests),
		socketsOfAddress: map[string]int{}, socketsOfWebsite: map[uuid.UUID]int{}, refused: map[string]*atomic.Int64{},
		staff: staffSockets{byUser: map[uuid.UUID][]*wire.Socket{}, byOrg: map[uuid.UUID]int{}}}
	for _, name := range []string{"visitor", "address", "website", "organization", "newcomers", "beginnings", "requests", "visitor-bytes", "address-bytes",
		"user-requests", "organization-requests", "address-sockets", "website-sockets", "sockets", "user-sockets", "organization-sockets", "staff-sockets"} {
		g.refused[name] = new(atomic.Int64)
	}
	return g
}

// refuse counts a refusal by a limit and words it; nil if there is nothing to wait for.
func (g *gauges) refuse(limit string, wait time.Duration, words string) error {
	if wait <= 0 {
		return nil
	}
	g.refused[limit].Add(1)
	return later(wait, words)
}

// ofAddress is refuse for a limit on addresses, which those of this machine do not have.
func (g *gauges) ofAddress(limit string, of *meters[string], address, words string) error {
	if !limited(address) {
		return nil
	}
	return g.refuse(limit, of.wait(address), words)
}

// message asks whether one more message may come. begins says that it begins a conversation.
func (g *gauges) message(p *panel, visitor uuid.UUID, begins bool) error {
	const (
		network = "Very many messages come from your network just now. Yours is sent in a moment."
		chat    = "The chat is very busy just now. What you wrote is sent in a moment."
	)
	if err := g.refuse("visitor", g.visitors.wait(visitor), "That was quick. What you wrote is sent in a moment."); err != nil {
		return err
	}
	if err := g.ofAddress("address", g.addresses, p.address, network); err != nil {
		return err
	}
	if begins {
		if err := g.ofAddress("beginnings", g.beginnings, p.address, network); err != nil {
			return err
		}
	}
	if err := g.refuse("website", g.websites.wait(p.site.ID), chat); err != nil {
		return err
	}
	return g.refuse("organization", g.organizations.wait(p.site.Org), chat)
}

// Admit asks whether something more may come from a visitor by a request, as message does, and whether nobody has blocked it. It
// returns the network that the visitor counts as.
func (h *Hub) Admit(ctx context.Context, site *org.Site, visitor uuid.UUID, address string, begins bool) (string, error) {
	address = outside.Network(address)
	if !h.mayWrite(ctx, site.Org, visitor, address) {
		return address, errBlocked
	}
	return address, h.gauges.message(&panel{site: site, address: address}, visitor, begins)
}

// AdmitBytes asks whether a visitor may send a file of so many bytes. address is what Admit has returned.
func (h *Hub) AdmitBytes(visitor uuid.UUID, address string, bytes int64) error {
	const words = "Very many files were sent just now. Please send this one later."
	g := h.gauges
	if err := g.refuse("visitor-bytes", g.visitorBytes.waitFor(visitor, bytes), words); err != nil || !limited(address) {
		return err
	}
	return g.refuse("address-bytes", g.addressBytes.waitFor(address, bytes), words)
}

// AdmitTeam asks whether one more request of a team member may come. One that opens a socket counts for five: a screen is made up for it.
func (h *Hub) AdmitTeam(user, organization uuid.UUID, socket bool) error {
	g := h.gauges
	weight := int64(1)
	if socket {
		weight = 5
	}
	if err := g.refuse("user-requests", g.userRequests.waitFor(user, weight), "You send very many requests. Try again in a few seconds."); err != nil {
		return err
	}
	return g.refuse("organization-requests", g.orgRequests.waitFor(organization, weight), "Your organization sends very many requests. Try again in a few seconds.")
}

// newcomer asks whether one more visitor without a token may come from an address.
func (g *gauges) newcomer(address string) error {
	return g.ofAddress("newcomers", g.newcomers, address, "Very many new visitors come from your network just now. The chat opens in a moment.")
}

// request asks whether one more post or poll may come from an address.
func (g *gauges) request(address string) error {
	return g.ofAddress("requests", g.requests, address, "Very many requests come from your network just now. The chat goes on in a moment.")
}

// enter counts one more open socket, or says why it may not be. leave takes it back.
func (g *gauges) enter(address string, website uuid.UUID) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.limits
	why, limit := "", ""
	switch {
	case l.AllSockets > 0 && g.sockets >= l.AllSockets:
		limit, why = "sockets", "The chat is full just now. It opens by itself as soon as there is room."
	case l.WebsiteSockets > 0 && g.socketsOfWebsite[website] >= l.WebsiteSockets:
		limit, why = "website-sockets", "The chat of this website is full just now. It opens by itself as soon as there is room."
	case l.AddressSockets > 0 && limited(address) && g.socketsOfAddress[address] >= l.AddressSockets:
		limit, why = "address-sockets", "Very many chats are open from your network just now. This one opens as soon as another is closed."
	}
	if why != "" {
		g.refused[limit].Add(1)
		return later(20*time.Second, why)
	}
	g.sockets++
	g.socketsOfWebsite[website]++
	g.socketsOfAddress[address]++
	return nil
}

func (g *gauges) leave(address string, website uuid.UUID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sockets--
	if g.socketsOfWebsite[website]--; g.socketsOfWebsite[website] <= 0 {
		delete(g.socketsOfWebsite, website)
	}
	if g.socketsOfAddress[address]--; g.socketsOfAddress[address] <= 0 {
		delete(g.socketsOfAddress, address)
	}
}

func limited(address string) bool {
	ip := net.ParseIP(address)
	return address != "" && (ip == nil || !ip.IsLoopback())
}

// later is a refusal that says when to try again, in half seconds.
func later(wait time.Duration, message string) error {
	return &fail.Error{Kind: fail.Busy, RetryAfter: time.Duration(math.Ceil(2*wait.Seconds())) * time.Second / 2, Message: message}
}

// meters is a limiter for each key. Those that have rested long enough to be full again are forgotten when there are many.
type meters[K comparable] struct {
	rate Rate
	mu   sync.Mutex
	of   map[K]*rate.Limiter
	most int
}

const metersKept = 10000

func newMeters[K comparable](r Rate) *meters[K] {
	return &meters[K]{rate: r, of: map[K]*rate.Limiter{}, most: metersKept}
}

// wait takes one and returns 0, or takes none and returns how long to wait for it.
func (m *meters[K]) wait(key K) time.Duration { return m.waitFor(key, 1) }

// waitFor is wait for several; for more than can come at once, for as many as can.
func (m *meters[K]) waitFor(key K, n int64) time.Duration {
	if m.rate.AtOnce == 0 {
		return 0
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.of[key]
	now := time.Now()
	if l == nil {
		if len(m.of) >= m.most {
			for k, x := range m.of {
				if x.TokensAt(now) >= float64(m.rate.AtOnce) {
					delete(m.of, k)
				}
			}
			m.most = max(metersKept, 2*len(m.of))
		}
		l = rate.NewLimiter(rate.Limit(m.rate.ASecond), m.rate.AtOnce)
		m.of[key] = l
	}
	r := l.ReserveN(now, int(min(n, int64(m.rate.AtOnce))))
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}
