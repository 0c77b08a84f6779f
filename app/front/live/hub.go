package live

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	"parley/app/domain/files"
	"parley/app/domain/group"
	"parley/app/domain/org"
	"parley/app/domain/presence"
	"parley/app/domain/routing"
	"parley/app/domain/visitor"
	model "parley/app/front/desk"
	"parley/app/front/live/background"
	"parley/app/front/live/frames"
	"parley/app/front/live/limit"
	"parley/app/front/live/thread"
	"parley/app/front/live/wire"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/cache"
	"parley/app/platform/fail"
)

// Hub has the screens that are connected to this process. It implements bus.Handler and bus.ConnectionWatcher.
type Hub struct {
	conversations *conversation.Service
	visitors      *visitor.Service
	org           *org.Service
	groups        *group.Service
	presence      *presence.Service
	routing       *routing.Service
	faq           *faq.Service
	screens       *model.Service
	avatars       Avatars
	followUp      FollowUp
	bus           *bus.Bus
	country       func(address string) string
	tokens        visitor.Tokens
	links         files.Links
	limiter       *limit.Limiter
	relay         *thread.Relay

	staffSockets   *wire.StaffSockets
	visitorSockets *wire.VisitorSockets
	polls          *wire.Polls

	rejectedSockets atomic.Int64 // panels that are open only to be told why they are closed

	mu                sync.RWMutex
	draining          bool
	disconnectWarning *time.Timer                             // will tell the desks that events of other servers come late
	warningShown      bool                                    // the desks have been told
	drained           chan struct{}                           // closed when draining begins
	panels            map[uuid.UUID]*panel                    // by visitor: the first of its panels
	orgDesks          map[uuid.UUID]*orgDesks                 // by organization
	staffScreens      map[uuid.UUID]map[staffScreen]struct{}  // by user: desks and managers' pages
	websitePages      map[uuid.UUID]map[*websitePage]struct{} // by website
	monitorPages      map[uuid.UUID]map[*monitorPage]struct{} // by organization

	queuePositions background.Throttle // positions in queues that visitors are told
	monitorRefresh background.Throttle // live monitors
	queueHeads     background.Throttle // the heads of queues on desks

	resyncs      background.Pool // organizations whose screens may have missed events
	suggestQueue suggestQueue
	blockLists   *blockLists
	proofOfWork  proofOfWork
}

// staffScreen is a desk or a page of a team member.
type staffScreen interface {
	sessionKey() string // the log-in session it was opened with
	isLoggedIn() bool   // whether that log-in is still good
	closeLoggedOut()    // closes it for good: the log-in has ended
}

// Services is what the hub reads from and calls into.
type Services struct {
	Conversations *conversation.Service
	Visitors      *visitor.Service
	Org           *org.Service
	Groups        *group.Service
	Presence      *presence.Service
	Routing       *routing.Service
	FAQ           *faq.Service
	Screens       *model.Service
	Avatars       Avatars
	FollowUp      FollowUp
}

// Avatars are the pictures of team members.
type Avatars interface {
	// FindAvatar returns the picture of the agent who has a conversation; false: there is none.
	FindAvatar(ctx context.Context, org, conversation uuid.UUID) (file uuid.UUID, has bool, err error)
}

// FollowUp mails visitors what they miss or ask for.
type FollowUp interface {
	// Resume is called whenever a desk of an organization has opened in this process.
	Resume(org uuid.UUID)
	CanMailTranscripts() bool
	// MailTranscript mails what was said in a visitor's conversation. It is called only if CanMailTranscripts.
	MailTranscript(ctx context.Context, visitor access.Actor, conversation uuid.UUID, to string) error
}

// Config is what a hub is told of the process that it runs in.
type Config struct {
	Limits Limits
	Tokens visitor.Tokens
	Links  files.Links
	// the country of an address as two letters (ISO 3166), "" if it is not known; nil: none is known
	Country             func(address string) string
	OnSocketCountChange func(open int) // called when some hundreds of visitors' sockets have opened or closed; nil: nobody is told
}

// New returns a hub without screens. Its caller subscribes it to the bus.
func New(services Services, b *bus.Bus, cfg Config) *Hub {
	if cfg.Country == nil {
		cfg.Country = func(string) string { return "" }
	}
	limits := cfg.Limits
	return &Hub{
		conversations: services.Conversations,
		visitors:      services.Visitors,
		org:           services.Org,
		groups:        services.Groups,
		presence:      services.Presence,
		routing:       services.Routing,
		faq:           services.FAQ,
		screens:       services.Screens,
		avatars:       services.Avatars,
		followUp:      services.FollowUp,
		bus:           b,
		country:       cfg.Country,
		tokens:        cfg.Tokens,
		links:         cfg.Links,
		limiter:       limit.New(limits),
		staffSockets:  wire.NewStaffSockets(wire.Options{FrameRate: limits.Frames, Heartbeat: limits.Heartbeat}),
		visitorSockets: wire.NewVisitorSockets(wire.Options{
			FrameRate:     limits.Frames,
			Heartbeat:     limits.Heartbeat,
			OnCountChange: cfg.OnSocketCountChange,
		}),
		polls:        wire.NewPolls(),
		drained:      make(chan struct{}),
		relay:        thread.NewRelay(services.Conversations),
		panels:       map[uuid.UUID]*panel{},
		orgDesks:     map[uuid.UUID]*orgDesks{},
		staffScreens: map[uuid.UUID]map[staffScreen]struct{}{},
		websitePages: map[uuid.UUID]map[*websitePage]struct{}{},
		monitorPages: map[uuid.UUID]map[*monitorPage]struct{}{},
		blockLists:   cache.New[uuid.UUID, []visitor.Block](blockListCacheBytes),
		proofOfWork:  proofOfWork{key: cfg.Tokens.DeriveKey("proof of work")},
	}
}

// ErrDraining refuses a new socket of a server that is about to stop.
var ErrDraining error = &fail.Error{
	Kind:       fail.Busy,
	RetryAfter: time.Second,
	Message:    "This server is restarting. Try again in a moment.",
}

// Drain closes every socket, so that its screen comes back (to another process, or to this one after its restart), and
// refuses new ones with ErrDraining. Those of visitors are closed over a time, so that they do not all come back at
// once. It returns when no socket is open, or three seconds after the last was told to close.
func (h *Hub) Drain(spread time.Duration) {
	h.mu.Lock()
	if h.draining {
		h.mu.Unlock()
		return
	}
	h.draining = true
	close(h.drained)
	h.mu.Unlock()
	h.staffSockets.Drain()
	h.visitorSockets.Drain(spread)
	for range 150 { // close frames are written by other goroutines, and answered
		if h.visitorSockets.Stats().Open+h.staffSockets.Stats().Open+h.polls.Stats().Open == 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (h *Hub) isDraining() bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.draining
}

// ErrorTextOf returns an error as a client of visitors is told it.
func ErrorTextOf(e *fail.Error) frames.ErrorText { return frames.ErrorTextOf(e) }
