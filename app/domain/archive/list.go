package archive

import (
	"context"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/archive/internal/archivedb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
	"parley/app/platform/validate"
)

const (
	// PageSize is how many conversations List returns at most.
	PageSize = 50
	// SearchDepth is how many results of a search can be paged through: beyond them, a search needs better words.
	SearchDepth = 1000
	// MaxText is the longest search, in characters.
	MaxText = 200
)

// Cursor is where a page begins: in a list after a conversation, in the results of a search after so many.
type Cursor struct {
	Before time.Time
	ID     uuid.UUID
	Skip   int
}

// Page is a page of the archive.
type Page struct {
	Conversations []Summary
	SearchWords   []string // words of the search, as they are stored; nil: there was no search
	HasMore       bool     // there is another page, and it begins at Next
	Next          Cursor
	DepthReached  bool // there may be more, but SearchDepth is reached
}

// List returns closed conversations, newest first; those that a search finds are ordered by how many of its words they have, then newest
// first. It returns fail.Invalid with field "q" for a search without words, and fail.Invalid for a page beyond SearchDepth.
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter, from Cursor) (p Page, err error) {
	text, err := validate.OptionalLine("the search text", f.Text, MaxText)
	if err != nil {
		return p, fail.Field("q", "%s", err.Error())
	}
	f = f.forReader(actor)
	if text != "" {
		ctx = pg.WithLongWork(ctx)
	}
	err = s.readTx(ctx, actor, func(q *archivedb.Queries) error {
		if text == "" {
			return p.list(ctx, q, f, from)
		}
		words, err := q.ListSearchWords(ctx, archivedb.ListSearchWordsParams{Text: text, Customer: optional(f.Customer)})
		if err != nil {
			return err
		}
		if len(words) == 0 {
			return fail.Field("q", "The search text contains no words. Enter at least one word.")
		}
		return p.search(ctx, q, f, words, phrases(text), from.Skip)
	})
	return p, err
}

func (p *Page) list(ctx context.Context, q *archivedb.Queries, f Filter, from Cursor) error {
	params := f.listParams()
	params.Most = PageSize + 1
	if !from.Before.IsZero() {
		params.Before, params.BeforeID = &from.Before, from.ID
	}
	rows, err := q.ListArchived(ctx, params)
	for _, c := range rows {
		p.Conversations = append(p.Conversations, toSummary(c))
	}
	if p.trim() {
		last := p.Conversations[PageSize-1]
		p.Next = Cursor{Before: last.ClosedAt, ID: last.ID}
	}
	return err
}

// trim removes the one conversation more that was read to know whether there is another page, and reports whether there is.
func (p *Page) trim() bool {
	if p.HasMore = len(p.Conversations) > PageSize; p.HasMore {
		p.Conversations = p.Conversations[:PageSize]
	}
	return p.HasMore
}
