package audit

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/audit/internal/auditdb"
	"parley/app/platform/access"
	"parley/app/platform/events"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// Service reads the audit log.
type Service struct{ db *pg.DB }

// New returns the service on a database.
func New(db *pg.DB) *Service { return &Service{db} }

// Filter says which events somebody looks for. A zero field narrows nothing.
type Filter struct {
	What     string // a kind, or an area of kinds
	Actor    uuid.UUID
	Subject  uuid.UUID
	Customer uuid.UUID
	Text     string    // words that an event has to have, each of them somewhere
	From     time.Time // the first moment
	Until    time.Time // the moment after the last
}

// MaxText is how many characters can be searched for.
const MaxText = 200

// Entry is an event as it is shown.
type Entry struct {
	events.Stored
	CustomerName string // empty: the whole organization's
	Sentence     Sentence
	Changes      []Change
}

// Page is a page of the audit log, newest first.
type Page struct {
	Entries []Entry
	Next    int64 // the next page has the events before this number; 0: there is none
}

// PageSize is how many events are on a page.
const PageSize = 50

// List returns the events that fit a filter and have a number below before (0: all), newest first. fail.Invalid if there is no such kind.
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter, before int64) (Page, error) {
	t, err := s.db.Authorize(actor, access.AuditRead)
	if err != nil {
		return Page{}, err
	}
	if f.Text != "" {
		ctx = pg.WithLongWork(ctx)
	}
	list, err := list(ctx, auditdb.New(t), f, before, PageSize+1)
	p := Page{Entries: list}
	if len(list) > PageSize {
		p.Entries = list[:PageSize]
		p.Next = list[PageSize-1].Number
	}
	return p, err
}

// list returns at most so many events.
func list(ctx context.Context, q *auditdb.Queries, f Filter, before int64, most int) ([]Entry, error) {
	p, err := f.params(before, most)
	if err != nil {
		return nil, err
	}
	rows, err := q.ListEvents(ctx, p)
	if err != nil {
		return nil, err
	}
	list := make([]Entry, len(rows))
	for i, row := range rows {
		list[i] = Entry{
			CustomerName: row.CustomerName,
			Stored: events.Stored{
				Number:    row.Number,
				At:        row.At,
				ActorID:   orNil(row.ActorID),
				ActorName: row.ActorName,
				ActorRole: row.ActorRole,
				Kind:      events.Kind(row.Kind),
				Subject:   events.Subject{Type: events.SubjectType(row.SubjectType), ID: orNil(row.SubjectID), Name: row.SubjectName},
				Customer:  orNil(row.CustomerID),
				Origin:    events.Origin{Via: events.Via(row.Via), Address: row.Address, UserAgent: row.UserAgent},
			},
		}
		if list[i].Payload, err = events.DecodePayload(row.Payload); err != nil {
			return nil, err
		}
	}
	return list, describe(ctx, q, list)
}

// params returns a filter as the database takes it.
func (f Filter) params(before int64, most int) (auditdb.ListEventsParams, error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	p := auditdb.ListEventsParams{
		Before:     before,
		ActorID:    optional(f.Actor),
		SubjectID:  optional(f.Subject),
		CustomerID: optional(f.Customer),
		Words:      patterns(f.Text),
		Most:       int32(most),
	}
	if !f.From.IsZero() {
		p.Since = &f.From
	}
	if !f.Until.IsZero() {
		p.Until = &f.Until
	}
	if f.What == "" {
		return p, nil
	}
	for _, k := range events.Kinds {
		if string(k.Kind) == f.What || k.Area == f.What {
			p.Kinds = append(p.Kinds, string(k.Kind))
		}
	}
	if p.Kinds == nil {
		return p, fail.Field("what", "Choose one of the options.")
	}
	return p, nil
}

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// patterns returns the words of a text as patterns for like.
func patterns(text string) []string {
	list := []string{}
	for _, word := range strings.Fields(strings.ToLower(text)) {
		list = append(list, "%"+likeEscaper.Replace(word)+"%")
	}
	return list
}

// Choice is one of what a filter offers.
type Choice struct{ Value, Name string }

// Choices is what the filters offer.
type Choices struct{ What, Actors, Customers []Choice }

// Choices returns what the filters offer.
func (s *Service) Choices(ctx context.Context, actor access.Actor) (c Choices, err error) {
	t, err := s.db.Authorize(actor, access.AuditRead)
	if err != nil {
		return c, err
	}
	area := ""
	for _, k := range events.Kinds {
		if k.Area != area {
			area = k.Area
			c.What = append(c.What, Choice{area, area + ": everything"})
		}
		c.What = append(c.What, Choice{string(k.Kind), area + ": " + strings.ToLower(k.Description[:1]) + k.Description[1:]})
	}
	q := auditdb.New(t)
	actors, err := q.ListActors(ctx)
	if err != nil {
		return c, err
	}
	for _, a := range actors {
		c.Actors = append(c.Actors, Choice{a.ID.String(), a.Name})
	}
	customers, err := q.ListCustomers(ctx)
	for _, x := range customers {
		c.Customers = append(c.Customers, Choice{x.ID.String(), x.Name})
	}
	return c, err
}

func optional(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

func orNil(id *uuid.UUID) uuid.UUID {
	if id == nil {
		return uuid.Nil
	}
	return *id
}
