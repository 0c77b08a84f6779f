package events

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/google/uuid"

	"parley/app/platform/access"
	"parley/app/platform/events/internal/eventsdb"
	"parley/app/platform/pg"
)

// maxRead is how many events are read at once.
const maxRead = 500

// After returns the events of the actor's organization with a number above the given one, oldest first, at most 500; with kinds only
// those. A reader continues after the number of the last one that it got, and misses none: events become visible in the order of their
// numbers. An actor who is limited to customers gets only theirs. fail.Forbidden if the actor does not manage.
func After(ctx context.Context, db *pg.DB, actor access.Actor, number int64, kinds ...Kind) ([]Stored, error) {
	t, err := db.Authorize(actor, access.AuditRead)
	if err != nil {
		return nil, err
	}
	p := eventsdb.ListEventsAfterParams{After: number, Kinds: make([]string, len(kinds)), Most: maxRead}
	for i, kind := range kinds {
		p.Kinds[i] = string(kind)
	}
	rows, err := eventsdb.New(t).ListEventsAfter(ctx, p)
	if err != nil {
		return nil, err
	}
	list := make([]Stored, len(rows))
	for i, row := range rows {
		list[i] = Stored{
			Number:    row.Number,
			ID:        row.ID,
			At:        row.At,
			ActorID:   orNil(row.ActorID),
			ActorName: row.ActorName,
			ActorRole: row.ActorRole,
			Kind:      Kind(row.Kind),
			Subject:   Subject{SubjectType(row.SubjectType), orNil(row.SubjectID), row.SubjectName},
			Customer:  orNil(row.CustomerID),
			Origin:    Origin{Via(row.Via), row.Address, row.UserAgent},
		}
		if list[i].Payload, err = DecodePayload(row.Payload); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// DecodePayload reads the payload of an event as it is stored.
func DecodePayload(stored []byte) (p StoredPayload, err error) {
	return p, json.Unmarshal(stored, &p)
}

// States returns what held before and what holds now as the kind's type; nil where there is nothing. Of a change they have only the
// fields that differ.
func (e Stored) States() (before, after Payload, err error) {
	info, known := e.Kind.Info()
	if !known {
		return nil, nil, fmt.Errorf("events: there is no kind %q", e.Kind)
	}
	if before, err = decodeState(e.Payload.Before, info.Payload); err != nil {
		return nil, nil, err
	}
	after, err = decodeState(e.Payload.After, info.Payload)
	return before, after, err
}

func decodeState(text json.RawMessage, sample Payload) (Payload, error) {
	if len(text) == 0 {
		return nil, nil
	}
	state := reflect.New(reflect.TypeOf(sample))
	if err := json.Unmarshal(text, state.Interface()); err != nil {
		return nil, err
	}
	return state.Elem().Interface().(Payload), nil
}

func orNil(id *uuid.UUID) uuid.UUID {
	if id == nil {
		return uuid.Nil
	}
	return *id
}
