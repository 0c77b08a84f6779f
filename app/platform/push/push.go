package push

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	webpush "github.com/SherClockHolmes/webpush-go"

	"parley/app/platform/outside"
)

// Keys identify this installation to the browsers' push services (VAPID, RFC 8292). Contact is an e-mail address or a web
// address of whoever runs it.
type Keys struct{ Public, Private, Contact string }

// Subscription is a browser that wants to be told.
type Subscription struct{ Endpoint, P256dh, Auth string }

// Sender tells browsers of what comes in while no desk is open (Web Push, RFC 8030 and 8291).
type Sender struct {
	keys Keys
	http *http.Client
}

// New returns a pusher; without keys it tells nobody.
func New(keys Keys) (*Sender, error) {
	if (keys.Public == "") != (keys.Private == "") {
		return nil, errors.New("VAPID_PUBLIC_KEY and VAPID_PRIVATE_KEY must be set together; make them with: parley vapid")
	}
	if keys.Contact == "" {
		keys.Contact = "mailto:postmaster@localhost"
	}
	return &Sender{keys, outside.NewClient()}, nil
}

// GenerateKeys makes a pair of keys.
func GenerateKeys() (Keys, error) {
	private, public, err := webpush.GenerateVAPIDKeys()
	return Keys{Public: public, Private: private}, err
}

// PublicKey is the public key that browsers subscribe with; empty: there is none.
func (p *Sender) PublicKey() string { return p.keys.Public }

// IsOn reports whether anybody can be told.
func (p *Sender) IsOn() bool { return p.keys.Public != "" }

// Send tells one browser. gone says that its subscription has ended and can be forgotten; an error says that the push service may take
// the notification later.
func (p *Sender) Send(ctx context.Context, s Subscription, payload []byte) (gone bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	res, err := webpush.SendNotificationWithContext(ctx, payload,
		&webpush.Subscription{Endpoint: s.Endpoint, Keys: webpush.Keys{P256dh: s.P256dh, Auth: s.Auth}},
		&webpush.Options{
			HTTPClient:      p.http,
			Subscriber:      p.keys.Contact,
			VAPIDPublicKey:  p.keys.Public,
			VAPIDPrivateKey: p.keys.Private,
			TTL:             300,
			Urgency:         webpush.UrgencyHigh,
		})
	if err != nil {
		return false, err
	}
	defer res.Body.Close()
	io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	if res.StatusCode == http.StatusGone || res.StatusCode == http.StatusNotFound {
		return true, nil
	}
	switch {
	case res.StatusCode == http.StatusTooManyRequests, res.StatusCode >= 500:
		return false, fmt.Errorf("the push service answers %s", res.Status)
	case res.StatusCode >= 300:
		slog.Warn("a push service refuses", "status", res.Status)
	}
	return false, nil
}
