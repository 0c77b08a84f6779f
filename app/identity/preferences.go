package identity

import (
	"context"
	"encoding/json"
	"net/url"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/bus"
	"parley/app/fail"
	"parley/app/identity/internal/identitydb"
	"parley/app/keys"
	"parley/app/pg"
)

// Preferences is how a user wants its own desk.
type Preferences struct {
	Keys   map[string]string `json:"keys,omitempty"`   // command to combination, where that is not the usual one
	Undo   bool              `json:"undo,omitempty"`   // what is sent can be stopped for UndoSeconds
	Quiet  []string          `json:"quiet,omitempty"`  // kinds of event without a sound
	Hidden []string          `json:"hidden,omitempty"` // kinds of event without a desktop notification
}

// Happenings are the kinds of event that can ring: what comes in for an agent.
var Happenings = []struct{ ID, Label string }{
	{"message", "A visitor has written in one of your conversations"},
	{"given", "A conversation has come to you"},
	{"offer", "A colleague offers you a conversation"},
	{"line", "Somebody new is waiting in the line"},
	{"note", "A colleague has written a note"},
}

// Preferences returns the actor's own.
func (r *Room) Preferences(ctx context.Context, who access.Actor) (p Preferences, err error) {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return p, err
	}
	return preferences(ctx, t, who.ID())
}

// PreferencesOf returns a user's, for the program itself.
func (r *Room) PreferencesOf(ctx context.Context, who access.Actor, user uuid.UUID) (Preferences, error) {
	return preferences(ctx, r.db.As(who), user)
}

func preferences(ctx context.Context, t *pg.Tenant, user uuid.UUID) (p Preferences, err error) {
	raw, err := identitydb.New(t).GetPreferences(ctx, user)
	if pg.None(err) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	return p, json.Unmarshal(raw, &p)
}

// SetPreferences keeps the actor's own. Two commands cannot have the same keys.
func (r *Room) SetPreferences(ctx context.Context, who access.Actor, p Preferences) error {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return err
	}
	var checks fail.Checks
	changed := map[string]string{}
	for id, k := range p.Keys {
		if !keys.Known(id) {
			continue
		}
		full, err := keys.Parse(k)
		checks.Err("key-"+id, err)
		changed[id] = full
	}
	owner := map[string]string{}
	p.Keys = map[string]string{}
	for i, c := range keys.With(changed) {
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
	return identitydb.New(t).PutPreferences(ctx, identitydb.PutPreferencesParams{UserID: who.ID(), Chosen: b})
}

// Alias is the name under which a user answers for a customer (empty: its own), and its picture.
type Alias struct {
	Customer     uuid.UUID
	CustomerName string
	Name         string
	Picture      uuid.UUID // the file; zero: none
}

