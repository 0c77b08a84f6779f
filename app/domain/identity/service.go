package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/google/uuid"

	"parley/app/domain/identity/internal/identitydb"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/cache"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// Service has the operations on users, invitations and log-ins.
type Service struct {
	db   *pg.DB
	bus  *bus.Bus
	demo bool // the demo's log-ins work

	argon      *argon2id.Params // of new passwords
	hashes     atomic.Int64     // computed so far
	background sync.WaitGroup   // what nobody waits for

	refusals refusalLog
	limits   Limits
	members  *cache.Cache[uuid.UUID, TeamMember]
	links    *cache.NegativeCache // secrets of mailed links that are not good
	avatars  avatarCache
}

// Options is how an installation wants its log-ins.
type Options struct {
	Demo   bool   // the demo's log-ins work, whose password everybody knows
	Limits Limits // the zero value of a limit: none

	InsecureHashing bool // new passwords are hashed in no time, and so without safety: for tests
}

// DefaultOptions returns what a server has that nobody has configured.
func DefaultOptions() Options { return Options{Limits: DefaultLimits()} }

// New returns the service. It hears of changes made by other processes.
func New(db *pg.DB, b *bus.Bus, options Options) *Service {
	hashing := argon
	if options.InsecureHashing {
		hashing = insecureArgon
	}
	r := &Service{db: db, bus: b, demo: options.Demo, argon: hashing, members: cache.New[uuid.UUID, TeamMember](memberCacheBytes),
		limits: options.Limits, links: newLinkCache(options.Limits.LinkFailures)}
	b.Subscribe(r)
	return r
}

// TeamMember is a user as the front knows it.
type TeamMember struct {
	Actor   access.Actor
	Name    string
	Email   string
	OrgName string
	Epoch   int // changes when all sessions of the user end
}

// ID is the user's id.
func (m TeamMember) ID() uuid.UUID { return m.Actor.ID() }

// memberTTL bounds how stale a person can be if an event was lost.
const (
	memberTTL        = 30 * time.Second
	memberCacheBytes = 16 << 20
)

// GetMember returns the user, or an Unauthenticated error if it may not log in (any more).
func (s *Service) GetMember(ctx context.Context, id uuid.UUID) (TeamMember, error) {
	return s.GetMemberSince(ctx, id, 0)
}

// GetMemberUncached is GetMember as the database has it now.
func (s *Service) GetMemberUncached(ctx context.Context, id uuid.UUID) (TeamMember, error) {
	return s.GetMemberSince(ctx, id, math.MaxInt)
}

// GetMemberSince is GetMember with at least the changes up to an epoch: what is remembered of before is not used.
func (s *Service) GetMemberSince(ctx context.Context, id uuid.UUID, epoch int) (TeamMember, error) {
	if p, found := s.members.Get(id); found && p.Epoch >= epoch && s.bus.IsConnected() {
		return p, nil
	}
	mark := s.members.Mark()
	u, err := s.db.Unscoped().GetUser(ctx, id)
	if pg.IsNoRows(err) {
		return TeamMember{}, fail.New(fail.Unauthenticated, "Log in to continue.")
	}
	if err != nil {
		return TeamMember{}, err
	}
	if !s.isAddressAllowed(u.Email) {
		return TeamMember{}, fail.New(fail.Unauthenticated, "Log in to continue.")
	}
	actor := access.User(u.OrgID, u.UserID, access.Role(u.Role), u.CustomerID)
	if u.Limited {
		actor = actor.LimitedTo(u.Customers)
	}
	p := TeamMember{Actor: actor, Name: u.Name, Email: u.Email, OrgName: u.OrgName, Epoch: int(u.SessionEpoch)}
	s.members.Put(id, p, cache.SizeOf(p), memberTTL, mark)
	return p, nil
}

// DemoDomain ends the addresses of the demo's log-ins, whose password everybody knows. Outside demo mode they are refused,
// even where the data were left behind.
const DemoDomain = "@parley.demo"

func (s *Service) isAddressAllowed(email string) bool {
	return s.demo || !strings.HasSuffix(email, DemoDomain)
}

// HandleEvents forgets a user that changed.
func (s *Service) HandleEvents(events []bus.Event) {
	for _, e := range events {
		switch e.Kind {
		case bus.User:
			s.members.Drop(e.User)
			s.links.Clear() // a link may be good again where the user is
		case bus.Organization:
			s.members.DropIf(func(_ uuid.UUID, p TeamMember) bool { return p.Actor.Org() == e.Org })
			s.avatars.forget(e.Org)
		}
	}
}

// Resync forgets every user.
func (s *Service) Resync(org uuid.UUID) {
	if org != uuid.Nil {
		return // every process gets the events of what is cached here
	}
	s.members.Clear()
	s.links.Clear()
	s.avatars.forget(uuid.Nil)
}

func (s *Service) publishMember(org, user uuid.UUID) {
	s.bus.Publish(bus.Event{Kind: bus.User, Org: org, User: user})
}

// publishTeam says that somebody has come or gone, or may do something else than before: who answers for which group may be different.
func (s *Service) publishTeam(org uuid.UUID) {
	s.bus.Publish(bus.Event{Kind: bus.Groups, Org: org}, bus.Event{Kind: bus.Queue, Org: org})
}

// TeamListItem is a person who can log in, as the list of people shows it.
type TeamListItem struct {
	ID           uuid.UUID
	Email        string
	Name         string
	Role         access.Role
	Customer     uuid.UUID // a reviewer's
	CustomerName string
	Disabled     bool

	Limited       bool // a team member that serves only these customers
	Customers     []uuid.UUID
	CustomerNames []string

	OpenChats          int // conversations that it has
	PendingInvitations int // invitations that it made and nobody has accepted yet
}

// ListTeam lists the organization's users, those who can log in first. A manager who is limited to customers gets itself and whom it may
// manage: who is limited to no other customers, and the reviewers of its own.
func (s *Service) ListTeam(ctx context.Context, who access.Actor) ([]TeamListItem, error) {
	t, err := s.db.Authorize(who, access.TeamMemberRead)
	if err != nil {
		return nil, err
	}
	rows, err := identitydb.New(t).ListUsers(ctx, !who.IsLimited())
	list := make([]TeamListItem, len(rows))
	for i, u := range rows {
		list[i] = TeamListItem{
			ID:                 u.ID,
			Email:              u.Email,
			Name:               u.Name,
			Role:               access.Role(u.Role),
			CustomerName:       u.CustomerName,
			Disabled:           u.DisabledAt != nil,
			Limited:            u.Limited,
			Customers:          u.Customers,
			CustomerNames:      u.CustomerNames,
			OpenChats:          int(u.OpenChats),
			PendingInvitations: int(u.Invited),
		}
		if u.CustomerID != nil {
			list[i].Customer = *u.CustomerID
		}
	}
	return list, err
}

// GetListedMember returns one person as ListTeam does. It returns fail.NotFound for whom the actor does not see there.
func (s *Service) GetListedMember(ctx context.Context, actor access.Actor, id uuid.UUID) (TeamListItem, error) {
	list, err := s.ListTeam(ctx, actor)
	if err != nil {
		return TeamListItem{}, err
	}
	for _, item := range list {
		if item.ID == id {
			return item, nil
		}
	}
	return TeamListItem{}, fail.Missing("team member")
}

// newToken returns a secret for a link (160 bits) and its hash, which is what is stored.
func newToken() (secret string, hash []byte) {
	b := make([]byte, 20)
	rand.Read(b)
	secret = base64.RawURLEncoding.EncodeToString(b)
	return secret, hashToken(secret)
}

func hashToken(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
