package notification

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/identity"
	"parley/app/platform/access"
	"parley/app/platform/bidi"
	"parley/app/platform/bus"
	"parley/app/platform/fair"
	"parley/app/platform/jobs"
	"parley/app/platform/pg"
	"parley/app/platform/push"
)

// Pusher notifies agents' browsers of what comes in for them, by Web Push. While a desk is in view, the browser's own script shows no
// notification.
type Pusher struct {
	db            *pg.DB
	identity      *identity.Service
	conversations *conversation.Service
	jobs          *jobs.Inserter
	sender        *push.Sender
	lookups       *fair.Slots // of an organization few at once
	turns         *fair.Slots // likewise: an endpoint may answer late
}

// PushOptions are what NewPusher needs.
type PushOptions struct {
	DB            *pg.DB
	Identity      *identity.Service
	Conversations *conversation.Service
	Jobs          *jobs.Inserter
	Sender        *push.Sender
}

// NewPusher returns a Pusher that notifies of the events of a bus, if the sender is on. Its Workers do the work.
func NewPusher(o PushOptions) *Pusher {
	return &Pusher{db: o.DB, identity: o.Identity, conversations: o.Conversations, jobs: o.Jobs, sender: o.Sender,
		lookups: fair.New(fair.Limits{Total: 64, PerOrganization: 4, MaxWaiting: 100, MaxWait: 20 * time.Second}),
		turns:   fair.New(fair.Limits{Total: 24, PerOrganization: 4, MaxWaiting: 8, MaxWait: 10 * time.Second})}
}

// Kinds of notifications, as identity.Preferences names them.
const (
	newMessage jobs.Code = "message"
	assigned   jobs.Code = "given"
	offered    jobs.Code = "offer"
)

// maxPushAge is how old a notification may be. Push services keep it for as long.
const maxPushAge = 5 * time.Minute

type pushJob struct {
	Org          uuid.UUID `json:"org"`
	User         uuid.UUID `json:"user"`
	Conversation uuid.UUID `json:"conversation"`
	What         jobs.Code `json:"what"`
}

func (pushJob) Kind() string              { return "push" }
func (pushJob) Queue() jobs.Queue         { return jobs.Default }
func (a pushJob) Organization() uuid.UUID { return a.Org }

// Workers do the jobs.
func (p *Pusher) Workers() []jobs.Worker {
	return []jobs.Worker{jobs.ForOrganization("notify an agent's browser", p.turns, p.work)}
}

// HandleEvents looks at what this process has stored: the first message that waits, a conversation that was assigned, an offered transfer.
func (p *Pusher) HandleEvents(events []bus.Event) {
	if !p.sender.IsOn() {
		return
	}
	for _, e := range events {
		s, ours := e.Local.(conversation.MessageEvent)
		if e.Kind != bus.Conversation || !ours {
			continue
		}
		what, to := jobs.Code(""), s.Snapshot.Agent
		switch {
		case s.Author == conversation.ByVisitor && s.Snapshot.State == conversation.Open && s.Snapshot.WaitingSince.Equal(s.At): // not each of several
			what = newMessage
		case s.Kind == conversation.System && s.Body == conversation.SystemTaken && s.Snapshot.StateReason == conversation.ReasonRouting:
			what = assigned
		case s.Snapshot.OfferRecipient(time.Now()) != uuid.Nil && s.Kind == conversation.System:
			what, to = offered, s.Snapshot.OfferedTo
		default:
			continue
		}
		go p.insert(pushJob{e.Org, to, s.Snapshot.ID, what})
	}
}

// Resync does nothing: an agent who was not notified sees it at the desk.
func (p *Pusher) Resync(uuid.UUID) {}

// insert inserts a job if the user has subscribed a browser.
func (p *Pusher) insert(job pushJob) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	release, err := p.lookups.Acquire(ctx, job.Org)
	if err != nil {
		slog.Debug("an agent's browser was not notified", "organization", job.Org, "error", err)
		return
	}
	defer release()
	actor := access.System(job.Org, "notify an agent's browser")
	list, err := p.identity.ListPushSubscriptions(ctx, actor, job.User)
	if err == nil && len(list) > 0 {
		err = p.db.As(actor).Tx(ctx, func(tx *pg.Tenant) error { return p.jobs.Insert(ctx, tx, job) })
	}
	if err != nil {
		slog.Warn("an agent's browser was not notified", "organization", job.Org, "error", err)
	}
}

// message is a notification.
type message struct {
	Title string `json:"title"`
	Body  string `json:"body"`
	Tag   string `json:"tag"`
}

// compose returns the notification for a conversation as it is now; false: there is no longer a reason for it.
func compose(job pushJob, c conversation.Conversation) (message, bool) {
	m := message{Tag: "pane-" + c.ID.String(), Body: c.WebsiteName}
	switch job.What {
	case newMessage:
		m.Title, m.Body = "New message", bidi.Isolate(c.LastText)
		return m, c.State == conversation.Open && c.Agent == job.User && !c.WaitingSince.IsZero()
	case assigned:
		m.Title = "A conversation was assigned to you"
		return m, c.State == conversation.Open && c.Agent == job.User
	default:
		m.Title = "A team member offers you a conversation"
		return m, c.OfferRecipient(time.Now()) == job.User
	}
}

// work notifies all browsers of a user. It is tried again if none could be notified.
func (p *Pusher) work(ctx context.Context, actor access.Actor, job jobs.Job[pushJob]) error {
	if !p.sender.IsOn() || time.Since(job.Created) > maxPushAge {
		return nil
	}
	user := job.Args.User
	list, err := p.identity.ListPushSubscriptions(ctx, actor, user)
	if err != nil || len(list) == 0 {
		return err
	}
	if person, err := p.identity.GetMember(ctx, user); err != nil || !person.Actor.Can(access.PushSubscribe) {
		// disabled, or something else by now
		return nil
	}
	wants, err := p.identity.GetPreferencesOf(ctx, actor, user)
	if err != nil || slices.Contains(wants.WithoutNotification, string(job.Args.What)) {
		return err
	}
	c, err := p.conversations.Get(ctx, actor, job.Args.Conversation)
	if err != nil {
		return err
	}
	m, still := compose(job.Args, c)
	if !still {
		return nil
	}
	payload, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return p.send(ctx, actor, user, list, payload)
}

// send notifies a user's browsers and removes those that are gone. The error is that of the last one, if none could be notified.
func (p *Pusher) send(ctx context.Context, actor access.Actor, user uuid.UUID, list []identity.PushSubscription, payload []byte) error {
	var failed error
	notified := 0
	for _, s := range list {
		gone, err := p.sender.Send(ctx, push.Subscription(s), payload)
		switch {
		case err != nil:
			failed = err
		case gone:
			notified++
			if err := p.identity.UnsubscribePush(ctx, actor, user, s.Endpoint); err != nil {
				slog.Warn("remove an agent's browser", "error", err)
			}
		default:
			notified++
		}
	}
	if notified > 0 {
		return nil
	}
	return failed
}
