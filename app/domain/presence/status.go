package presence

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/presence/internal/presencedb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

// Status says whether an agent gets and has conversations. The values are stored.
type Status string

const (
	Online  Status = "online"  // gets conversations
	Away    Status = "away"    // gets no new conversation, and finishes its own for a while
	Offline Status = "offline" // has no conversation
)

const maxReasonLength = 50 // characters

// statusChange is what an agent's status becomes.
type statusChange struct {
	status Status
	chosen bool   // offline by choice: a desk that opens does not bring the agent online
	reason string // for being away; may be empty
}

// SetStatus changes the actor's own status, with a reason for being away. An actor who goes offline gives the conversations
// back to the queue at once. It returns fail.Invalid for another status or a reason that is too long.
func (s *Service) SetStatus(ctx context.Context, actor access.Actor, status Status, reason string) error {
	reason, bad := validate.OptionalLine("the reason", reason, maxReasonLength)
	if bad != nil {
		return bad
	}
	if status != Online && status != Away && status != Offline {
		return fail.New(fail.Invalid, "Choose online, away or offline.")
	}
	if status != Away {
		reason = ""
	}
	change := statusChange{status: status, chosen: status == Offline, reason: reason}
	err := s.changeStatus(ctx, actor, actor.ID(), change)
	if err == nil && status != Offline { // the page may have lost its socket: then the grace period begins
		s.Connect(actor)
		s.Disconnect(actor)
	}
	return err
}

// GoOfflineAtLogout makes the actor offline until a desk opens again. An actor with another open desk stays online.
func (s *Service) GoOfflineAtLogout(ctx context.Context, actor access.Actor) error {
	here := presencedb.HasPresenceElsewhereParams{UserID: actor.ID(), Instance: s.connections.instance}
	elsewhere, err := presencedb.New(s.db.As(actor)).HasPresenceElsewhere(ctx, here)
	if err != nil || elsewhere || s.connections.desksOf(actor.ID()) > 1 {
		return err
	}
	return s.changeStatus(ctx, actor, actor.ID(), statusChange{status: Offline})
}

// TakeOffline makes a team member offline who may no longer answer. It returns fail.NotFound for a user who is no agent.
func (s *Service) TakeOffline(ctx context.Context, actor access.Actor, user uuid.UUID) error {
	if !actor.Can(access.TeamMemberTakeOffline) {
		return fail.New(fail.Forbidden, "Your role does not allow this. Ask a manager.")
	}
	return s.changeStatus(ctx, actor, user, statusChange{status: Offline})
}

// PrepareTakeOffline returns what TakeOffline does, for a transaction that changes more of the user. The transaction runs
// inside retry, which repeats it where it has to be; in it apply is called as the system; publish is called after the commit.
func (s *Service) PrepareTakeOffline(
	ctx context.Context, org, user uuid.UUID,
) (retry func(tx func() error) error, apply func(*pg.Tenant) error, publish func()) {
	var posted []conversation.MessageEvent
	open := newLockedConversations(user)
	apply = func(tx *pg.Tenant) (err error) {
		posted, err = s.applyStatus(ctx, tx, open, statusChange{status: Offline})
		if err != nil && fail.KindOf(err) == fail.NotFound { // no agent: has no conversations
			return nil
		}
		return err
	}
	return open.retry, apply, func() { s.publishStatus(ctx, org, user, posted) }
}

func (s *Service) changeStatus(ctx context.Context, actor access.Actor, user uuid.UUID, change statusChange) error {
	if _, err := s.db.Authorize(actor, access.PresenceSet); err != nil {
		return err
	}
	var posted []conversation.MessageEvent
	open := newLockedConversations(user)
	// As the system: an agent may not see the queues that its conversations go to, nor a limited manager all conversations.
	system := s.db.As(actor.AsSystem("change an agent's availability"))
	err := open.retry(func() error {
		return system.Tx(ctx, func(tx *pg.Tenant) (err error) {
			posted, err = s.applyStatus(ctx, tx, open, change)
			return err
		})
	})
	if err == nil {
		s.publishStatus(ctx, actor.Org(), user, posted)
	}
	return err
}

// applyStatus changes the status of an agent inside a transaction; offline, the conversations are requeued.
func (s *Service) applyStatus(
	ctx context.Context, tx *pg.Tenant, open *lockedConversations, change statusChange,
) ([]conversation.MessageEvent, error) {
	q := presencedb.New(tx)
	if change.status == Offline {
		if err := open.lock(ctx, q); err != nil {
			return nil, err
		}
	}
	_, err := q.SetAgentStatus(ctx, presencedb.SetAgentStatusParams{
		UserID: open.agent,
		Status: string(change.status),
		Chosen: change.chosen,
		Reason: change.reason,
	})
	if pg.IsNoRows(err) {
		return nil, fail.Missing("user")
	}
	if err != nil || change.status != Offline {
		return nil, err
	}
	if err := open.verify(ctx, q); err != nil {
		return nil, err
	}
	return s.conversations.Requeue(ctx, tx, conversation.RequeueOptions{Agent: open.agent, Reason: conversation.ReasonReturned})
}

func (s *Service) publishStatus(ctx context.Context, org, user uuid.UUID, posted []conversation.MessageEvent) {
	if len(posted) > 0 {
		s.conversations.PublishAll(ctx, org, posted)
	}
	s.publishAvailability(org, user)
}
