package faq

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"parley/app/domain/faq/internal/faqdb"
	"parley/app/platform/access"
	"parley/app/platform/bus"
	"parley/app/platform/events"
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
		return nil, 0, nil // nothing in it that could be looked for
	}
	rows, err := faqdb.New(t).ListEntries(ctx, faqdb.ListEntriesParams{Words: words, Language: strings.ToLower(f.Language), State: string(f.State),
		HasCategory: f.HasCategory, Category: f.Category, CustomerID: optional(f.Scope.Customer), WebsiteID: optional(f.Scope.Website),
		GroupID: optional(f.Scope.Group), Skip: int32(f.Page * PageSize), Most: PageSize})
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

// SearchWords are what somebody looks for: the words of a text, in lower case.
func SearchWords(s string) []string {
	words := strings.FieldsFunc(strings.ToLower(norm.NFKC.String(strings.ToValidUTF8(s, ""))), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) })
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

// SearchResult is a live entry that an agent looked for.
type SearchResult struct {
	ID       uuid.UUID
	Category string
	Text
}

// Search finds live entries that may be used in a conversation at a place.
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
	rows, err := faqdb.New(t).SearchPublished(ctx, faqdb.SearchPublishedParams{Words: words, CustomerID: optional(place.Customer), WebsiteID: optional(place.Website),
		GroupID: optional(place.Group), Language: language, Most: 30})
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
	e := Entry{ID: row.ID, Category: row.Category, State: State(row.State), Scope: Scope{orNil(row.CustomerID), orNil(row.WebsiteID), orNil(row.GroupID)},
		Version: int(row.Version), CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt, UpdatedBy: row.UpdatedBy}
	texts, err := q.ListTexts(ctx, []uuid.UUID{id})
	for _, t := range texts {
		e.Texts = append(e.Texts, Text{t.Language, t.Question, t.Answer})
	}
	return e, err
}

// SaveEntry keeps an entry: a new one for the zero id, else the one that was read with this version. What an agent writes goes to
// review first where the organization wants that. It returns the entry's id and the state that it got.
func (s *Service) SaveEntry(ctx context.Context, who access.Actor, e Entry) (uuid.UUID, State, error) {
	t, rules, err := s.authorizeEditor(ctx, who)
	if err != nil {
		return uuid.Nil, "", err
	}
	if err := checkStateAndScope(ctx, faqdb.New(t), who, e); err != nil {
		return uuid.Nil, "", err
	}
	return s.storeEntry(ctx, t, who, rules, e)
}

// checkStateAndScope returns fail.Forbidden if the actor may change texts only, and an entry is to get another state or scope than it has. A new
// one is for everybody then, and published as far as its writer may.
func checkStateAndScope(ctx context.Context, q *faqdb.Queries, actor access.Actor, e Entry) error {
	if actor.Can(access.FAQEntrySetState) {
		return nil
	}
	before := Entry{State: Published}
	if e.ID != uuid.Nil {
		var err error
		if before, err = getEntry(ctx, q, e.ID); err != nil {
			return err
		}
		if before.Version != e.Version { // refused because somebody has changed it
			return nil
		}
	}
	if e.State != before.State || e.Scope != before.Scope {
		return fail.New(fail.Forbidden, "Only managers change the state of an entry, and whom it is for. Ask a manager.")
	}
	return nil
}

func (s *Service) storeEntry(ctx context.Context, t *pg.Tenant, who access.Actor, rules DeskRules, e Entry) (uuid.UUID, State, error) {
	if err := e.check(); err != nil {
		return uuid.Nil, "", err
	}
	if rules.Review && !who.CanFully(access.FAQEntryPublish) && e.State == Published {
		e.State = InReview
	}
	known := e.ID != uuid.Nil
	if !known {
		e.ID = uuid.Must(uuid.NewV7())
	}
	if who.IsLimited() && e.Scope.Customer == uuid.Nil && e.Scope.Website == uuid.Nil {
		return uuid.Nil, "", fail.Field("customer", "You are limited to some customers. Choose the one that this entry is for.")
	}
	err := t.Tx(ctx, func(tx *pg.Tenant) error {
		q := faqdb.New(tx)
		if known {
			row, err := q.LockEntry(ctx, e.ID)
			if pg.IsNoRows(err) {
				if _, seen := q.GetEntry(ctx, e.ID); who.IsLimited() && seen == nil {
					return fail.New(fail.Forbidden, "This entry is for all customers, and you are limited to some. Ask a manager who is not.")
				}
				return fail.Missing("FAQ entry")
			}
			if err != nil {
				return err
			}
			if int(row.Version) != e.Version {
				return fail.New(fail.Conflict, "Somebody has changed this entry since you opened it. Your text is still here: compare it with the entry in another tab, then save again.")
			}
		}
		if !known {
			counts, err := q.CountEntriesByState(ctx)
			if err != nil {
				return err
			}
			total := 0
			for _, c := range counts {
				total += int(c.Entries)
			}
			if total >= maxEntries {
				return fail.New(fail.Conflict, "Your catalogue has %d entries, which is all it can have. Delete some first.", total)
			}
		}
		if err := rejectDuplicate(ctx, q, e); err != nil {
			return err
		}
		return recordSaved(ctx, tx, who, e, known, func() error { return writeEntries(ctx, q, who, []Entry{e}, known) })
	})
	if pg.IsDenied(err) {
		err = fail.Field("customer", "Choose one of your customers, and one of its websites.")
	}
	if pg.IsMissingReference(err) {
		err = fail.Field(scopeField(e.Scope), "This customer, website or group does not exist any more. Please choose again.")
	}
	if err == nil {
		s.publishEntries(who.Org(), e.ID)
	}
	return e.ID, e.State, err
}