// Aliases returns a user's, one for each customer.
func (r *Room) Aliases(ctx context.Context, who access.Actor, user uuid.UUID) ([]Alias, error) {
	t, err := r.db.For(who, access.Manage)
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
func (r *Room) SetAlias(ctx context.Context, who access.Actor, user, customer uuid.UUID, name string) error {
	return r.SetAliases(ctx, who, user, []AliasChange{{Customer: customer, Name: &name}})
}

// SetPicture stores a user's picture for a customer's visitors; the zero file takes it away.
func (r *Room) SetPicture(ctx context.Context, who access.Actor, user, customer, file uuid.UUID) error {
	return r.SetAliases(ctx, who, user, []AliasChange{{Customer: customer, Picture: &file}})
}

// AliasChange is what becomes of a user's name and picture for a customer; nil: nothing.
type AliasChange struct {
	Customer uuid.UUID
	Name     *string
	Picture  *uuid.UUID
}

// SetAliases changes names and pictures of a user for several customers, all or none of them. Fields of the error are named alias-ID,
// by customer.
func (r *Room) SetAliases(ctx context.Context, who access.Actor, user uuid.UUID, changes []AliasChange) error {
	t, err := r.db.For(who, access.Manage)
	if err != nil {
		return err
	}
	var checks fail.Checks
	names := make([]string, len(changes))
	for i, c := range changes {
		if c.Name != nil {
			names[i], err = fail.OptionalName("the name", *c.Name, 100)
			checks.Err("alias-"+c.Customer.String(), err)
		}
	}
	if err := checks.Result(); err != nil {
		return err
	}
	if err := mayManage(ctx, identitydb.New(t), who, user); err != nil {
		return err
	}
	defer r.bus.Publish(bus.Event{Kind: bus.Organization, Org: who.Org()})
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		q := identitydb.New(tx)
		for i, c := range changes {
			var err error
			switch {
			case c.Name == nil:
			case names[i] == "":
				err = q.DropAlias(ctx, identitydb.DropAliasParams{UserID: user, CustomerID: c.Customer})
			default:
				err = q.PutAlias(ctx, identitydb.PutAliasParams{UserID: user, CustomerID: c.Customer, Name: names[i]})
			}
			switch {
			case err != nil || c.Picture == nil:
			case *c.Picture == uuid.Nil:
				err = q.DropPicture(ctx, identitydb.DropPictureParams{UserID: user, CustomerID: c.Customer})
			default:
				err = q.PutPicture(ctx, identitydb.PutPictureParams{UserID: user, CustomerID: c.Customer, FileID: *c.Picture})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if pg.Missing(err) {
		return fail.Missing("user or customer")
	}
	return err
}

// Face returns the picture of the agent who has a conversation; false: there is none. Organizations without any picture are
// remembered for a minute.
func (r *Room) Face(ctx context.Context, org, conversation uuid.UUID) (file uuid.UUID, has bool, err error) {
	r.faces.mu.Lock()
	without := time.Now().Before(r.faces.without[org])
	r.faces.mu.Unlock()
	if without {
		return uuid.Nil, false, nil
	}
	row, err := identitydb.New(r.db.As(access.System(org, "show an agent's picture"))).FaceOf(ctx, conversation)
	if err != nil || row.FileID != uuid.Nil {
		return row.FileID, err == nil, err
	}
	if !row.AnyPictures {
		r.faces.mu.Lock()
		if r.faces.without == nil || len(r.faces.without) > 10_000 {
			r.faces.without = map[uuid.UUID]time.Time{}
		}
		r.faces.without[org] = time.Now().Add(time.Minute)
		r.faces.mu.Unlock()
	}
	return uuid.Nil, false, nil
}

// faces is which organizations have no pictures, and until when that is believed.
type faces struct {
	mu      sync.Mutex
	without map[uuid.UUID]time.Time
}

// forget has an organization (the zero id: every one) asked again whether it has pictures.
func (f *faces) forget(org uuid.UUID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if org == uuid.Nil {
		clear(f.without)
	} else {
		delete(f.without, org)
	}
}

// Subscription is a browser that wants to be told of what comes in while no desk is open.
type Subscription struct{ Endpoint, P256dh, Auth string }

// Subscribe keeps one of the actor's browsers, for as long as the actor's present sessions are good.
func (r *Room) Subscribe(ctx context.Context, who access.Actor, s Subscription) error {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return err
	}
	u, err := url.Parse(s.Endpoint)
	if err != nil || u.Scheme != "https" || u.Host == "" || len(s.Endpoint) > 2000 || len(s.P256dh) > 200 || len(s.Auth) > 100 || s.P256dh == "" || s.Auth == "" {
		return fail.New(fail.Invalid, "This browser's subscription cannot be read.")
	}
	q := identitydb.New(t)
	if err := q.AddSubscription(ctx, identitydb.AddSubscriptionParams{ID: uuid.Must(uuid.NewV7()), UserID: who.ID(), Endpoint: s.Endpoint, P256dh: s.P256dh, Auth: s.Auth}); err != nil {
		return err
	}
	return q.TrimSubscriptions(ctx, who.ID())
}

// ForgetBrowsers ends all of the actor's subscriptions: it has logged out. A desk that is open elsewhere subscribes again when it
// is loaded.
func (r *Room) ForgetBrowsers(ctx context.Context, who access.Actor) error {
	return identitydb.New(r.db.As(who)).DropSubscriptions(ctx, who.ID())
}

// Unsubscribe forgets a browser.
func (r *Room) Unsubscribe(ctx context.Context, who access.Actor, user uuid.UUID, endpoint string) error {
	return identitydb.New(r.db.As(who)).DropSubscription(ctx, identitydb.DropSubscriptionParams{UserID: user, Endpoint: endpoint})
}

// Subscriptions returns a user's browsers; those that asked before its sessions were ended (by a new password, say) are none.
func (r *Room) Subscriptions(ctx context.Context, who access.Actor, user uuid.UUID) ([]Subscription, error) {
	t, err := r.db.For(who, access.Answer)
	if err != nil {
		return nil, err
	}
	rows, err := identitydb.New(t).ListSubscriptions(ctx, user)
	list := make([]Subscription, len(rows))
	for i, row := range rows {
		list[i] = Subscription(row)
	}
	return list, err
}
