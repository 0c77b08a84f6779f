package archive

import (
	"context"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/archive/internal/archivedb"
	"parley/app/fail"
	"parley/app/pg"
)

const (
	// PageSize is how many conversations List returns at most.
	PageSize = 50
	// Depth is how many of those that a search finds can be paged through: who has not found it there needs better words.
	Depth = 1000
	// MaxText is the longest search, in characters.
	MaxText = 200
)

// Place is where a page begins: in a list after a conversation, in what a search has found after so many.
type Place struct {
	Before time.Time
	ID     uuid.UUID
	Skip   int
}

// Page is a page of the archive.
type Page struct {
	List   []Past
	Words  []string // what was sought, as it is kept; nil: nothing was
	More   bool     // there is another page, and it begins at Next
	Next   Place
	Beyond bool // there may be more, but Depth is reached
}

// List returns closed conversations: newest first, or where words are sought those with the most of them, and of these the
// newest first.
func (r *Room) List(ctx context.Context, who access.Actor, f Filter, from Place) (p Page, err error) {
	text, err := fail.OptionalLine("the search", f.Text, MaxText)
	if err != nil {
		return p, fail.Field("q", "%s", err.Error())
	}
	f = f.forReader(who)
	if text != "" {
		ctx = pg.Long(ctx)
	}
	err = r.reading(ctx, who, func(q *archivedb.Queries) error {
		if text == "" {
			return p.list(ctx, q, f, from)
		}
		words, err := q.Words(ctx, archivedb.WordsParams{Text: text, Customer: some(f.Customer)})
		if err != nil {
			return err
		}
		if len(words) == 0 {
			return fail.Field("q", "There is no word in this to search for. Please enter at least one.")
		}
		return p.find(ctx, q, f, words, phrases(text), from.Skip)
	})
	return p, err
}

func (p *Page) list(ctx context.Context, q *archivedb.Queries, f Filter, from Place) error {
	params := f.list()
	params.Most = PageSize + 1
	if !from.Before.IsZero() {
		params.Before, params.BeforeID = &from.Before, from.ID
	}
	rows, err := q.ListPast(ctx, params)
	for _, c := range rows {
		p.List = append(p.List, past(c))
	}
	if p.cut() {
		last := p.List[PageSize-1]
		p.Next = Place{Before: last.ClosedAt, ID: last.ID}
	}
	return err
}

// cut takes away the one conversation more that was asked for to know whether there is one.
func (p *Page) cut() bool {
	if p.More = len(p.List) > PageSize; p.More {
		p.List = p.List[:PageSize]
	}
	return p.More
}
