package queue

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/chat"
	"parley/app/fail"
	"parley/app/pg"
	"parley/app/queue/internal/queuedb"
)

// Availability is an agent's, as its own desk shows it.
type Availability struct {
	Status   Status
	Since    time.Time
	Suspect  bool          // gets nothing new until it gives a sign of life
	Cap      int           // conversations at once
	Open     int           // that it has
	HandBack time.Duration // how long it may finish them when it is away
	Reason   string        // why it is away; may be empty
	Reasons  []string      // that it may choose from
}

// Mine is the actor's own availability.
func (r *Room) Mine(ctx context.Context, who access.Actor) (Availability, error) {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return Availability{}, err
	}
	a, err := queuedb.New(t).GetAgent(ctx, who.ID())
	return Availability{Status(a.Status), a.StatusAt, a.SuspectSince != nil, int(a.HardCap), int(a.OpenChats), time.Duration(a.HandBack) * time.Second, a.Reason, a.AwayReasons}, err
}

// Today is what an agent has done today (UTC).
type Today struct {
	Taken, Closed int
	Each          time.Duration // from taken to closed, on average
}

// Today returns the actor's own.
func (r *Room) Today(ctx context.Context, who access.Actor) (Today, error) {
	if _, err := r.db.For(who, access.Answer); err != nil {
		return Today{}, err
	}
	// As the system: it counts conversations that the actor had, and may not see any more.
	row, err := queuedb.New(r.db.As(who.AsSystem("count what an agent has done"))).Today(ctx, queuedb.TodayParams{UserID: who.ID(), Since: time.Now().UTC().Truncate(24 * time.Hour)})
	return Today{int(row.Taken), int(row.Closed), time.Duration(row.Each * float64(time.Second))}, err
}

// LocalTime is what time it is where a group works.
func (r *Room) LocalTime(ctx context.Context, who access.Actor, group uuid.UUID) time.Time {
	now := time.Now().UTC()
	name, err := queuedb.New(r.db.As(who)).ZoneOf(ctx, group)
	if err != nil {
		return now
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return now
	}
	return now.In(zone)
}

// SetStatus changes the actor's own, with a reason for being away. Who goes offline gives its conversations back at once.
func (r *Room) SetStatus(ctx context.Context, who access.Actor, status Status, reason string) error {
	reason, bad := fail.OptionalLine("the reason", reason, 50)
	if bad != nil {
		return bad
	}
	if status != Online && status != Away && status != Offline {
		return fail.New(fail.Invalid, "Please choose online, away or offline.")
	}
	if status != Away {
		reason = ""
	}
	err := r.setStatus(ctx, who, who.ID(), change{status: status, chosen: status == Offline, reason: reason})
	if err == nil && status != Offline { // by a page whose socket is lost, perhaps: then it has the grace to come back
		r.Enter(who)
		r.Exit(who)
	}
	return err
}

// GoHome makes the actor offline until it opens the desk again: it has logged out. Where another of its desks is open, it stays.
func (r *Room) GoHome(ctx context.Context, who access.Actor) error {
	elsewhere, err := queuedb.New(r.db.As(who)).SitsElsewhere(ctx, queuedb.SitsElsewhereParams{UserID: who.ID(), Instance: r.here.instance})
	if err != nil || elsewhere || r.here.desks(who.ID()) > 1 {
		return err
	}
	return r.setStatus(ctx, who, who.ID(), change{status: Offline})
}

// Dismiss makes somebody offline who may no longer answer.
func (r *Room) Dismiss(ctx context.Context, who access.Actor, user uuid.UUID) error {
	if !who.May(access.Manage) {
		return fail.New(fail.Forbidden, "Your role does not allow this. Ask a manager of your organization.")
	}
	return r.setStatus(ctx, who, user, change{status: Offline})
}

// change is of an agent's availability.
type change struct {
	status Status
	chosen bool // offline by choice: opening the desk does not bring it online
	reason string
}

// own is an agent's conversations, locked before the agent: whoever writes in one of them locks in that order, too.
type own struct {
	agent  uuid.UUID
	locked map[uuid.UUID]bool
}

var errGotAnother = errors.New("queue: the agent got another conversation meanwhile")

func newOwn(agent uuid.UUID) *own { return &own{agent: agent} }

