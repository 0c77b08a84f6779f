package faq

import (
	"context"

	"github.com/google/uuid"

	"parley/app/domain/faq/internal/faqdb"
	"parley/app/platform/access"
	"parley/app/platform/events"
	"parley/app/platform/pg"
)

// maxEventIDs is how many ids of entries an event lists.
const maxEventIDs = 100

// stateNames are the states as events name them.
var stateNames = map[State]string{Draft: "draft", InReview: "in review", Published: "published"}

// recordSaved runs write and records what it has done to an entry.
func recordSaved(ctx context.Context, tx *pg.Tenant, who access.Actor, e Entry, known bool, write func() error) error {
	q := faqdb.New(tx)
	event := events.Event{Kind: events.FAQCreated, Subject: entrySubject(e), After: entryState(e, nil)}
	if known {
		before, err := getEntry(ctx, q, e.ID)
		if err != nil {
			return err
		}
		event.Kind, event.Before, event.After = events.FAQChanged, entryState(before, &e), entryState(e, &before)
	}
	if err := write(); err != nil {
		return err
	}
	var err error
	if event.Customer, err = customerOf(ctx, q, e.ID); err != nil {
		return err
	}
	return events.Record(ctx, tx, who, event)
}

// describeDeletion returns the event of an entry that is about to be deleted; fail.NotFound if there is none.
func describeDeletion(ctx context.Context, q *faqdb.Queries, id uuid.UUID) (events.Event, error) {
	e, err := getEntry(ctx, q, id)
	if err != nil {
		return events.Event{}, err
	}
	customer, err := customerOf(ctx, q, id)
	return events.Event{Kind: events.FAQDeleted, Subject: entrySubject(e), Customer: customer, Before: entryState(e, nil)}, err
}

// recordStates records that entries have got another state.
func recordStates(ctx context.Context, tx *pg.Tenant, who access.Actor, ids []uuid.UUID, to State) error {
	if len(ids) == 0 {
		return nil
	}
	q, event := faqdb.New(tx), events.Event{Kind: events.FAQStateChanged, Subject: events.Subject{Type: events.FAQEntry}}
	if to == Published {
		event.Kind = events.FAQPublished
	}
	if len(ids) == 1 {
		e, err := getEntry(ctx, q, ids[0])
		if err != nil {
			return err
		}
		event.Subject = entrySubject(e)
	}
	customer, err := customerOf(ctx, q, ids...)
	if err != nil {
		return err
	}
	event.Customer = customer
	event.After = events.FAQStates{State: stateNames[to], Entries: len(ids), IDs: ids[:min(len(ids), maxEventIDs)]}
	return events.Record(ctx, tx, who, event)
}

// recordImport records that entries of a file were stored.
func recordImport(ctx context.Context, tx *pg.Tenant, who access.Actor, list []Entry) error {
	ids := make([]uuid.UUID, len(list))
	for i, e := range list {
		ids[i] = e.ID
	}
	customer, err := customerOf(ctx, faqdb.New(tx), ids...)
	if err != nil {
		return err
	}
	return events.Record(events.AsImport(ctx), tx, who, events.Event{
		Kind:     events.FAQImported,
		Subject:  events.Subject{Type: events.FAQEntry},
		Customer: customer,
		After:    events.FAQFileState{Entries: len(ids), IDs: ids[:min(len(ids), maxEventIDs)]},
	})
}

// recordExport records that somebody takes the catalogue out.
func (s *Service) recordExport(ctx context.Context, who access.Actor, format string, entries int) error {
	return events.RecordAlone(ctx, s.db.As(who.AsSystem("record an export")), who, events.Event{Kind: events.FAQExported,
		Subject: events.Subject{Type: events.FAQEntry}, After: events.FAQFileState{Format: format, Entries: entries}})
}

// customerOf returns the customer for whose conversations all of some entries are; zero if they are for several customers', or all.
func customerOf(ctx context.Context, q *faqdb.Queries, ids ...uuid.UUID) (uuid.UUID, error) {
	customers, err := q.ListCustomersOfEntries(ctx, ids)
	if err != nil || len(customers) != 1 {
		return uuid.Nil, err
	}
	return customers[0], nil
}

func entrySubject(e Entry) events.Subject {
	return events.Subject{Type: events.FAQEntry, ID: e.ID, Name: e.In("en").Question}
}

// entryState is an entry for an event; with another version of it, without the texts that both have.
func entryState(e Entry, other *Entry) events.FAQState {
	state := events.FAQState{
		Category: e.Category,
		State:    stateNames[e.State],
		Website:  optional(e.Scope.Website),
		Customer: optional(e.Scope.Customer),
		Group:    optional(e.Scope.Group),
	}
	same := map[Text]bool{}
	if other != nil {
		for _, t := range other.Texts {
			same[t] = true
		}
	}
	for _, t := range e.Texts {
		if same[t] {
			continue
		}
		if state.Texts == nil {
			state.Texts = map[string]events.FAQText{}
		}
		state.Texts[t.Language] = events.FAQText{Question: t.Question, Answer: t.Answer}
	}
	return state
}

// recordSnippet records a change of a snippet; nil says that there was or is none. Somebody's own snippets are its own affair.
func recordSnippet(
	ctx context.Context, tx *pg.Tenant, who access.Actor, kind events.Kind, before *faqdb.GetSnippetRow, now *Snippet,
) error {
	event := events.Event{Kind: kind}
	var file uuid.UUID
	if before != nil {
		if before.UserID != nil {
			return nil
		}
		file = orNil(before.FileID)
		event.Subject = events.Subject{Type: events.Snippet, ID: before.ID, Name: before.Name}
		event.Customer = orNil(before.CustomerID)
		event.Before = events.SnippetState{
			Name:     before.Name,
			Keys:     before.Keys,
			Text:     before.Body,
			Group:    before.GroupID,
			Customer: before.CustomerID,
			File:     before.FileID,
		}
	}
	if now != nil {
		if now.User != uuid.Nil {
			return nil
		}
		if now.File != uuid.Nil {
			file = now.File
		}
		if now.RemoveFile {
			file = uuid.Nil
		}
		event.Subject = events.Subject{Type: events.Snippet, ID: now.ID, Name: now.Name}
		event.Customer = now.Customer
		event.After = events.SnippetState{
			Name:     now.Name,
			Keys:     now.Keys,
			Text:     now.Body,
			Group:    optional(now.Group),
			Customer: optional(now.Customer),
			File:     optional(file),
		}
	}
	return events.Record(ctx, tx, who, event)
}
