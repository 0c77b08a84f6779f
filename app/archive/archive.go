// Package archive reads the past.
//
// Owns: how closed conversations are found and read. It has no table of its own yet.
//
// Must not touch: running conversations; it writes nothing.
//
// Always true: a reviewer sees only its customer's conversations and no notes; the database holds that by policy, not this
// package by a filter.
package archive

import (
	"context"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/archive/internal/archivedb"
	"parley/app/chat"
	"parley/app/fail"
	"parley/app/pg"
)

// Room reads past conversations.
type Room struct{ db *pg.DB }

// New returns the room.
func New(db *pg.DB) *Room { return &Room{db} }

// Past is a closed conversation.
type Past struct {
	ID           uuid.UUID
	CustomerName string
	WebsiteName  string
	AgentName    string
	LastText     string
	StartedAt    time.Time
	ClosedAt     time.Time
}

// PageSize is how many conversations List returns at most.
const PageSize = 50

// List returns closed conversations, newest first, those closed before a time; the zero time starts at the newest.
func (r *Room) List(ctx context.Context, who access.Actor, before time.Time) ([]Past, error) {
	t, err := r.db.For(who, access.Review)
	if err != nil {
		return nil, err
	}
	p := archivedb.ListPastParams{Most: PageSize}
	if !before.IsZero() {
		p.Before = &before
	}
	rows, err := archivedb.New(t).ListPast(ctx, p)
	list := make([]Past, len(rows))
	for i, c := range rows {
		list[i] = Past{c.ID, c.CustomerName, c.WebsiteName, c.AgentName, c.LastText, c.CreatedAt, c.ClosedAt}
	}
	return list, err
}

// Transcript returns a closed conversation with its messages, as far as the actor may see them.
func (r *Room) Transcript(ctx context.Context, who access.Actor, id uuid.UUID) (Past, []chat.Message, error) {
	t, err := r.db.For(who, access.Review)
	if err != nil {
		return Past{}, nil, err
	}
	q := archivedb.New(t)
	c, err := q.GetPast(ctx, id)
	if pg.None(err) {
		return Past{}, nil, fail.Missing("conversation")
	}
	if err != nil {
		return Past{}, nil, err
	}
	rows, err := q.Transcript(ctx, id)
	list := make([]chat.Message, len(rows))
	for i, m := range rows {
		list[i] = chat.Message{Conversation: id, Seq: int(m.Seq), ID: m.ID, Kind: chat.Kind(m.Kind), Author: chat.Author(m.Author),
			AuthorName: m.AuthorName, Body: m.Body, At: m.CreatedAt}
	}
	return Past{ID: c.ID, CustomerName: c.CustomerName, WebsiteName: c.WebsiteName, AgentName: c.AgentName,
		StartedAt: c.CreatedAt, ClosedAt: c.ClosedAt}, list, err
}
