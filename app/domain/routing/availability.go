package routing

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/routing/internal/routingdb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

// Availability is an agent's, as its own desk shows it.
type Availability struct {
	Status           Status
	Since            time.Time
	Unresponsive     bool          // gets nothing new until it gives a sign of life
	MaxChats         int           // conversations at once
	OpenChats        int           // that it has
	AwayRequeueAfter time.Duration // how long it may finish them when it is away
	AwayReason       string        // why it is away; may be empty
	AwayReasons      []string      // that it may choose from
}

// GetAvailability is the actor's own availability.
func (s *Service) GetAvailability(ctx context.Context, who access.Actor) (Availability, error) {
	t, err := s.db.Authorize(who, access.Answer)
	if err != nil {
		return Availability{}, err
	}
	a, err := routingdb.New(t).GetAgent(ctx, who.ID())
	return Availability{Status(a.Status), a.StatusAt, a.UnresponsiveSince != nil, int(a.MaxChats), int(a.OpenChats), time.Duration(a.AwayRequeueSeconds) * time.Second, a.Reason, a.AwayReasons}, err
}

// DayTotals is what an agent has done today (UTC).
type DayTotals struct {
	Taken, Closed   int
	AverageDuration time.Duration // from taken to closed, on average
}

// GetDayTotals returns the actor's own.
func (s *Service) GetDayTotals(ctx context.Context, who access.Actor) (DayTotals, error) {
	if _, err := s.db.Authorize(who, access.Answer); err != nil {
		return DayTotals{}, err
	}
	// As the system: it counts conversations that the actor had, and may not see any more.
	row, err := routingdb.New(s.db.As(who.AsSystem("count what an agent has done"))).GetAgentActivity(ctx, routingdb.GetAgentActivityParams{UserID: who.ID(), Since: time.Now().UTC().Truncate(24 * time.Hour)})
	return DayTotals{int(row.Taken), int(row.Closed), time.Duration(row.Each * float64(time.Second))}, err
}

