package faq

import (
	"context"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"parley/app/domain/faq/internal/faqdb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// Filter says which entries somebody wants to see; each zero value is all.
type Filter struct {
	Query       string
	Category    string
	HasCategory bool // Category counts, even if it is empty
	State       State
	Language    string
	Scope       Scope
	Page        int // from 0
}

// PageSize is how many entries List returns at most.
const PageSize = 50

// ListItem is an entry as the catalogue shows it.
type ListItem struct {
	ID         uuid.UUID
	Category   string
	State      State
	Text                // the one that fits the filter best
	Languages  int      // texts that it has
	ScopeNames []string // names of its scope
	UpdatedAt  time.Time
}

// ListEntries returns a page of the catalogue and how many entries fit in all.
func (s *Service) ListEntries(ctx context.Context, who access.Actor, f Filter) (list []ListItem, total int, err error) {
	t, err := s.db.Authorize(who, access.FAQEntryRead)
	if err != nil {
		return nil, 0, err
	}
	f.Page = max(0, min(f.Page, 10_000))
	words := tsQuery(f.Query)
	if words == "" && strings.TrimSpace(f.Query) != "" {
		return nil, 0, nil // nothing in it that could be searched for
	}
	rows, err := faqdb.New(t).ListEntries(ctx, faqdb.ListEntriesParams{
		Words:       words,
		Language:    strings.ToLower(f.Language),
		State:       string(f.State),
		HasCategory: f.HasCategory,
		Category:    f.Category,
		CustomerID:  optional(f.Scope.Customer),
		WebsiteID:   optional(f.Scope.Website),
		GroupID:     optional(f.Scope.Group),
		Skip:        int32(f.Page * PageSize),
		Most:        PageSize,
	})
	for _, row := range rows {
		l := ListItem{ID: row.ID, Category: row.Category, State: State(row.State), Text: Text{row.Language, row.Question, row.Answer},
			Languages: int(row.Languages), UpdatedAt: row.UpdatedAt}
		for _, name := range []string{row.CustomerName, row.WebsiteName, row.GroupName} {
			if name != "" {
				l.ScopeNames = append(l.ScopeNames, name)
			}
		}
		list, total = append(list, l), int(row.Total)
	}
	return list, total, err
}

// SearchWords returns the words of a text, in lower case.
func SearchWords(s string) []string {
	words := strings.FieldsFunc(strings.ToLower(norm.NFKC.String(strings.ToValidUTF8(s, ""))), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	return words[:min(len(words), 32)]
}

// tsQuery finds what has any of the words, or one that begins so.
func tsQuery(s string) string {
	var parts []string
	for _, w := range SearchWords(s) {
		if rs := []rune(w); len(rs) > 60 {
			w = string(rs[:60])
		}
		parts = append(parts, "'"+w+"':*") // letters and digits only: nothing to escape
	}
	return strings.Join(parts, " | ")
}

// SearchResult is a published entry that an agent searched for.
type SearchResult struct {
	ID       uuid.UUID
	Category string
	Text
}

// Search finds published entries that may be used in a conversation at a place.
func (s *Service) Search(ctx context.Context, who access.Actor, query, language string, place Scope) ([]SearchResult, error) {
	t, err := s.db.Authorize(who, access.FAQEntryRead)
	if err != nil {
		return nil, err
	}
	words := tsQuery(query)
	if words == "" {
		return nil, nil
	}
	language, _, _ = strings.Cut(strings.ToLower(strings.ReplaceAll(language, "_", "-")), "-")
	rows, err := faqdb.New(t).SearchPublished(ctx, faqdb.SearchPublishedParams{
		Words:      words,
		CustomerID: optional(place.Customer),
		WebsiteID:  optional(place.Website),
		GroupID:    optional(place.Group),
		Language:   language,
		Most:       30,
	})
	var list []SearchResult
	seen := map[uuid.UUID]bool{}
	for _, row := range rows { // an entry once, in the language that fits
		if !seen[row.ID] && len(list) < 10 {
			seen[row.ID] = true
			list = append(list, SearchResult{row.ID, row.Category, Text{row.Language, row.Question, row.Answer}})
		}
	}
	return list, err
}

// ListCategories lists the names in use.
func (s *Service) ListCategories(ctx context.Context, who access.Actor) ([]string, error) {
	t, err := s.db.Authorize(who, access.FAQEntryRead)
	if err != nil {
		return nil, err
	}
	return faqdb.New(t).ListCategories(ctx)
}

// CountByState says how many entries there are in each state.
func (s *Service) CountByState(ctx context.Context, who access.Actor) (map[State]int, error) {
	t, err := s.db.Authorize(who, access.FAQEntryRead)
	if err != nil {
		return nil, err
	}
	rows, err := faqdb.New(t).CountEntriesByState(ctx)
	counts := map[State]int{}
	for _, row := range rows {
		counts[State(row.State)] = int(row.Entries)
	}
	return counts, err
}

// GetEntry returns one with all its texts.
func (s *Service) GetEntry(ctx context.Context, who access.Actor, id uuid.UUID) (Entry, error) {
	t, err := s.db.Authorize(who, access.FAQEntryRead)
	if err != nil {
		return Entry{}, err
	}
	return getEntry(ctx, faqdb.New(t), id)
}

func getEntry(ctx context.Context, q *faqdb.Queries, id uuid.UUID) (Entry, error) {
	row, err := q.GetEntry(ctx, id)
	if pg.IsNoRows(err) {
		return Entry{}, fail.Missing("FAQ entry")
	}
	if err != nil {
		return Entry{}, err
	}
	e := Entry{
		ID:        row.ID,
		Category:  row.Category,
		State:     State(row.State),
		Scope:     Scope{orNil(row.CustomerID), orNil(row.WebsiteID), orNil(row.GroupID)},
		Version:   int(row.Version),
		CreatedAt: row.CreatedAt,
		UpdatedAt: row.UpdatedAt,
		UpdatedBy: row.UpdatedBy,
	}
	texts, err := q.ListTexts(ctx, []uuid.UUID{id})
	for _, t := range texts {
		e.Texts = append(e.Texts, Text{t.Language, t.Question, t.Answer})
	}
	return e, err
}
