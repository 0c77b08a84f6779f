package notification

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/identity"
	"parley/app/platform/access"
	"parley/app/platform/bidi"
	"parley/app/platform/fail"
	"parley/app/platform/fair"
	"parley/app/platform/jobs"
	"parley/app/platform/mail"
	"parley/app/platform/pg"
)

// Mails sends links to team members, and to those who want to become one.
type Mails struct {
	db        *pg.DB
	identity  *identity.Service
	jobs      *jobs.Inserter
	mailer    *mail.Mailer
	publicURL string // without a slash at the end
	turns     *fair.Slots
	refused   atomic.Int64
}

// MailOptions are what NewMails needs.
type MailOptions struct {
	DB        *pg.DB
	Identity  *identity.Service
	Jobs      *jobs.Inserter
	Mailer    *mail.Mailer
	PublicURL string      // without a slash at the end
	Turns     *fair.Slots // in which organizations have their mails sent
}

// NewMails returns the service. Its Workers do the work.
func NewMails(o MailOptions) *Mails {
	return &Mails{db: o.DB, identity: o.Identity, jobs: o.Jobs, mailer: o.Mailer, publicURL: o.PublicURL, turns: o.Turns}
}

// IsOff reports whether no mail server is configured, so that links are shown instead of sent.
func (m *Mails) IsOff() bool { return m.mailer.IsOff() }

// From is the address that mails come from; empty when mail is off.
func (m *Mails) From() string { return m.mailer.From() }

// AbuseAddress is the address at which unwanted mails can be reported.
func (m *Mails) AbuseAddress() string { return m.mailer.AbuseAddress() }

// Refused is how many mails were refused since the start because too many waited.
func (m *Mails) Refused() int64 { return m.refused.Load() }

var errFull = &fail.Error{Kind: fail.Busy, RetryAfter: time.Minute,
	Message: "Parley has too many emails to send right now, so yours was not sent. Try again in a minute."}

// Kinds of jobs.
type (
	invitationMail struct {
		Org        uuid.UUID `json:"org"`
		Invitation uuid.UUID `json:"invitation"`
	}
	resetMail struct {
		Org   uuid.UUID `json:"org"`
		Reset uuid.UUID `json:"reset"`
	}
	requestedMail struct {
		Request uuid.UUID `json:"request"`
	}
)

func (invitationMail) Kind() string              { return "invitation_mail" }
func (invitationMail) Queue() jobs.Queue         { return jobs.Mail }
func (a invitationMail) Organization() uuid.UUID { return a.Org }
func (resetMail) Kind() string                   { return "reset_mail" }
func (resetMail) Queue() jobs.Queue              { return jobs.Mail }
func (a resetMail) Organization() uuid.UUID      { return a.Org }
func (requestedMail) Kind() string               { return "requested_mail" }
func (requestedMail) Queue() jobs.Queue          { return jobs.Account }

// Workers do the jobs.
func (m *Mails) Workers() []jobs.Worker {
	return []jobs.Worker{
		jobs.ForOrganization("mail an invitation", m.turns, m.sendInvitation),
		jobs.ForOrganization("mail a link for a new password", m.turns, m.sendReset),
		jobs.ForInstallation(m.sendRequested),
	}
}

// SendInvitation has an invitation's link mailed once the transaction is committed.
func (m *Mails) SendInvitation(ctx context.Context, tx *pg.Tenant, invitation uuid.UUID) error {
	return m.jobs.Insert(ctx, tx, invitationMail{tx.Actor().Org(), invitation})
}

// SendReset has the link of a password reset mailed once the transaction is committed.
func (m *Mails) SendReset(ctx context.Context, tx *pg.Tenant, reset uuid.UUID) error {
	return m.jobs.Insert(ctx, tx, resetMail{tx.Actor().Org(), reset})
}

// RequestPasswordLink has a link for a new password mailed to an address, if the address can log in anywhere. Whether it can is looked up
// afterwards. fail.Busy if too many mails wait.
func (m *Mails) RequestPasswordLink(ctx context.Context, email string) error {
	return m.request(ctx, email, "", "")
}

// RequestSignUpLink has a link mailed to an address that creates an organization. fail.Busy if too many mails wait.
func (m *Mails) RequestSignUpLink(ctx context.Context, organization string, in identity.SignUp) error {
	return m.request(ctx, in.Email, organization, in.Name)
}

func (m *Mails) request(ctx context.Context, email, organization, name string) error {
	id := uuid.Must(uuid.NewV7())
	return m.db.UnscopedTx(ctx, func(tx *pg.UnscopedTx) error {
		created, err := tx.CreateLinkRequest(ctx, id, email, organization, name)
		if err == nil && !created {
			m.refused.Add(1)
			return errFull
		}
		if err != nil {
			return err
		}
		return m.jobs.Insert(ctx, tx, requestedMail{id})
	})
}

