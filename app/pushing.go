package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/bidi"
	"parley/app/bus"
	"parley/app/chat"
	"parley/app/fair"
	"parley/app/identity"
	"parley/app/jobs"
)

// pushing tells agents' browsers of what this process has written for them: by Web Push, for those that asked for it. A desk
// that is looked at says nothing twice: the browser's own script keeps quiet then.
type pushing struct {
	identity *identity.Room
	push     *jobs.Pusher
	slots    *fair.Slots // of an organization few at once: an endpoint may answer late
}

func newPushing(h *house, p *jobs.Pusher) {
	if p.On() {
		h.bus.Subscribe(&pushing{identity: h.identity, push: p, slots: fair.New(fair.Limits{Total: 64, Each: 4, Queue: 100, Wait: 20 * time.Second})})
	}
}

// notice is what a browser is told.
type notice struct {
	Title string `json:"title"`
	Body  string `json:"body"`
	Tag   string `json:"tag"`
	kind  string // one of identity.Happenings
}

// Heard looks at what was said: the first message that waits, a conversation that was given, an offer.
func (p *pushing) Heard(events []bus.Event) {
	for _, e := range events {
		s, ours := e.Local.(chat.Said)
		if e.Kind != bus.Said || !ours {
			continue
		}
		n := notice{Tag: "pane-" + s.In.ID.String(), Body: s.In.WebsiteName}
		to := s.In.Agent
		switch {
		case s.Author == chat.ByVisitor && s.In.State == chat.Open && s.In.WaitingSince.Equal(s.At): // not each of several
			n.kind, n.Title, n.Body = "message", "New message", bidi.Isolate(s.In.LastText)
		case s.Kind == chat.System && s.Body == chat.Taken && s.In.CameBy == chat.ByRouting:
			n.kind, n.Title = "given", "A conversation has come to you"
		case s.In.OfferedNow(time.Now()) != uuid.Nil && s.Kind == chat.System:
			n.kind, n.Title, to = "offer", "A colleague offers you a conversation", s.In.OfferedTo
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
			p.tell(e.Org, to, n)
		}()
	}
}

// Gap is of no concern: who was not told finds out at the desk.
func (p *pushing) Gap(uuid.UUID) {}

func (p *pushing) tell(org, user uuid.UUID, n notice) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	who := access.System(org, "tell an agent's browser")
	list, err := p.identity.Subscriptions(ctx, who, user)
	if err != nil || len(list) == 0 {
		return
	}
	if person, err := p.identity.Who(ctx, user); err != nil || !person.Actor.May(access.Answer) { // disabled, or something else by now
		return
	}
	wants, err := p.identity.PreferencesOf(ctx, who, user)
	if err != nil || slices.Contains(wants.Hidden, n.kind) {
		return
	}
	payload, err := json.Marshal(n)
	if err != nil {
		return
	}
	for _, s := range list {
		gone, err := p.push.Push(ctx, jobs.Subscription(s), payload)
		switch {
		case err != nil:
			slog.Warn("tell an agent's browser", "error", err)
		case gone:
			if err := p.identity.Unsubscribe(ctx, who, user, s.Endpoint); err != nil {
				slog.Warn("forget an agent's browser", "error", err)
			}
		}
	}
}

// vapid prints a pair of keys for Web Push.
func vapid(out io.Writer) error {
	k, err := jobs.NewPushKeys()
	if err == nil {
		fmt.Fprintf(out, "VAPID_PUBLIC_KEY=%s\nVAPID_PRIVATE_KEY=%s\n", k.Public, k.Private)
	}
	return err
}
