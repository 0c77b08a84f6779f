package followup

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/settings"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/jobs"
	"parley/app/platform/pg"
)

// planAnswerMail has mailed what the visitor of a conversation has not read, once. fail.Busy if the organization may have no more mails
// sent today.
func (s *Service) planAnswerMail(ctx context.Context, actor access.Actor, conversationID uuid.UUID) error {
	u, err := s.conversations.GetUnread(ctx, actor, conversationID)
	if err != nil || u.Email == "" || u.DeliveredSeq >= u.LastSeq {
		return err
	}
	answers, last, err := s.listAnswers(ctx, actor, conversationID, u.DeliveredSeq, u.LastSeq)
	if err != nil || last == 0 {
		return err
	}
	if len(answers) > 0 {
		if err := s.identity.CountMail(ctx, actor.Org()); err != nil {
			return err
		}
	}
	_, err = s.conversations.MarkMailed(ctx, actor, conversationID, last, func(tx *pg.Tenant) error {
		if len(answers) == 0 { // what the visitor has not read is for nobody's mail, today and later
			return nil
		}
		return s.jobs.Insert(ctx, tx, answerMail{actor.Org(), conversationID, u.DeliveredSeq, last})
	})
	return err
}

// listAnswers lists what the team has said above one number and up to another, and the last number that it has looked at.
func (s *Service) listAnswers(
	ctx context.Context, actor access.Actor, conversationID uuid.UUID, after, upTo int,
) (answers []Message, last int, err error) {
	messages, err := s.conversations.ListMessagesAfter(ctx, actor, conversationID, after)
	for _, x := range messages {
		if x.Seq > upTo {
			break
		}
		last = x.Seq
		if x.Author == conversation.ByAgent && x.IsContent() && x.Changed != conversation.Erased {
			answers = append(answers, newMessage(x))
		}
	}
	return answers, last, err
}

// sendAnswers mails answers, but for those that the visitor has read meanwhile.
func (s *Service) sendAnswers(ctx context.Context, actor access.Actor, job jobs.Job[answerMail]) error {
	a := job.Args
	u, err := s.conversations.GetUnread(ctx, actor, a.Conversation)
	if fail.KindOf(err) == fail.NotFound {
		return nil
	}
	if err != nil || s.mailer.IsOff() || u.Email == "" || u.ReadSeq >= a.Seq {
		return err
	}
	widget, err := s.org.GetSettings(ctx, actor.Org(), u.Website)
	if err != nil || widget.Closing.MailDisabled {
		return err
	}
	m := s.newMail(u, widget)
	if m.Messages, _, err = s.listAnswers(ctx, actor, a.Conversation, max(a.After, u.ReadSeq), a.Seq); err != nil || len(m.Messages) == 0 {
		return err
	}
	m.Link, m.OneTime = s.returnLink(ctx, actor.Org(), u)
	return s.mailer.Deliver(ctx, job.Attempt, m.Compose())
}

// newMail begins a mail to a visitor.
func (s *Service) newMail(u conversation.UnreadInfo, widget settings.Widget) Mail {
	return Mail{
		To:            u.Email,
		Website:       u.WebsiteName,
		Page:          u.PageURL,
		Host:          u.Host,
		Settings:      widget,
		Language:      u.Language,
		Zones:         []string{u.TimeZone, widget.General.Zone, u.GroupTimeZone},
		Closed:        u.State == conversation.Closed,
		ReportAddress: s.mailer.AbuseAddress(),
	}
}

func newMessage(x conversation.Message) Message {
	_, file := x.Attachment()
	return Message{Visitor: x.Author == conversation.ByVisitor, Name: x.AuthorName, Text: x.PlainText(), File: file, At: x.At}
}