// rejectDuplicate refuses a question that another entry for the same place has in the same language, but for case, blanks and punctuation.
// A text that is the entry's own already is not refused.
func rejectDuplicate(ctx context.Context, q *faqdb.Queries, e Entry) error {
	before, err := getEntry(ctx, q, e.ID)
	if err != nil && fail.KindOf(err) != fail.NotFound {
		return err
	}
	own := map[string]bool{}
	for _, t := range before.Texts {
		own[questionKey(t, before.Scope)] = true
	}
	var checks fail.Checks
	for i, t := range e.Texts {
		words := SearchWords(t.Question)
		if own[questionKey(t, e.Scope)] || len(words) == 0 {
			continue
		}
		rows, err := q.ListSimilarQuestions(ctx, faqdb.ListSimilarQuestionsParams{ID: e.ID, Language: t.Language, Words: "'" + strings.Join(words, "' & '") + "'",
			CustomerID: optional(e.Scope.Customer), WebsiteID: optional(e.Scope.Website), GroupID: optional(e.Scope.Group)})
		if err != nil {
			return err
		}
		for _, row := range rows {
			if slices.Equal(SearchWords(row.Question), words) {
				field := "question"
				if i > 0 {
					field += "-" + t.Language
				}
				checks.Add(field, "Another entry for the same place asks this already: “%s”. Change that one, or choose another question.", row.Question)
			}
		}
	}
	return checks.Result()
}

// scopeField is the field beside which it is said that something of a scope is gone.
func scopeField(s Scope) string {
	switch {
	case s.Website != uuid.Nil:
		return "website"
	case s.Group != uuid.Nil:
		return "group"
	}
	return "customer"
}

// writeEntries writes entries; replace takes away the texts that they no longer have.
func writeEntries(ctx context.Context, q *faqdb.Queries, who access.Actor, list []Entry, replace bool) error {
	p := faqdb.SaveEntriesParams{ByID: optional(who.ID())}
	var texts faqdb.SaveTextsParams
	for _, e := range list {
		p.Ids = append(p.Ids, e.ID)
		p.Categories = append(p.Categories, e.Category)
		p.States = append(p.States, string(e.State))
		p.CustomerIds = append(p.CustomerIds, e.Scope.Customer)
		p.WebsiteIds = append(p.WebsiteIds, e.Scope.Website)
		p.GroupIds = append(p.GroupIds, e.Scope.Group)
		var languages []string
		for _, t := range e.Texts {
			texts.EntryIds = append(texts.EntryIds, e.ID)
			texts.Languages = append(texts.Languages, t.Language)
			texts.Questions = append(texts.Questions, t.Question)
			texts.Answers = append(texts.Answers, t.Answer)
			languages = append(languages, t.Language)
		}
		if replace {
			if err := q.DeleteTexts(ctx, faqdb.DeleteTextsParams{EntryID: e.ID, Languages: languages}); err != nil {
				return err
			}
		}
	}
	if err := q.SaveEntries(ctx, p); err != nil {
		return err
	}
	if err := q.SaveTexts(ctx, texts); err != nil {
		return err
	}
	return q.SaveHistory(ctx, p.Ids)
}

