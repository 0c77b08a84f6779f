package identity

import (
	"context"
	"encoding/json"
	"net/url"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/identity/internal/identitydb"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/fail"
	"parley/app/platform/keys"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

// Preferences is how a user wants its own desk.
type Preferences struct {
	Keys                map[string]string `json:"keys,omitempty"`   // command to combination, where that is not the usual one
	DelaySending        bool              `json:"undo,omitempty"`   // what is sent can be stopped for UndoSeconds
	WithoutSound        []string          `json:"quiet,omitempty"`  // kinds of event without a sound
	WithoutNotification []string          `json:"hidden,omitempty"` // kinds of event without a desktop notification
}

// NotificationKinds are the kinds of event that can ring: what comes in for an agent.
var NotificationKinds = []struct{ ID, Label string }{
	{"message", "A visitor has written in one of your conversations"},
	{"given", "A conversation has come to you"},
	{"offer", "A colleague offers you a conversation"},
	{"line", "Somebody new is waiting in the line"},
	{"note", "A colleague has written a note"},
}

// GetPreferences returns the actor's own.
func (s *Service) GetPreferences(ctx context.Context, who access.Actor) (p Preferences, err error) {
	t, err := s.db.Authorize(who, access.PreferencesRead)
	if err != nil {
		return p, err
	}
	return loadPreferences(ctx, t, who.ID())
}

// GetPreferencesOf returns a user's, for the program itself.
func (s *Service) GetPreferencesOf(ctx context.Context, who access.Actor, user uuid.UUID) (Preferences, error) {
	t, err := s.db.Authorize(who, access.PreferencesRead)
	if err != nil {
		return Preferences{}, err
	}
	return loadPreferences(ctx, t, user)
}

func loadPreferences(ctx context.Context, t *pg.Tenant, user uuid.UUID) (p Preferences, err error) {
	raw, err := identitydb.New(t).GetPreferences(ctx, user)
	if pg.IsNoRows(err) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	return p, json.Unmarshal(raw, &p)
}

// SetPreferences keeps the actor's own. Two commands cannot have the same keys.
func (s *Service) SetPreferences(ctx context.Context, who access.Actor, p Preferences) error {
	t, err := s.db.Authorize(who, access.PreferencesUpdate)
	if err != nil {
		return err
	}
	var checks fail.Checks
	changed := map[string]string{}
	for id, k := range p.Keys {
		if !keys.IsCommand(id) {
			continue
		}
		full, err := keys.Parse(k)
		checks.AddError("key-"+id, err)
		changed[id] = full
	}
	owner := map[string]string{}
	p.Keys = map[string]string{}
	for i, c := range keys.WithOverrides(changed) {
		if c.Keys == "" {
			p.Keys[c.ID] = ""
		} else if other, there := owner[c.Keys]; there {
			checks.Add("key-"+c.ID, "%s is “%s” already.", c.Keys, other)
		} else {
			owner[c.Keys] = c.Label
		}
		if c.Keys != keys.Commands[i].Keys {
			p.Keys[c.ID] = c.Keys
		} else {
			delete(p.Keys, c.ID)
		}
	}
	if err := checks.Result(); err != nil {
		return err
	}
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return identitydb.New(t).SavePreferences(ctx, identitydb.SavePreferencesParams{UserID: who.ID(), Chosen: b})
}

// Alias is the name under which a user answers for a customer (empty: its own), and its picture.
type Alias struct {
	Customer     uuid.UUID
	CustomerName string
	Name         string
	Picture      uuid.UUID // the file; zero: none
}

// ListAliases returns a user's, one for each customer.
func (s *Service) ListAliases(ctx context.Context, who access.Actor, user uuid.UUID) ([]Alias, error) {
	t, err := s.db.Authorize(who, access.TeamMemberRead)
	if err != nil {
		return nil, err
	}
	rows, err := identitydb.New(t).ListAliases(ctx, user)
	list := make([]Alias, len(rows))
	for i, row := range rows {
		list[i] = Alias{Customer: row.CustomerID, CustomerName: row.CustomerName, Name: row.Alias}
		if row.FileID != nil {
			list[i].Picture = *row.FileID
		}
	}
	return list, err
}

// SetAlias stores one; an empty name takes it away. It holds for conversations taken from now on.
func (s *Service) SetAlias(ctx context.Context, who access.Actor, user, customer uuid.UUID, name string) error {
	return s.SetAliases(ctx, who, user, []AliasChange{{Customer: customer, Name: &name}})
}

// SetPicture stores a user's picture for a customer's visitors; the zero file takes it away.
func (s *Service) SetPicture(ctx context.Context, who access.Actor, user, customer, file uuid.UUID) error {
	return s.SetAliases(ctx, who, user, []AliasChange{{Customer: customer, Picture: &file}})
}

// AliasChange is what becomes of a user's name and picture for a customer; nil: nothing.
type AliasChange struct {
	Customer uuid.UUID
	Name     *string
	Picture  *uuid.UUID
}

// SetAliases changes names and pictures of a user for several customers, all or none of them. Fields of the error are named alias-ID,
// by customer.
func (s *Service) SetAliases(ctx context.Context, who access.Actor, user uuid.UUID, changes []AliasChange) error {
	t, err := s.db.Authorize(who, access.TeamMemberSetAliases)
	if err != nil {
		return err
	}
	var checks fail.Checks
	names := make([]string, len(changes))
	for i, c := range changes {
		if c.Name != nil {
			names[i], err = validate.OptionalName("the name", *c.Name, 100)
			checks.AddError("alias-"+c.Customer.String(), err)
		}
	}
	if err := checks.Result(); err != nil {
		return err
	}
	if err := checkMayManage(ctx, identitydb.New(t), who, user); err != nil {
		return err
	}
	defer s.bus.Publish(bus.Event{Kind: bus.Organization, Org: who.Org()})
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		q := identitydb.New(tx)
		for i, c := range changes {
			var err error
			switch {
			case c.Name == nil:
			case names[i] == "":
				err = q.DeleteAlias(ctx, identitydb.DeleteAliasParams{UserID: user, CustomerID: c.Customer})
			default:
				err = q.SaveAlias(ctx, identitydb.SaveAliasParams{UserID: user, CustomerID: c.Customer, Name: names[i]})
			}
			switch {
			case err != nil || c.Picture == nil:
			case *c.Picture == uuid.Nil:
				err = q.DeletePicture(ctx, identitydb.DeletePictureParams{UserID: user, CustomerID: c.Customer})
			default:
				err = q.SavePicture(ctx, identitydb.SavePictureParams{UserID: user, CustomerID: c.Customer, FileID: *c.Picture})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if pg.IsMissingReference(err) {
		return fail.Missing("user or customer")
	}
	return err
}

// FindAvatar returns the picture of the agent who has a conversation; false: there is none. Organizations without any picture are
// remembered for a minute.
func (s *Service) FindAvatar(ctx context.Context, org, conversation uuid.UUID) (file uuid.UUID, has bool, err error) {
	s.avatars.mu.Lock()
	without := time.Now().Before(s.avatars.organizationsWithout[org])
	s.avatars.mu.Unlock()
	if without {
		return uuid.Nil, false, nil
	}
	row, err := identitydb.New(s.db.As(access.System(org, "show an agent's picture"))).GetAgentPicture(ctx, conversation)
	if err != nil || row.FileID != uuid.Nil {
		return row.FileID, err == nil, err
	}
	if !row.AnyPictures {
		s.avatars.mu.Lock()
		if s.avatars.organizationsWithout == nil || len(s.avatars.organizationsWithout) > 10_000 {
			s.avatars.organizationsWithout = map[uuid.UUID]time.Time{}
		}
		s.avatars.organizationsWithout[org] = time.Now().Add(time.Minute)
		s.avatars.mu.Unlock()
	}
	return uuid.Nil, false, nil
}

// avatarCache is which organizations have no pictures, and until when that is believed.
type avatarCache struct {
	mu                   sync.Mutex
	organizationsWithout map[uuid.UUID]time.Time
}

// forget has an organization (the zero id: every one) asked again whether it has pictures.
func (f *avatarCache) forget(org uuid.UUID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if org == uuid.Nil {
		clear(f.organizationsWithout)
	} else {
		delete(f.organizationsWithout, org)
	}
}

// PushSubscription is a browser that wants to be told of what comes in while no desk is open.
type PushSubscription struct{ Endpoint, P256dh, Auth string }

// SubscribePush keeps one of the actor's browsers, for as long as the actor's present sessions are good.
func (s *Service) SubscribePush(ctx context.Context, who access.Actor, sub PushSubscription) error {
	t, err := s.db.Authorize(who, access.PushSubscribe)
	if err != nil {
		return err
	}
	u, err := url.Parse(sub.Endpoint)
	if err != nil || u.Scheme != "https" || u.Host == "" || len(sub.Endpoint) > 2000 || len(sub.P256dh) > 200 || len(sub.Auth) > 100 || sub.P256dh == "" || sub.Auth == "" {
		return fail.New(fail.Invalid, "This browser's subscription cannot be read.")
	}
	q := identitydb.New(t)
	if err := q.SavePushSubscription(ctx, identitydb.SavePushSubscriptionParams{ID: uuid.Must(uuid.NewV7()), UserID: who.ID(), Endpoint: sub.Endpoint, P256dh: sub.P256dh, Auth: sub.Auth}); err != nil {
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
