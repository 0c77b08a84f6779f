// Package archive reads closed conversations.
//
// Owns: how closed conversations are found and read, and the words by which a search finds them (archive_words, which the database
// writes itself when a conversation closes: app.index_conversation).
//
// Must not touch: open conversations; it writes nothing.
//
// Always true: a reviewer sees only its customer's conversations and nothing that only the team sees (notes, tags, assignments,
// details of the visitor); the database enforces that by policy, not this package by a filter.
package archive

import (
	"context"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/archive/internal/archivedb"
	"parley/app/platform/access"
	"parley/app/platform/pg"
)

// Service reads the archive: closed conversations, their transcripts, search and export.
type Service struct{ db *pg.DB }

// New returns a Service on a database.
func New(db *pg.DB) *Service { return &Service{db} }

// readTx runs fn for an actor who may read the archive: in one transaction, so that what is read belongs together.
func (s *Service) readTx(ctx context.Context, actor access.Actor, fn func(*archivedb.Queries) error) error {
	t, err := s.db.Authorize(actor, access.ArchiveRead)
	if err != nil {
		return err
	}
	return t.Tx(ctx, func(t *pg.Tenant) error {
		q := archivedb.New(t)
		if err := q.ConfigureSearchPlanning(ctx); err != nil {
			return err
		}
		return fn(q)
	})
}

// Summary is a closed conversation in a list.
type Summary struct {
	ID           uuid.UUID
	Visitor      uuid.UUID
	VisitorName  string // empty: not known
	CustomerName string
	WebsiteName  string
	GroupName    string // empty for a reviewer
	Agent        string // who had it last: for staff the person, for a reviewer the name the visitor read; empty: nobody
	Excerpt      []Span
	InNote       bool // the excerpt is of a note
	StartedAt    time.Time
	ClosedAt     time.Time
}

func toSummary(c archivedb.ListArchivedRow) Summary {
	s := Summary{ID: c.ID, Visitor: c.VisitorID, VisitorName: c.VisitorName, CustomerName: c.CustomerName, WebsiteName: c.WebsiteName,
		GroupName: c.GroupName, Agent: c.UserName, Excerpt: []Span{{Text: c.LastText}}, StartedAt: c.CreatedAt, ClosedAt: c.ClosedAt}
	if s.Agent == "" {
		s.Agent = c.AgentName
	}
	return s
}
