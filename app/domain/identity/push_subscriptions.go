package identity

import (
	"context"
	"net/url"

	"github.com/google/uuid"

	"parley/app/domain/identity/internal/identitydb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
)

// PushSubscription is a browser that gets notifications of what comes in while no desk is open.
type PushSubscription struct{ Endpoint, P256dh, Auth string }

// SubscribePush stores one of the actor's browsers, for as long as the actor's present sessions are good.
func (s *Service) SubscribePush(ctx context.Context, who access.Actor, sub PushSubscription) error {
	t, err := s.db.Authorize(who, access.PushSubscribe)
	if err != nil {
		return err
	}
	u, err := url.Parse(sub.Endpoint)
	if err != nil || u.Scheme != "https" || u.Host == "" || len(sub.Endpoint) > 2000 || len(sub.P256dh) > 200 ||
		len(sub.Auth) > 100 || sub.P256dh == "" || sub.Auth == "" {
		return fail.New(fail.Invalid, "The browser's push subscription cannot be read. Reload the page and try again.")
	}
	q := identitydb.New(t)
	if err := q.SavePushSubscription(ctx, identitydb.SavePushSubscriptionParams{
		ID:       uuid.Must(uuid.NewV7()),
		UserID:   who.ID(),
		Endpoint: sub.Endpoint,
		P256dh:   sub.P256dh,
		Auth:     sub.Auth,
	}); err != nil {
		return err
	}
	return q.TrimPushSubscriptions(ctx, who.ID())
}

// UnsubscribeAllPush ends all of the actor's subscriptions: it has logged out. A desk that is open elsewhere subscribes again when it
// is loaded.
func (s *Service) UnsubscribeAllPush(ctx context.Context, who access.Actor) error {
	t, err := s.db.Authorize(who, access.PushSubscribe)
	if err != nil {
		return err
	}
	return identitydb.New(t).DeletePushSubscriptions(ctx, who.ID())
}

// UnsubscribePush forgets a browser.
func (s *Service) UnsubscribePush(ctx context.Context, who access.Actor, user uuid.UUID, endpoint string) error {
	t, err := s.db.Authorize(who, access.PushSubscribe)
	if err != nil {
		return err
	}
	return identitydb.New(t).DeletePushSubscription(ctx, identitydb.DeletePushSubscriptionParams{UserID: user, Endpoint: endpoint})
}

// ListPushSubscriptions returns a user's browsers; those that asked before its sessions were ended (by a new password, say) are none.
func (s *Service) ListPushSubscriptions(ctx context.Context, who access.Actor, user uuid.UUID) ([]PushSubscription, error) {
	t, err := s.db.Authorize(who, access.PushSubscribe)
	if err != nil {
		return nil, err
	}
	rows, err := identitydb.New(t).ListPushSubscriptions(ctx, user)
	list := make([]PushSubscription, len(rows))
	for i, row := range rows {
		list[i] = PushSubscription(row)
	}
	return list, err
}