// do runs a transaction that locks the agent's conversations, again where the agent got another one while it was waited for: that one must
// not be locked after the agent.
func (o *own) do(tx func() error) error {
	for try := 1; ; try++ {
		if err := tx(); try == 10 || !errors.Is(err, errGotAnother) {
			return err
		}
	}
}

// lock locks the conversations that the agent has. The agent is to be locked next.
func (o *own) lock(ctx context.Context, q *queuedb.Queries) error {
	ids, err := q.ListOwn(ctx, &o.agent)
	o.locked = make(map[uuid.UUID]bool, len(ids))
	for _, id := range ids {
		o.locked[id] = true
	}
	return err
}

// check returns errGotAnother if the agent, who is locked now, has a conversation that is not.
func (o *own) check(ctx context.Context, q *queuedb.Queries) error {
	ids, err := q.OwnOf(ctx, &o.agent)
	for _, id := range ids {
		if !o.locked[id] {
			return errGotAnother
		}
	}
	return err
}

// change changes an agent's availability inside a transaction.
func (r *Room) change(ctx context.Context, tx *pg.Tenant, own *own, to change) ([]chat.Said, error) {
	q := queuedb.New(tx)
	if to.status == Offline {
		if err := own.lock(ctx, q); err != nil {
			return nil, err
		}
	}
	_, err := q.SetStatus(ctx, queuedb.SetStatusParams{UserID: own.agent, Status: string(to.status), Chosen: to.chosen, Reason: to.reason})
	if pg.None(err) {
		return nil, fail.Missing("user")
	}
	if err != nil || to.status != Offline {
		return nil, err
	}
	if err := own.check(ctx, q); err != nil {
		return nil, err
	}
	return r.chat.Requeue(ctx, tx, chat.Requeue{Agent: own.agent, By: chat.ByReturn})
}

// Dismissal returns what Dismiss does, for a transaction in which something else of the user is changed, too. leave is to be run inside
// of it as the system; the transaction is to be run by again, which repeats it where it has to be; tell is to be called after the commit.
func (r *Room) Dismissal(ctx context.Context, org, user uuid.UUID) (again func(tx func() error) error, leave func(*pg.Tenant) error, tell func()) {
	var list []chat.Said
	own := newOwn(user)
	leave = func(tx *pg.Tenant) (err error) {
		if list, err = r.change(ctx, tx, own, change{status: Offline}); fail.KindOf(err) == fail.NotFound && err != nil {
			return nil // who is no agent has nothing to leave
		}
		return err
	}
	return own.do, leave, func() {
		if len(list) > 0 {
			r.chat.Ring(ctx, org, list)
		}
		r.available(org, user)
	}
}

func (r *Room) setStatus(ctx context.Context, who access.Actor, user uuid.UUID, to change) error {
	if _, err := r.db.For(who, access.Answer); err != nil {
		return err
	}
	var list []chat.Said
	own := newOwn(user)
	// As the system: an agent may not see the queues into which its conversations go, nor a limited manager all that an agent has.
	system := r.db.As(who.AsSystem("change an agent's availability")).Tx
	err := own.do(func() error {
		return system(ctx, func(tx *pg.Tenant) error {
			said, err := r.change(ctx, tx, own, to)
			list = said
			return err
		})
	})
	if err != nil {
		return err
	}
	if len(list) > 0 {
		r.chat.Ring(ctx, who.Org(), list)
	}
	r.available(who.Org(), user)
	return nil
}

// Alive is the actor's sign of life.
func (r *Room) Alive(ctx context.Context, who access.Actor) error {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return err
	}
	n, err := queuedb.New(t).SignOfLife(ctx, who.ID())
	if err == nil && n > 0 {
		r.available(who.Org(), who.ID())
	}
	return err
}

// Lines says which queues the actor may see and take from, as of now: its groups', or all for who may watch.
func (r *Room) Lines(ctx context.Context, who access.Actor) (chat.Lines, error) {
	groups, err := queuedb.New(r.db.As(who.AsSystem("which groups a team member answers for"))).GroupsOf(ctx, who.ID())
	return chat.Lines{Groups: groups, Anywhere: who.May(access.Watch)}, err
}

// Take gives the actor a conversation of its lines: the chosen one, or for the zero id the next.
func (r *Room) Take(ctx context.Context, who access.Actor, name string, conversation uuid.UUID) (chat.Conversation, error) {
	lines, err := r.Lines(ctx, who)
	if err != nil {
		return chat.Conversation{}, err
	}
	return r.chat.Take(ctx, who, name, conversation, lines)
}

