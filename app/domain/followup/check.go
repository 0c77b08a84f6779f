package followup

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/settings"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/platform/jobs"
	"parley/app/platform/pg"
)

// An organization has a check when the first of its conversations comes due. The check looks at all that wait for the visitor, does what
// is due, and inserts the next one. So a reply costs nothing while a check is known that is early enough.
const (
	checkGrid   = 10 * time.Second // checks are due at multiples of this, so that instances that insert the same one agree
	soon        = 5 * time.Second  // a check that is due within this time stays at the worker
	resumePause = time.Minute      // between two checks because desks open
)

// HandleEvents looks at what this process has stored: a reply of an agent, or the question whether the visitor is still there, makes the
// visitor's silence count from now on.
func (s *Service) HandleEvents(events []bus.Event) {
	for _, e := range events {
		m, ours := e.Local.(conversation.MessageEvent)
		if e.Kind != bus.Conversation || !ours || m.Kind == conversation.Note {
			continue
		}
		reply := m.Author == conversation.ByAgent && m.IsContent()
		idleCheck := m.Kind == conversation.System && m.Body == conversation.SystemIdleCheck
		if (reply || idleCheck) && !s.isKnown(e.Org, time.Now().Add(min(s.answerMailAfter, s.minute))) {
			go s.schedule(e.Org, m.Snapshot, idleCheck)
		}
	}
}

// Resync is of no concern: the next reply, or the next desk that opens, has what was missed checked.
func (s *Service) Resync(uuid.UUID) {}

// Resume has an organization checked because a desk of it opens here: its check may have been lost with an instance that was killed between
// the commit of a reply and that of the check.
func (s *Service) Resume(organization uuid.UUID) {
	s.mu.Lock()
	recent := time.Since(s.resumed[organization]) < resumePause
	if !recent {
		s.resumed[organization] = time.Now()
	}
	s.mu.Unlock()
	if !recent {
		go s.insertCheck(organization, time.Now())
	}
}

// isKnown reports whether this process knows of a check of an organization from now on until a time.
func (s *Service) isKnown(organization uuid.UUID, until time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.next[organization]
	return next.After(time.Now()) && !next.After(until)
}

// schedule has a check inserted for when a conversation may come due.
func (s *Service) schedule(organization uuid.UUID, c conversation.Conversation, idleChecked bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	widget, err := s.org.GetSettings(ctx, organization, c.Website)
	if err != nil {
		slog.Warn("follow a conversation up", "organization", organization, "error", err)
		return
	}
	now := time.Now()
	waiting := conversation.AwaitingVisitor{Conversation: c, Since: now, Unread: true, IdleChecked: idleChecked}
	if at := s.dueAt(waiting, widget).earliest(now); !at.IsZero() && !s.isKnown(organization, at) {
		s.insertCheck(organization, at)
	}
}

// insertCheck inserts a check, unless another instance has inserted the same one.
func (s *Service) insertCheck(organization uuid.UUID, at time.Time) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	actor := access.System(organization, "follow conversations up")
	err := s.db.As(actor).Tx(ctx, func(tx *pg.Tenant) error { return s.insertCheckIn(ctx, tx, at) })
	if err != nil {
		slog.Warn("follow conversations up", "organization", organization, "error", err)
	}
}

func (s *Service) insertCheckIn(ctx context.Context, tx *pg.Tenant, at time.Time) error {
	job, wait := checkJob{tx.Actor().Org(), at.UnixMilli()}, time.Until(at)
	if wait < soon {
		at = time.Time{}
	} else {
		at = at.Truncate(checkGrid).Add(checkGrid)
		job.Due = at.UnixMilli()
	}
	if err := s.jobs.InsertOnce(ctx, tx, job, at); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if next := s.next[job.Org]; at.Before(next) || next.Before(time.Now()) {
		s.next[job.Org] = at
	}
	return nil
}

// due is when something is to be done about a conversation; zero times: never.
type due struct{ mail, idleCheck, closing time.Time }

func (s *Service) dueAt(a conversation.AwaitingVisitor, widget settings.Widget) (d due) {
	if a.Unread && !s.mailer.IsOff() && !widget.Closing.MailDisabled {
		d.mail = a.Since.Add(s.answerMailAfter)
	}
	if a.Conversation.State != conversation.Open || widget.Closing.WarnAfterMinutes == 0 {
		return d
	}
	if !a.IdleChecked {
		d.idleCheck = a.Since.Add(time.Duration(widget.Closing.WarnAfterMinutes) * s.minute)
	} else if widget.Closing.EndAfterMinutes > 0 {
		d.closing = a.Since.Add(time.Duration(widget.Closing.EndAfterMinutes) * s.minute)
	}
	return d
}

// earliest is the first time that is not before now; zero: there is none.
func (d due) earliest(now time.Time) (first time.Time) {
	for _, at := range []time.Time{d.mail, d.idleCheck, d.closing} {
		if !at.IsZero() && !at.Before(now) && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// isDue reports whether a time has come.
func isDue(at, now time.Time) bool { return !at.IsZero() && at.Before(now) }

// check does what is due in an organization and sees to it that there is another check when the next thing will be.
func (s *Service) check(ctx context.Context, actor access.Actor, job jobs.Job[checkJob]) error {
	now := time.Now()
	list, err := s.conversations.ListAwaitingVisitor(ctx, actor)
	if err != nil {
		return err
	}
	var next time.Time
	later := func(at time.Time) {
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	mayMail := true
	for _, a := range list {
		widget, err := s.org.GetSettings(ctx, actor.Org(), a.Conversation.Website)
		if err != nil {
			return err
		}
		d := s.dueAt(a, widget)
		later(d.earliest(now))
		switch c := a.Conversation; {
		case isDue(d.idleCheck, now): // not if the visitor has written since
			err = s.conversations.SendIdleCheck(ctx, actor.Org(), c.ID, c.LastSeq)
			if widget.Closing.EndAfterMinutes > 0 {
				later(now.Add(time.Duration(widget.Closing.EndAfterMinutes) * s.minute))
			}
		case isDue(d.closing, now):
			err = s.conversations.CloseIdle(ctx, actor.Org(), c.ID, c.LastSeq)
		}
		if err == nil && isDue(d.mail, now) && mayMail {
			err = s.planAnswerMail(ctx, actor, a.Conversation.ID)
			mayMail = fail.KindOf(err) != fail.Busy
		}
		if err != nil {
			slog.Warn("follow a conversation up", "organization", actor.Org(), "conversation", a.Conversation.ID, "error", err)
		}
	}
	if next.IsZero() {
		return nil
	}
	if wait := time.Until(next); wait < soon {
		return jobs.Wait(max(wait, 10*time.Millisecond))
	}
	return s.db.As(actor).Tx(ctx, func(tx *pg.Tenant) error { return s.insertCheckIn(ctx, tx, next) })
}
