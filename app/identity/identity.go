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

	"parley/app/access"
	"parley/app/bus"
	"parley/app/cache"
	"parley/app/fail"
	"parley/app/identity/internal/identitydb"
	"parley/app/pg"
)

// Room is the place of users, invitations and log-ins.
type Room struct {
	db   *pg.DB
	bus  *bus.Bus
	demo bool // the demo's log-ins work

	argon   *argon2id.Params // of new passwords
	hashes  atomic.Int64     // computed so far
	working sync.WaitGroup   // what nobody waits for

	refusals refusals
	limits   Limits
	people   *cache.Cache[uuid.UUID, Person]
	links    *cache.Unknown // secrets of mailed links that are not good
	faces    faces
}

// New returns the room and lets it hear of changes made by other processes. demo says that the demo's log-ins work.
func New(db *pg.DB, b *bus.Bus, demo bool) *Room {
	r := &Room{db: db, bus: b, demo: demo, argon: argon, people: cache.New[uuid.UUID, Person](peopleBytes),
		limits: DefaultLimits(), links: linksUnknown(DefaultLimits().LinkFailures)}
	b.Subscribe(r)
	return r
}

// Person is a user as the front knows it.
type Person struct {
	Actor   access.Actor
	Name    string
	Email   string
	OrgName string
	Epoch   int // changes when all sessions of the user end
}

// ID is the user's id.
func (p Person) ID() uuid.UUID { return p.Actor.ID() }

// personKept bounds how stale a person can be if an event was lost.
const (
	personKept  = 30 * time.Second
	peopleBytes = 16 << 20
)

// Who returns the user, or an Unauthenticated error if it may not log in (any more).
func (r *Room) Who(ctx context.Context, id uuid.UUID) (Person, error) { return r.WhoSince(ctx, id, 0) }

// WhoNow is Who as the database has it now.
func (r *Room) WhoNow(ctx context.Context, id uuid.UUID) (Person, error) {
	return r.WhoSince(ctx, id, math.MaxInt)
}

// WhoSince is Who with at least the changes up to an epoch: what is remembered of before is not used.
func (r *Room) WhoSince(ctx context.Context, id uuid.UUID, epoch int) (Person, error) {
	if p, found := r.people.Get(id); found && p.Epoch >= epoch && r.bus.Up() {
		return p, nil
	}
	mark := r.people.Now()
	u, err := r.db.Doors().User(ctx, id)
	if pg.None(err) {
		return Person{}, fail.New(fail.Unauthenticated, "Please log in.")
	}
	if err != nil {
		return Person{}, err
	}
	if !r.allowed(u.Email) {
		return Person{}, fail.New(fail.Unauthenticated, "Please log in.")
	}
	actor := access.User(u.OrgID, u.UserID, access.Role(u.Role), u.CustomerID)
	if u.Limited {
		actor = actor.LimitedTo(u.Customers)
	}
	p := Person{Actor: actor, Name: u.Name, Email: u.Email, OrgName: u.OrgName, Epoch: int(u.SessionEpoch)}
	r.people.Put(id, p, cache.SizeOf(p), personKept, mark)
	return p, nil
}

// DemoDomain ends the addresses of the demo's log-ins, whose password everybody knows. Outside demo mode they are refused,
// even where the data were left behind.
const DemoDomain = "@parley.demo"

func (r *Room) allowed(email string) bool { return r.demo || !strings.HasSuffix(email, DemoDomain) }

// Heard forgets a user that changed.
func (r *Room) Heard(events []bus.Event) {
	for _, e := range events {
		switch e.Kind {
		case bus.User:
			r.people.Drop(e.User)
			r.links.Clear() // a link may be good again where the user is
		case bus.Organization:
			r.people.DropIf(func(_ uuid.UUID, p Person) bool { return p.Actor.Org() == e.Org })
			r.faces.forget(e.Org)
		}
	}
}

// Gap forgets every user.
func (r *Room) Gap(org uuid.UUID) {
	if org != uuid.Nil {
		return // what is remembered here is told to every process
	}
	r.people.Clear()
	r.links.Clear()
	r.faces.forget(uuid.Nil)
}

func (r *Room) changed(org, user uuid.UUID) {
	r.bus.Publish(bus.Event{Kind: bus.User, Org: org, User: user})
}

// membersChanged says that somebody has come or gone, or may do something else than before: who answers for which group may be different.
func (r *Room) membersChanged(org uuid.UUID) {
	r.bus.Publish(bus.Event{Kind: bus.Groups, Org: org}, bus.Event{Kind: bus.Line, Org: org})
}

// User is a person who can log in, as the list of people shows it.
type User struct {
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

	OpenChats int // conversations that it has
	Invited   int // invitations that it made and nobody has accepted yet
}

// Users lists the organization's users, those who can log in first. A manager who is limited to customers gets itself and whom it may
// manage: who is limited to no other customers, and the reviewers of its own.
func (r *Room) Users(ctx context.Context, who access.Actor) ([]User, error) {
	t, err := r.db.For(who, access.Manage)
	if err != nil {
		return nil, err
	}
	rows, err := identitydb.New(t).ListUsers(ctx, !who.Limited())
	list := make([]User, len(rows))
	for i, u := range rows {
		list[i] = User{ID: u.ID, Email: u.Email, Name: u.Name, Role: access.Role(u.Role), CustomerName: u.CustomerName, Disabled: u.DisabledAt != nil,
			Limited: u.Limited, Customers: u.Customers, CustomerNames: u.CustomerNames, OpenChats: int(u.OpenChats), Invited: int(u.Invited)}
		if u.CustomerID != nil {
			list[i].Customer = *u.CustomerID
		}
	}
	return list, err
}

// token returns a secret for a link (160 bits) and what is kept of it.
func token() (secret string, hash []byte) {
	b := make([]byte, 20)
	rand.Read(b)
	secret = base64.RawURLEncoding.EncodeToString(b)
	return secret, tokenHash(secret)
}

func tokenHash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
