// Package notification tells agents' browsers of what comes in for them while no desk is open, by Web Push.
//
// Always true: it is told to those only who asked for it, and only to somebody who may answer.
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
	"parley/app/platform/push"
)

// notifier tells agents' browsers of what this process has written for them: by Web Push, for those that asked for it. A desk
// that is looked at says nothing twice: the browser's own script keeps quiet then.
type notifier struct {
	identity *identity.Service
	sender   *push.Sender
	slots    *fair.Slots // of an organization few at once: an endpoint may answer late
}

func Subscribe(b *bus.Bus, members *identity.Service, p *push.Sender) {
	if p.IsOn() {
		b.Subscribe(&notifier{identity: members, sender: p, slots: fair.New(fair.Limits{Total: 64, PerOrganization: 4, MaxWaiting: 100, MaxWait: 20 * time.Second})})
	}
}

// notification is what a browser is told.
type notification struct {
	Title string `json:"title"`
	Body  string `json:"body"`
	Tag   string `json:"tag"`
	kind  string // one of identity.Happenings
}

// HandleEvents looks at what was said: the first message that waits, a conversation that was given, an offer.
func (p *notifier) HandleEvents(events []bus.Event) {
	for _, e := range events {
		s, ours := e.Local.(conversation.MessageEvent)
		if e.Kind != bus.Conversation || !ours {
			continue
		}
		n := notification{Tag: "pane-" + s.Snapshot.ID.String(), Body: s.Snapshot.WebsiteName}
		to := s.Snapshot.Agent
		switch {
		case s.Author == conversation.ByVisitor && s.Snapshot.State == conversation.Open && s.Snapshot.WaitingSince.Equal(s.At): // not each of several
			n.kind, n.Title, n.Body = "message", "New message", bidi.Isolate(s.Snapshot.LastText)
		case s.Kind == conversation.System && s.Body == conversation.SystemTaken && s.Snapshot.StateReason == conversation.ReasonRouting:
			n.kind, n.Title = "given", "A conversation has come to you"
		case s.Snapshot.OfferRecipient(time.Now()) != uuid.Nil && s.Kind == conversation.System:
			n.kind, n.Title, to = "offer", "A colleague offers you a conversation", s.Snapshot.OfferedTo
		default:
			continue
		}
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			release, err := p.slots.Acquire(ctx, e.Org)
			if err != nil {
				slog.Debug("an agent's browser is not told", "organization", e.Org, "error", err)
				return
			}
			defer release()
			p.send(e.Org, to, n)
		}()
	}
}

// Resync is of no concern: who was not told finds out at the desk.
func (p *notifier) Resync(uuid.UUID) {}

func (p *notifier) send(org, user uuid.UUID, n notification) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	who := access.System(org, "tell an agent's browser")
	list, err := p.identity.ListPushSubscriptions(ctx, who, user)
	if err != nil || len(list) == 0 {
		return
	}
	if person, err := p.identity.GetMember(ctx, user); err != nil || !person.Actor.Can(access.PushSubscribe) { // disabled, or something else by now
		return
	}
	wants, err := p.identity.GetPreferencesOf(ctx, who, user)
	if err != nil || slices.Contains(wants.WithoutNotification, n.kind) {
		return
	}
	payload, err := json.Marshal(n)
	if err != nil {
		return
	}
	for _, s := range list {
		gone, err := p.sender.Send(ctx, push.Subscription(s), payload)
		switch {
		case err != nil:
			slog.Warn("tell an agent's browser", "error", err)
		case gone:
			if err := p.identity.UnsubscribePush(ctx, who, user, s.Endpoint); err != nil {
				slog.Warn("forget an agent's browser", "error", err)
			}
		}
	}
}
