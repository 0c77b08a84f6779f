package jobs

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	webpush "github.com/SherClockHolmes/webpush-go"

	"parley/app/outside"
)

// PushKeys identify this installation to the browsers' push services (VAPID, RFC 8292). Contact is an e-mail address or a web
// address of whoever runs it.
type PushKeys struct{ Public, Private, Contact string }

// Subscription is a browser that wants to be told.
type Subscription struct{ Endpoint, P256dh, Auth string }

// Pusher tells browsers of what comes in while no desk is open (Web Push, RFC 8030 and 8291).
type Pusher struct {
	keys PushKeys
	http *http.Client
}

// NewPusher returns a pusher; without keys it tells nobody.
func NewPusher(keys PushKeys) (*Pusher, error) {
	if (keys.Public == "") != (keys.Private == "") {
		return nil, errors.New("VAPID_PUBLIC_KEY and VAPID_PRIVATE_KEY must be set together; make them with: parley vapid")
	}
	if keys.Contact == "" {
		keys.Contact = "mailto:postmaster@localhost"
	}
	return &Pusher{keys, outside.Client()}, nil
}

// NewPushKeys makes a pair of keys.
func NewPushKeys() (PushKeys, error) {
	private, public, err := webpush.GenerateVAPIDKeys()
	return PushKeys{Public: public, Private: private}, err
}

// Key is the public key that browsers subscribe with; empty: there is none.
func (p *Pusher) Key() string { return p.keys.Public }

// On reports whether anybody can be told.
func (p *Pusher) On() bool { return p.keys.Public != "" }

// Push tells one browser. gone says that its subscription has ended and can be forgotten.
func (p *Pusher) Push(ctx context.Context, s Subscription, payload []byte) (gone bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	res, err := webpush.SendNotificationWithContext(ctx, payload, &webpush.Subscription{Endpoint: s.Endpoint, Keys: webpush.Keys{P256dh: s.P256dh, Auth: s.Auth}},
		&webpush.Options{HTTPClient: p.http, Subscriber: p.keys.Contact, VAPIDPublicKey: p.keys.Public, VAPIDPrivateKey: p.keys.Private, TTL: 300, Urgency: webpush.UrgencyHigh})
	if err != nil {
		return false, err
	}
	defer res.Body.Close()
	io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	if res.StatusCode == http.StatusGone || res.StatusCode == http.StatusNotFound {
		return true, nil
	}
	if res.StatusCode >= 300 {
		slog.Warn("a push service refuses", "status", res.Status)
	}
	return false, nil
}
