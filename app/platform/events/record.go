package events

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"unicode/utf8"

	"github.com/google/uuid"

	"parley/app/platform/access"
	"parley/app/platform/events/internal/eventsdb"
	"parley/app/platform/pg"
)

// Longest texts of an event, in characters.
const (
	maxName      = 300
	maxAddress   = 64
	maxUserAgent = 300
)

// Record stores an event in the transaction of the change that it tells of, in the name of the actor; tx may be the actor's or the
// system's. Without a difference between Before and After nothing has changed, and nothing is stored. It is best called last in the
// transaction.
func Record(ctx context.Context, tx *pg.Tenant, actor access.Actor, e Event) error {
	if !tx.InTransaction() {
		return fmt.Errorf("events: %s recorded outside of a transaction", e.Kind)
	}
	return store(ctx, tx, actor, e)
}

// RecordAlone stores an event that no change of a table belongs to: a log-in, an export. It is one round trip and commits. t is the
// system's, as whoever did it may have no right to write.
func RecordAlone(ctx context.Context, t *pg.Tenant, actor access.Actor, e Event) error {
	return store(ctx, t, actor, e)
}

func store(ctx context.Context, t *pg.Tenant, actor access.Actor, e Event) error {
	if err := e.check(actor); err != nil {
		return err
	}
	payload, same, err := encodePayload(e.Before, e.After)
	if err != nil || same {
		return err
	}
	from := OriginOf(ctx)
	return eventsdb.New(t).Record(ctx, eventsdb.RecordParams{
		ID:          uuid.Must(uuid.NewV7()),
		ActorID:     optional(actor.ID()),
		ActorRole:   string(actor.Role()),
		Kind:        string(e.Kind),
		SubjectType: string(e.Subject.Type),
		SubjectID:   optional(e.Subject.ID),
		SubjectName: cut(e.Subject.Name, maxName),
		CustomerID:  optional(e.Customer),
		Via:         string(from.Via),
		Address:     from.Address,
		UserAgent:   from.UserAgent,
		Payload:     payload,
	})
}

// check refuses what no caller should record.
func (e Event) check(actor access.Actor) error {
	info, known := e.Kind.Info()
	switch {
	case !actor.Valid() || actor.IsVisitor():
		return errors.New("events: recorded for nobody of the organization")
	case !known:
		return fmt.Errorf("events: there is no kind %q", e.Kind)
	case e.Subject.Type == "":
		return fmt.Errorf("events: %s without a subject", e.Kind)
	}
	for _, p := range []Payload{e.Before, e.After} {
		if p != nil && reflect.TypeOf(p) != reflect.TypeOf(info.Payload) {
			return fmt.Errorf("events: %s with a payload of type %T instead of %T", e.Kind, p, info.Payload)
		}
	}
	return nil
}

func optional(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// cut returns a valid text of at most so many characters.
func cut(text string, most int) string {
	if len(text) <= most && utf8.ValidString(text) {
		return text
	}
	runes := []rune(text)
	if len(runes) > most {
		runes = append(runes[:most-1], '…')
	}
	return string(runes)
}