// Colleague is somebody to whom a conversation can be handed.
type Colleague struct {
	ID     uuid.UUID
	Name   string
	Status Status
	Full   bool
}

// Colleagues lists the others who may answer a customer's visitors, who is there first, and the groups.
func (r *Room) Colleagues(ctx context.Context, who access.Actor, customer uuid.UUID) ([]Colleague, []Name, error) {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return nil, nil, err
	}
	rows, err := queuedb.New(t).ListColleagues(ctx, queuedb.ListColleaguesParams{But: who.ID(), CustomerID: customer})
	if err != nil {
		return nil, nil, err
	}
	list := make([]Colleague, len(rows))
	for i, c := range rows {
		list[i] = Colleague{c.ID, c.Name, Status(c.Status), c.OpenChats >= c.HardCap}
	}
	c, err := r.configOf(ctx, who.Org())
	return list, c.names, err
}

// colleague finds one by id who may answer the visitor of a conversation.
func (r *Room) colleague(ctx context.Context, who access.Actor, conversation, id uuid.UUID) (Colleague, error) {
	talk, err := r.chat.Get(ctx, who, conversation)
	if fail.KindOf(err) == fail.NotFound {
		return Colleague{}, r.chat.Refusal(ctx, who, conversation)
	}
	if err != nil {
		return Colleague{}, err
	}
	list, _, err := r.Colleagues(ctx, who, talk.Customer)
	if err != nil {
		return Colleague{}, err
	}
	for _, c := range list {
		if c.ID == id {
			return c, nil
		}
	}
	return Colleague{}, errNoColleague
}

var errNoColleague = fail.Missing("colleague")

// Transfer hands a conversation of the actor's over: to a group's line, or to a colleague, who has chat.OfferLasts to accept.
func (r *Room) Transfer(ctx context.Context, who access.Actor, name string, conversation, group, person uuid.UUID, comment string) error {
	h := chat.Handover{Conversation: conversation, Group: group, Person: person, Comment: comment}
	switch {
	case person != uuid.Nil:
		c, err := r.colleague(ctx, who, conversation, person)
		if err != nil {
			return err
		}
		if c.Status != Online {
			return fail.Field("to", "%s is not online. Choose somebody else, or a group.", c.Name)
		}
		if c.Full {
			return fail.Field("to", "%s has as many conversations as allowed. Choose somebody else, or a group.", c.Name)
		}
		h.To = c.Name
	default:
		c, err := r.configOf(ctx, who.Org())
		if err != nil {
			return err
		}
		if h.To = c.nameOf(group); h.To == "" {
			return fail.Field("to", "Please choose a colleague or a group.")
		}
	}
	return r.chat.Transfer(ctx, who, name, h)
}

// Consult brings a colleague into a conversation of the actor's.
func (r *Room) Consult(ctx context.Context, who access.Actor, name string, conversation, person uuid.UUID, mayWrite bool, comment string) error {
	c, err := r.colleague(ctx, who, conversation, person)
	if errors.Is(err, errNoColleague) {
		return fail.Field("to", "Please choose a colleague.")
	}
	if err != nil {
		return err
	}
	return r.chat.Consult(ctx, who, name, chat.Invitation{Conversation: conversation, Guest: c.ID, GuestName: c.Name, MayWrite: mayWrite, Comment: comment})
}

// Hand gives a conversation to a colleague, or takes it over.
func (r *Room) Hand(ctx context.Context, who access.Actor, conversation, to uuid.UUID) (chat.Conversation, error) {
	if !who.May(access.Watch) {
		return chat.Conversation{}, fail.New(fail.Forbidden, "Your role does not allow giving conversations to somebody. Ask a supervisor.")
	}
	c, err := r.chat.Get(ctx, who, conversation)
	if err != nil {
		return c, err
	}
	if to != who.ID() {
		x, err := r.colleague(ctx, who, conversation, to)
		if err != nil {
			return c, err
		}
		if x.Status == Offline {
			return c, fail.New(fail.Conflict, "%s is offline. Choose somebody else.", x.Name)
		}
	}
	return r.chat.Hand(ctx, who, conversation, to, c.Agent)
}
