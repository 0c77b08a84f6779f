package serve

import (
	"context"
	"slices"
	"time"

	"parley/app/domain/followup"
	"parley/app/domain/notification"
	"parley/app/platform/fair"
	"parley/app/platform/jobs"
	"parley/app/platform/mail"
	"parley/app/platform/push"
)

// later is what does work after the answer was given.
type later struct {
	mailer   *mail.Mailer
	push     *push.Sender
	mails    *notification.Mails
	pusher   *notification.Pusher
	followup *followup.Service
	runner   *jobs.Runner
}

// mailTurns are the turns in which organizations have their mails sent. What waits in memory of one organization is little; the rest waits
// in the database.
func mailTurns() *fair.Slots {
	return fair.New(fair.Limits{Total: 4, PerOrganization: 2, MaxWaiting: 8, MaxWait: 10 * time.Second})
}

func newLater(ctx context.Context, cfg Config, services *Services, publicURL string) (l later, err error) {
	if l.mailer, err = mail.NewMailer(cfg.SMTPURL); err != nil {
		return l, err
	}
	if l.push, err = push.New(cfg.PushKeys); err != nil {
		return l, err
	}
	inserter, err := jobs.NewInserter(cfg.Jobs.Lane)
	if err != nil {
		return l, err
	}
	turns := mailTurns()
	l.mails = notification.NewMails(notification.MailOptions{DB: services.DB, Identity: services.Identity, Jobs: inserter, Mailer: l.mailer,
		PublicURL: publicURL, Turns: turns})
	l.pusher = notification.NewPusher(notification.PushOptions{DB: services.DB, Identity: services.Identity,
		Conversations: services.Conversations, Jobs: inserter, Sender: l.push})
	l.followup = followup.New(followup.Options{
		DB:              services.DB,
		Conversations:   services.Conversations,
		Visitors:        services.Visitors,
		Org:             services.Org,
		Identity:        services.Identity,
		Jobs:            inserter,
		Mailer:          l.mailer,
		Turns:           turns,
		AnswerMailAfter: cfg.AnswerMailAfter,
		Minute:          cfg.SettingsMinute,
	})
	o := cfg.Jobs
	if !o.PollOnly && cfg.DatabaseURL != "" && cfg.DirectURL == "" {
		if o.PollOnly, err = services.DB.IsPooled(ctx); err != nil {
			return l, err
		}
	}
	l.runner, err = jobs.NewRunner(ctx, services.DB, o, slices.Concat(l.mails.Workers(), l.pusher.Workers(), l.followup.Workers())...)
	return l, err
}

// close closes what Run of the runner would.
func (l later) close() {
	if l.runner != nil {
		l.runner.Close()
	}
}

// mailsWaiting is how many mails are not sent yet, of all instances. It asks the database.
func (l later) mailsWaiting() (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return l.runner.Waiting(ctx, jobs.Account, jobs.Mail)
}
