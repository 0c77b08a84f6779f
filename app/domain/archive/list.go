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
	// SearchDepth is how many of those that a search finds can be paged through: who has not found it there needs better words.
	SearchDepth = 1000
	// MaxText is the longest search, in characters.
	MaxText = 200
)

// Cursor is where a page begins: in a list after a conversation, in what a search has found after so many.
type Cursor struct {
	Before time.Time
	ID     uuid.UUID
	Skip   int
}

// Page is a page of the archive.
type Page struct {
	Conversations []Summary
	SearchWords   []string // what was sought, as it is kept; nil: nothing was
	HasMore       bool     // there is another page, and it begins at Next
	Next          Cursor
	DepthReached  bool // there may be more, but Depth is reached
}

// List returns closed conversations: newest first, or where words are sought those with the most of them, and of these the
// newest first.
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter, from Cursor) (p Page, err error) {
	text, err := validate.OptionalLine("the search", f.Text, MaxText)
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
			return fail.Field("q", "There is no word in this to search for. Please enter at least one.")
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

// trim takes away the one conversation more that was asked for to know whether there is one.
func (p *Page) trim() bool {
	if p.HasMore = len(p.Conversations) > PageSize; p.HasMore {
		p.Conversations = p.Conversations[:PageSize]
	}
	return p.HasMore
}