func (m *Mails) sendInvitation(ctx context.Context, actor access.Actor, job jobs.Job[invitationMail]) error {
	if m.IsOff() {
		return nil
	}
	l, err := m.identity.RenewInvitation(ctx, actor, job.Args.Invitation)
	if fail.KindOf(err) == fail.NotFound { // revoked, replaced, accepted or expired meanwhile
		return nil
	}
	if err != nil {
		return err
	}
	organization := mail.SafeName(l.Organization, mail.MaxOrganizationName, "an organization")
	return m.mailer.Deliver(ctx, job.Attempt, mail.Message{
		To:      l.To,
		Subject: "Join " + organization + " on Parley",
		Text: bidi.Isolate(mail.SafeName(l.FromName, mail.MaxPersonName, "A manager")) + " has invited you to join " + bidi.Isolate(organization) +
			" on Parley.\nTo accept, enter your name and a password within seven days:\n\n" + m.publicURL + "/join/" + l.Secret + "\n" + m.footer(l),
	})
}

func (m *Mails) sendReset(ctx context.Context, actor access.Actor, job jobs.Job[resetMail]) error {
	if m.IsOff() {
		return nil
	}
	l, err := m.identity.RenewReset(ctx, actor, job.Args.Reset)
	if fail.KindOf(err) == fail.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	organization, person := mail.SafeName(l.Organization, mail.MaxOrganizationName, "your organization"), mail.SafeName(l.FromName, mail.MaxPersonName, "A manager")
	return m.mailer.Deliver(ctx, job.Attempt, mail.Message{
		To:      l.To,
		Subject: "Reset your Parley password",
		Text: bidi.Isolate(person) + " of " + bidi.Isolate(organization) +
			" has requested a new password for your Parley account. It applies to all organizations in which you have this address.\n" +
			"Set it within an hour:\n\n" + m.publicURL + "/reset/" + l.Secret + "\n" + m.footer(l),
	})
}

// footer says at the end of a mail who has sent it, and where it can be reported.
func (m *Mails) footer(l identity.MailedLink) string {
	return "\n--\nSent for " + bidi.Isolate(mail.SafeName(l.Organization, mail.MaxOrganizationName, "an organization")) + " by " + l.FromEmail +
		".\nIf you do not know them, ignore this email. To report it, forward it to " + m.AbuseAddress() + ".\n"
}

// sendRequested sends what somebody who is not logged in asked for, and forgets the request once there is nothing more to try.
func (m *Mails) sendRequested(ctx context.Context, job jobs.Job[requestedMail]) error {
	r, err := m.db.Unscoped().GetLinkRequest(ctx, job.Args.Request)
	if pg.IsNoRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	send := m.sendPasswordLink
	if r.Organization != "" {
		send = m.sendSignUpLink
	}
	if !m.IsOff() {
		err = send(ctx, job.Attempt, r)
	}
	if err == nil || jobs.IsGivenUp(err) || job.Last {
		if forget := m.db.Unscoped().DeleteLinkRequest(ctx, job.Args.Request); err == nil {
			err = forget
		}
	}
	return err
}

func (m *Mails) sendPasswordLink(ctx context.Context, attempt jobs.Attempt, r pg.LinkRequest) error {
	create := m.identity.CreateForgottenPasswordLink
	if attempt.Number > 1 {
		create = m.identity.RepeatForgottenPasswordLink
	}
	l, err := create(ctx, r.Email)
	if err != nil || l.Secret == "" {
		return err
	}
	return m.mailer.Deliver(ctx, attempt, mail.Message{To: l.Email, Subject: "Reset your Parley password",
		Text: "Someone, probably you, requested a new password for your Parley account. " +
			"It applies to all organizations in which you have this address.\nSet it within an hour:\n\n" +
			m.publicURL + "/reset/" + l.Secret + "\n\nIf it was not you, ignore this email.\n"})
}

func (m *Mails) sendSignUpLink(ctx context.Context, attempt jobs.Attempt, r pg.LinkRequest) error {
	create := m.identity.RequestSignUp
	if attempt.Number > 1 {
		create = m.identity.InviteOwner
	}
	l, err := create(ctx, r.Organization, identity.SignUp{Name: r.Name, Email: r.Email})
	if err != nil || l.Secret == "" {
		return err
	}
	what := "To confirm, choose a password within a day:"
	if l.Known {
		what = "You already have a Parley account with this address, and the organization is added to it. Confirm within a day:"
	}
	// Nothing of what was typed: whoever asks could write to anybody by it.
	return m.mailer.Deliver(ctx, attempt, mail.Message{To: r.Email, Subject: "Your new organization on Parley",
		Text: "Someone, probably you, asked to create an organization on Parley with this address.\n" + what + "\n\n" +
			m.publicURL + "/signup/" + l.Secret + "\n\nIf it was not you, ignore this email.\n"})
}