// LocalTime is what time it is where a group works.
func (s *Service) LocalTime(ctx context.Context, who access.Actor, group uuid.UUID) time.Time {
	now := time.Now().UTC()
	name, err := routingdb.New(s.db.As(who)).GetGroupTimeZone(ctx, group)
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
func (s *Service) SetStatus(ctx context.Context, who access.Actor, status Status, reason string) error {
	reason, bad := validate.OptionalLine("the reason", reason, 50)
	if bad != nil {
		return bad
	}
	if status != Online && status != Away && status != Offline {
		return fail.New(fail.Invalid, "Please choose online, away or offline.")
	}
	if status != Away {
		reason = ""
	}
	err := s.changeStatus(ctx, who, who.ID(), statusChange{status: status, chosen: status == Offline, reason: reason})
	if err == nil && status != Offline { // by a page whose socket is lost, perhaps: then it has the grace to come back
		s.Connect(who)
		s.Disconnect(who)
	}
	return err
}

// GoOfflineAtLogout makes the actor offline until it opens the desk again: it has logged out. Where another of its desks is open, it stays.
func (s *Service) GoOfflineAtLogout(ctx context.Context, who access.Actor) error {
	elsewhere, err := routingdb.New(s.db.As(who)).HasPresenceElsewhere(ctx, routingdb.HasPresenceElsewhereParams{UserID: who.ID(), Instance: s.connections.instance})
	if err != nil || elsewhere || s.connections.desksOf(who.ID()) > 1 {
		return err
	}
	return s.changeStatus(ctx, who, who.ID(), statusChange{status: Offline})
}

// TakeOffline makes somebody offline who may no longer answer.
func (s *Service) TakeOffline(ctx context.Context, who access.Actor, user uuid.UUID) error {
	if !who.Can(access.Manage) {
		return fail.New(fail.Forbidden, "Your role does not allow this. Ask a manager of your organization.")
	}
	return s.changeStatus(ctx, who, user, statusChange{status: Offline})
}

// statusChange is of an agent's availability.
type statusChange struct {
	status Status
	chosen bool // offline by choice: opening the desk does not bring it online
	reason string
}

// lockedConversations is an agent's conversations, locked before the agent: whoever writes in one of them locks in that order, too.
type lockedConversations struct {
	agent uuid.UUID
	ids   map[uuid.UUID]bool
}

var errAssignedMeanwhile = errors.New("queue: the agent got another conversation meanwhile")

func newLockedConversations(agent uuid.UUID) *lockedConversations {
	return &lockedConversations{agent: agent}
}

// retry runs a transaction that locks the agent's conversations, again where the agent got another one while it was waited for: that one must
// not be locked after the agent.
func (o *lockedConversations) retry(tx func() error) error {
	for try := 1; ; try++ {
		if err := tx(); try == 10 || !errors.Is(err, errAssignedMeanwhile) {
			return err
		}
	}
}

// lock locks the conversations that the agent has. The agent is to be locked next.
func (o *lockedConversations) lock(ctx context.Context, q *routingdb.Queries) error {
	ids, err := q.LockAgentConversations(ctx, &o.agent)
	o.ids = make(map[uuid.UUID]bool, len(ids))
	for _, id := range ids {
		o.ids[id] = true
	}
	return err
}

// verify returns errGotAnother if the agent, who is locked now, has a conversation that is not.
func (o *lockedConversations) verify(ctx context.Context, q *routingdb.Queries) error {
	ids, err := q.ListAgentConversations(ctx, &o.agent)
	for _, id := range ids {
		if !o.ids[id] {
			return errAssignedMeanwhile
		}
	}
	return err
}

// applyStatus changes an agent's availability inside a transaction.
func (s *Service) applyStatus(ctx context.Context, tx *pg.Tenant, open *lockedConversations, to statusChange) ([]conversation.MessageEvent, error) {
	q := routingdb.New(tx)
	if to.status == Offline {
		if err := open.lock(ctx, q); err != nil {
			return nil, err
		}
	}
	_, err := q.SetAgentStatus(ctx, routingdb.SetAgentStatusParams{UserID: open.agent, Status: string(to.status), Chosen: to.chosen, Reason: to.reason})
	if pg.IsNoRows(err) {
		return nil, fail.Missing("user")
	}
	if err != nil || to.status != Offline {
		return nil, err
	}
	if err := open.verify(ctx, q); err != nil {
		return nil, err
	}
	return s.conversations.Requeue(ctx, tx, conversation.RequeueOptions{Agent: open.agent, Reason: conversation.ReasonReturned})
}

// PrepareTakeOffline returns what Dismiss does, for a transaction in which something else of the user is changed, too. leave is to be run inside
// of it as the system; the transaction is to be run by again, which repeats it where it has to be; tell is to be called after the commit.
func (s *Service) PrepareTakeOffline(ctx context.Context, org, user uuid.UUID) (retry func(tx func() error) error, apply func(*pg.Tenant) error, publish func()) {
	var list []conversation.MessageEvent
	open := newLockedConversations(user)
	apply = func(tx *pg.Tenant) (err error) {
		if list, err = s.applyStatus(ctx, tx, open, statusChange{status: Offline}); fail.KindOf(err) == fail.NotFound && err != nil {
			return nil // who is no agent has nothing to leave
		}
		return err
	}
	return open.retry, apply, func() {
		if len(list) > 0 {
			s.conversations.PublishAll(ctx, org, list)
		}
		s.publishAvailability(org, user)
	}
}

func (s *Service) changeStatus(ctx context.Context, who access.Actor, user uuid.UUID, to statusChange) error {
	if _, err := s.db.Authorize(who, access.Answer); err != nil {
		return err
	}
	var list []conversation.MessageEvent
	open := newLockedConversations(user)
	// As the system: an agent may not see the queues into which its conversations go, nor a limited manager all that an agent has.
	system := s.db.As(who.AsSystem("change an agent's availability")).Tx
	err := open.retry(func() error {
		return system(ctx, func(tx *pg.Tenant) error {
			said, err := s.applyStatus(ctx, tx, open, to)
			list = said
			return err
		})
	})
	if err != nil {
		return err
	}
	if len(list) > 0 {
		s.conversations.PublishAll(ctx, who.Org(), list)
	}
	s.publishAvailability(who.Org(), user)
	return nil
}

// ConfirmPresence is the actor's sign of life.
func (s *Service) ConfirmPresence(ctx context.Context, who access.Actor) error {
	t, err := s.db.Authorize(who, access.Answer)
	if err != nil {
		return err
	}
	n, err := routingdb.New(t).MarkResponsive(ctx, who.ID())
	if err == nil && n > 0 {
		s.publishAvailability(who.Org(), who.ID())
	}
	return err
}

// VisibleQueues says which queues the actor may see and take from, as of now: its groups', or all for who may watch.
func (s *Service) VisibleQueues(ctx context.Context, who access.Actor) (conversation.QueueScope, error) {
	groups, err := routingdb.New(s.db.As(who.AsSystem("which groups a team member answers for"))).ListUserGroups(ctx, who.ID())
	return conversation.QueueScope{Groups: groups, AllGroups: who.Can(access.Monitor)}, err
}

// Take gives the actor a conversation of its lines: the chosen one, or for the zero id the next.
func (s *Service) Take(ctx context.Context, who access.Actor, name string, conversationID uuid.UUID) (conversation.Conversation, error) {
	queues, err := s.VisibleQueues(ctx, who)
	if err != nil {
		return conversation.Conversation{}, err
	}
	return s.conversations.Take(ctx, who, name, conversationID, queues)
}

// Teammate is somebody to whom a conversation can be handed.
type Teammate struct {
	ID         uuid.UUID
	Name       string
	Status     Status
	AtCapacity bool
}

// ListTransferTargets lists the others who may answer a customer's visitors, who is there first, and the groups.
func (s *Service) ListTransferTargets(ctx context.Context, who access.Actor, customer uuid.UUID) ([]Teammate, []GroupRef, error) {
	t, err := s.db.Authorize(who, access.Answer)
	if err != nil {
		return nil, nil, err
	}
	rows, err := routingdb.New(t).ListTransferTargets(ctx, routingdb.ListTransferTargetsParams{But: who.ID(), CustomerID: customer})
	if err != nil {
		return nil, nil, err
	}
	list := make([]Teammate, len(rows))
	for i, c := range rows {
		list[i] = Teammate{c.ID, c.Name, Status(c.Status), c.OpenChats >= c.MaxChats}
	}
	c, err := s.loadNames(ctx, who.Org())
	return list, c.names, err
}

// findTeammate finds one by id who may answer the visitor of a conversation.
func (s *Service) findTeammate(ctx context.Context, who access.Actor, conversationID, id uuid.UUID) (Teammate, error) {
	c, err := s.conversations.Get(ctx, who, conversationID)
	if fail.KindOf(err) == fail.NotFound {
		return Teammate{}, s.conversations.ExplainRefusal(ctx, who, conversationID)
	}
	if err != nil {
		return Teammate{}, err
	}
	list, _, err := s.ListTransferTargets(ctx, who, c.Customer)
	if err != nil {
		return Teammate{}, err
	}
	for _, teammate := range list {
		if teammate.ID == id {
			return teammate, nil
		}
	}
	return Teammate{}, errNoTeammate
}

var errNoTeammate = fail.Missing("colleague")

// Transfer hands a conversation of the actor's over: to a group's line, or to a colleague, who has chat.OfferLasts to accept.
func (s *Service) Transfer(ctx context.Context, who access.Actor, name string, conversationID, group, teammate uuid.UUID, comment string) error {
	h := conversation.TransferRequest{Conversation: conversationID, Group: group, Agent: teammate, Comment: comment}
	switch {
	case teammate != uuid.Nil:
		c, err := s.findTeammate(ctx, who, conversationID, teammate)
		if err != nil {
			return err
		}
		if c.Status != Online {
			return fail.Field("to", "%s is not online. Choose somebody else, or a group.", c.Name)
		}
		if c.AtCapacity {
			return fail.Field("to", "%s has as many conversations as allowed. Choose somebody else, or a group.", c.Name)
		}
		h.ToName = c.Name
	default:
		c, err := s.loadNames(ctx, who.Org())
		if err != nil {
			return err
		}
		if h.ToName = c.name(group); h.ToName == "" {
			return fail.Field("to", "Please choose a colleague or a group.")
		}
	}
	return s.conversations.Transfer(ctx, who, name, h)
}

// Consult brings a colleague into a conversation of the actor's.
func (s *Service) Consult(ctx context.Context, who access.Actor, name string, conversationID, teammate uuid.UUID, mayWrite bool, comment string) error {
	c, err := s.findTeammate(ctx, who, conversationID, teammate)
	if errors.Is(err, errNoTeammate) {
		return fail.Field("to", "Please choose a colleague.")
	}
	if err != nil {
		return err
	}
	return s.conversations.Consult(ctx, who, name, conversation.Invitation{Conversation: conversationID, Participant: c.ID, ParticipantName: c.Name, CanReply: mayWrite, Comment: comment})
}

// Assign gives a conversation to a colleague, or takes it over.
func (s *Service) Assign(ctx context.Context, who access.Actor, conversationID, to uuid.UUID) (conversation.Conversation, error) {
	if !who.Can(access.Monitor) {
		return conversation.Conversation{}, fail.New(fail.Forbidden, "Your role does not allow giving conversations to somebody. Ask a supervisor.")
	}
	c, err := s.conversations.Get(ctx, who, conversationID)
	if err != nil {
		return c, err
	}
	if to != who.ID() {
		x, err := s.findTeammate(ctx, who, conversationID, to)
		if err != nil {
			return c, err
		}
		if x.Status == Offline {
			return c, fail.New(fail.Conflict, "%s is offline. Choose somebody else.", x.Name)
		}
	}
	return s.conversations.AssignManually(ctx, who, conversationID, to, c.Agent)
}
