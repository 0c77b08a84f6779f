package followup

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/followup/internal/followupdb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/jobs"
	"parley/app/platform/pg"
)

// maxTranscriptBytes is about how much text a mailed transcript has at most, in each of its two forms.
const maxTranscriptBytes = 256 << 10

// CanMailTranscripts reports whether transcripts can be mailed here.
func (s *Service) CanMailTranscripts() bool { return !s.mailer.IsOff() }

// MailTranscript has mailed what was said in a visitor's conversation, without what only staff sees. fail.Busy if the organization, or
// the address, may have no more mails today.
func (s *Service) MailTranscript(ctx context.Context, visitor access.Actor, conversationID uuid.UUID, to string) error {
	if err := s.identity.CountTranscript(ctx, visitor.Org(), to); err != nil {
		return err
	}
	request := uuid.Must(uuid.NewV7())
	return s.db.As(access.System(visitor.Org(), "mail a transcript")).Tx(ctx, func(tx *pg.Tenant) error {
		err := followupdb.New(tx).CreateTranscriptRequest(ctx, followupdb.CreateTranscriptRequestParams{
			ID:             request,
			ConversationID: conversationID,
			Email:          to,
		})
		if err != nil {
			return err
		}
		return s.jobs.Insert(ctx, tx, transcriptMail{visitor.Org(), request})
	})
}

// sendTranscript mails a transcript, and forgets the request once there is nothing more to try.
func (s *Service) sendTranscript(ctx context.Context, actor access.Actor, job jobs.Job[transcriptMail]) error {
	q := followupdb.New(s.db.As(actor))
	r, err := q.GetTranscriptRequest(ctx, job.Args.Request)
	if pg.IsNoRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if s.CanMailTranscripts() {
		err = s.mailTranscript(ctx, actor, job.Attempt, r)
	}
	if err == nil || jobs.IsGivenUp(err) || job.Last {
		if forget := q.DeleteTranscriptRequest(ctx, job.Args.Request); err == nil {
			err = forget
		}
	}
	return err
}

func (s *Service) mailTranscript(
	ctx context.Context, actor access.Actor, attempt jobs.Attempt, r followupdb.GetTranscriptRequestRow,
) error {
	u, err := s.conversations.GetUnread(ctx, actor, r.ConversationID)
	if fail.KindOf(err) == fail.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	widget, err := s.org.GetSettings(ctx, actor.Org(), u.Website)
	if err != nil {
		return err
	}
	m := s.newMail(u, widget)
	m.To, m.Transcript = r.Email, true
	// As the visitor, who sees no notes.
	if m.Messages, m.Truncated, err = s.listTranscript(ctx, access.Visitor(actor.Org(), u.Website, u.Visitor),
		r.ConversationID); err != nil {
		return err
	}
	if strings.EqualFold(r.Email, u.Email) { // only to who is known: with the link one is the visitor
		m.Link, m.OneTime = s.returnLink(ctx, actor.Org(), u)
	}
	return s.mailer.Deliver(ctx, attempt, m.Compose())
}

// listTranscript lists what an actor sees of a conversation, from its beginning; truncated: there is more.
func (s *Service) listTranscript(
	ctx context.Context, actor access.Actor, conversationID uuid.UUID,
) (list []Message, truncated bool, err error) {
	bytes := 0
	for seq := 0; ; {
		messages, more, err := s.conversations.ListMessagePage(ctx, actor, conversationID, seq)
		if err != nil {
			return nil, false, err
		}
		for _, x := range messages {
			seq = x.Seq
			if x.IsContent() && x.Changed != conversation.Erased {
				list = append(list, newMessage(x))
				bytes += len(x.Body) + 50
			}
		}
		if truncated = more && bytes > maxTranscriptBytes; truncated || !more {
			return list, truncated, nil
		}
	}
}
