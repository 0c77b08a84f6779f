package identity

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"parley/app/domain/identity/internal/identitydb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/keys"
	"parley/app/platform/pg"
)

// Preferences is how a user wants its own desk.
type Preferences struct {
	Keys                map[string]string `json:"keys,omitempty"`   // command to combination, where that is not the usual one
	DelaySending        bool              `json:"undo,omitempty"`   // what is sent can be stopped for UndoSeconds
	WithoutSound        []string          `json:"quiet,omitempty"`  // kinds of event without a sound
	WithoutNotification []string          `json:"hidden,omitempty"` // kinds of event without a desktop notification
}

// NotificationKinds are the kinds of event of which a desk notifies its agent.
var NotificationKinds = []struct{ ID, Label string }{
	{"message", "A visitor writes in one of your conversations"},
	{"given", "A conversation is assigned to you"},
	{"offer", "A team member offers you a conversation"},
	{"line", "A new conversation is waiting in the queue"},
	{"note", "A team member writes an internal note"},
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

// SetPreferences stores the actor's own. Two commands cannot have the same keys.
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
			checks.Add("key-"+c.ID, "%s is already used for “%s”. Choose another shortcut.", c.Keys, other)
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