// SetState moves entries to a state, many at once; only managers let live what waits for review.
func (s *Service) SetState(ctx context.Context, who access.Actor, ids []uuid.UUID, to State) (int, error) {
	t, err := s.db.Authorize(who, access.FAQEntrySetState)
	if err != nil {
		return 0, err
	}
	if to != Draft && to != InReview && to != Published {
		return 0, fail.New(fail.Invalid, "The state is draft, review or live.")
	}
	if len(ids) == 0 {
		return 0, fail.New(fail.Invalid, "Select the entries first, then choose what becomes of them.")
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	ids = slices.Compact(ids)
	var changed []uuid.UUID
	err = t.Tx(ctx, func(tx *pg.Tenant) (err error) {
		q := faqdb.New(tx)
		there, err := q.LockEntries(ctx, ids)
		if err != nil {
			return err
		}
		if gone := len(ids) - len(there); gone > 0 {
			return fail.New(fail.Conflict, "%d of the entries that you selected do not exist any more, or are not yours, so nothing was changed. Open the list again.", gone)
		}
		if changed, err = q.SetEntryState(ctx, faqdb.SetEntryStateParams{State: string(to), ByID: optional(who.ID()), Ids: ids}); err != nil {
			return err
		}
		if err := q.SaveHistory(ctx, changed); err != nil {
			return err
		}
		return recordStates(ctx, tx, who, changed, to)
	})
	if err == nil {
		s.publishEntries(who.Org(), changed...)
	}
	return len(changed), err
}

// RemoveEntry deletes an entry with its history and with what was learned of it.
func (s *Service) RemoveEntry(ctx context.Context, who access.Actor, id uuid.UUID) error {
	t, err := s.db.Authorize(who, access.FAQEntryDelete)
	if err != nil {
		return err
	}
	err = t.Tx(ctx, func(tx *pg.Tenant) error {
		q := faqdb.New(tx)
		deleted, err := describeDeletion(ctx, q, id)
		if err != nil {
			return err
		}
		n, err := q.DeleteEntry(ctx, id)
		if err == nil && n == 0 {
			return fail.Missing("FAQ entry")
		}
		if err != nil {
			return err
		}
		return events.Record(ctx, tx, who, deleted)
	})
	if err == nil {
		s.publishEntries(who.Org(), id)
	}
	return err
}

// Revision is what an entry was.
type Revision struct {
	Version  int
	Category string
	State    State
	Texts    []Text
	By       string
	At       time.Time
}

// Example is a visitor's message that an entry was the answer to.
type Example struct {
	ID    uuid.UUID
	Query string
	Kind  ChoiceKind
	At    time.Time
}

// Usage is what has become of an entry's suggestions, and how much is stored of it.
type Usage struct {
	Used, Dismissed int
	Choices         int // of agents, which suggestions learned from
	Versions        int // of its history
}

// GetHistory returns what an entry has learned and what it was before.
func (s *Service) GetHistory(ctx context.Context, who access.Actor, id uuid.UUID) (examples []Example, former []Revision, uses Usage, err error) {
	t, err := s.db.Authorize(who, access.FAQEntryRead)
	if err != nil {
		return nil, nil, uses, err
	}
	q := faqdb.New(t)
	rows, err := q.ListExamples(ctx, faqdb.ListExamplesParams{EntryID: id, Most: 50})
	if err != nil {
		return nil, nil, uses, err
	}
	for _, x := range rows {
		examples = append(examples, Example{x.ID, x.Query, ChoiceKind(x.Kind), x.At})
	}
	history, err := q.ListHistory(ctx, id)
	if err != nil {
		return nil, nil, uses, err
	}
	for _, h := range history {
		f := Revision{Version: int(h.Version), Category: h.Category, State: State(h.State), By: h.ByName, At: h.At}
		if err := json.Unmarshal(h.Texts, &f.Texts); err != nil {
			return nil, nil, uses, err
		}
		former = append(former, f)
	}
	n, err := q.CountEntryUses(ctx, id)
	return examples, former, Usage{int(n.Used), int(n.Dismissed), int(n.Choices), int(n.Versions)}, err
}

// maxEntryEvents is how many entries are told one by one; of more, everybody reads all again.
const maxEntryEvents = 20

// publishEntries rings for entries that have changed.
func (s *Service) publishEntries(org uuid.UUID, ids ...uuid.UUID) {
	if len(ids) > maxEntryEvents {
		s.bus.Publish(bus.Event{Kind: bus.FAQ, Org: org, Text: eventAll})
		return
	}
	for _, id := range ids {
		s.bus.Publish(bus.Event{Kind: bus.FAQ, Org: org, Text: eventEntry + id.String()})
	}
}

const (
	eventAll    = "all"
	eventEntry  = "entry "
	eventChoice = "choice "
)
