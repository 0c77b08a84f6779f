package faq

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/google/uuid"

	"parley/app/domain/faq/internal/faqdb"
	"parley/app/platform/access"
	"parley/app/platform/fail"
	"parley/app/platform/pg"
)

// Record is an entry as files have it. Each part of its scope has an id, which counts where there is such a thing in the organization,
// and a name or path, which counts else (Place.Path).
type Record struct {
	ID         string `json:"id,omitempty"` // an entry's id, or any name that several rows of a file share
	Category   string `json:"category,omitempty"`
	State      State  `json:"state,omitempty"` // empty: live
	Customer   string `json:"customer,omitempty"`
	CustomerID string `json:"customer_id,omitempty"`
	Website    string `json:"website,omitempty"`
	WebsiteID  string `json:"website_id,omitempty"`
	Group      string `json:"group,omitempty"`
	GroupID    string `json:"group_id,omitempty"`
	Texts      []Text `json:"texts"`

	row     int    // where it begins in the file, from 1
	problem string // what is wrong with it already; empty: nothing
}

var columns = []string{
	"id", "category", "state", "customer", "customer_id", "website", "website_id", "group", "group_id", "language",
	"question", "answer",
}

// Export writes the whole catalogue, as CSV (a row for each text, in UTF-8 with a mark that says so) or JSON. What Import makes of it is
// what is there.
func (s *Service) Export(ctx context.Context, who access.Actor, format string, w io.Writer) error {
	t, err := s.db.Authorize(who, access.FAQEntryExport)
	if err != nil {
		return err
	}
	long, q := pg.WithLongWork(ctx), faqdb.New(t)
	ids, err := q.ListEntryIDs(long)
	if err != nil {
		return err
	}
	if err := s.recordExport(ctx, who, format, len(ids)); err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	write, end := newCSVWriter(out)
	if format == "json" {
		write, end = newJSONWriter(out)
	}
	for some := range slices.Chunk(ids, exportBatch) {
		rows, err := q.ListEntriesForExport(long, some)
		if err != nil {
			return err
		}
		for _, x := range recordsOf(rows) {
			if err := write(x); err != nil {
				return err
			}
		}
	}
	if err := end(); err != nil {
		return err
	}
	return out.Flush()
}

const (
	maxImportRecords = 20_000   // entries in one file
	MaxImportBytes   = 16 << 20 // of a file
	maxEntries       = 20_000   // in one catalogue
)

// What becomes of a record of a file.
const (
	ImportNew       = "new"
	ImportChanged   = "changed"
	ImportUnchanged = "unchanged"
	ImportDuplicate = "double" // says what another one says already; left out
	ImportInvalid   = "wrong"  // left out
)

// ImportResult is what an import does with one record.
type ImportResult struct {
	Row      int // of the file
	Question string
	Outcome  string // one of the words above
	Reason   string // or what to know about it
}

// Import puts the records of a file into the catalogue; dry only says what would become of each. Entries are stored in small
// transactions, so that a large file holds up nobody: if it fails in the middle, the error says how far it came, and importing
// the same file again goes on from there.
func (s *Service) Import(
	ctx context.Context, who access.Actor, records []Record, names ScopeNames, language string, mode ImportMode,
) ([]ImportResult, error) {
	t, err := s.db.Authorize(who, access.FAQEntryImport)
	if err != nil {
		return nil, err
	}
	longCtx := pg.WithLongWork(ctx)
	rows, err := faqdb.New(t).ListAllEntries(longCtx, true)
	if err != nil {
		return nil, err
	}
	known := groupEntries(rows)
	results, taken := planImport(records, known, names, language)
	if who.IsLimited() {
		taken = rejectBeyondLimits(results, taken, known)
	}
	if len(known)+len(taken) > maxEntries {
		return nil, fail.Field("file", "The FAQ would have more than %d entries, which is the limit. Delete some first.", maxEntries)
	}
	if mode == ImportPreview {
		return results, nil
	}
	var stored []uuid.UUID
	for list := range slices.Chunk(taken, importChunk) {
		err = t.Tx(longCtx, func(tx *pg.Tenant) error {
			if err := writeEntries(longCtx, faqdb.New(tx), who, list, true); err != nil {
				return err
			}
			return recordImport(longCtx, tx, who, list)
		})
		if err != nil {
			break
		}
		for _, e := range list {
			stored = append(stored, e.ID)
		}
	}
	if len(stored) > 0 {
		s.publishEntries(who.Org(), stored...)
	}
	return results, importError(err, len(stored), len(taken))
}

// importChunk is how many entries of a file are stored at once.
const importChunk = 200

// importError words an error in the middle of an import.
func importError(err error, stored, all int) error {
	switch {
	case err == nil:
		return nil
	case pg.IsDenied(err):
		return fail.Field("file",
			"The file changes an entry of a customer that you cannot access. Remove the ids of such entries and try again.")
	case stored == 0:
		return err
	}
	slog.Warn("an import was interrupted", "stored", stored, "of", all, "error", err)
	return fail.Field("file",
		"The import was interrupted after %d of %d entries. Import the same file again to continue.",
		stored, all)
}

// ImportMode says whether an import only looks.
type ImportMode bool

const (
	ImportPreview ImportMode = true
	ImportApply   ImportMode = false
)

// planImport says what becomes of each record, and what is to be written.
func planImport(records []Record, known []Entry, names ScopeNames, language string) (results []ImportResult, put []Entry) {
	byID, byText := map[uuid.UUID]Entry{}, map[string]uuid.UUID{}
	for _, e := range known {
		byID[e.ID] = e
		for _, t := range e.Texts {
			byText[questionKey(t, e.Scope)] = e.ID
		}
	}
	inFile, places := map[uuid.UUID]bool{}, names.index()
	for _, x := range records {
		result := ImportResult{Row: x.row}
		if len(x.Texts) > 0 {
			result.Question = x.Texts[0].Question
		}
		e, note, err := x.entry(places, language)
		if err != nil {
			result.Outcome, result.Reason = ImportInvalid, problemText(err)
			results = append(results, result)
			continue
		}
		result.Question = e.Texts[0].Question
		before, there := byID[e.ID]
		double := uuid.Nil
		for _, t := range e.Texts {
			if other, is := byText[questionKey(t, e.Scope)]; is && other != e.ID {
				double = other
			}
		}
		switch {
		case inFile[e.ID] && e.ID != uuid.Nil:
			result.Outcome, result.Reason = ImportInvalid, "An entry above has the same id."
		case there && equal(before, e):
			result.Outcome = ImportUnchanged
		case there:
			result.Outcome = ImportChanged
		case double != uuid.Nil:
			result.Outcome, result.Reason = ImportDuplicate, "An entry with this question already exists."
		default:
			result.Outcome = ImportNew
		}
		if result.Reason == "" {
			result.Reason = note
		}
		inFile[e.ID] = true
		if result.Outcome == ImportNew || result.Outcome == ImportChanged {
			if e.ID == uuid.Nil {
				e.ID = uuid.Must(uuid.NewV7())
			}
			put = append(put, e)
			for _, t := range e.Texts {
				byText[questionKey(t, e.Scope)] = e.ID
			}
		}
		results = append(results, result)
	}
	return results, put
}

// rejectBeyondLimits marks as wrong what somebody who is limited to customers cannot write: entries for all customers. It returns the rest.
func rejectBeyondLimits(results []ImportResult, put, known []Entry) []Entry {
	everybodys := map[uuid.UUID]bool{}
	for _, e := range known {
		everybodys[e.ID] = e.Scope.Customer == uuid.Nil && e.Scope.Website == uuid.Nil
	}
	var rest []Entry
	next := 0
	for i := range results {
		if results[i].Outcome != ImportNew && results[i].Outcome != ImportChanged {
			continue
		}
		e := put[next]
		next++
		if everybodys[e.ID] || e.Scope.Customer == uuid.Nil && e.Scope.Website == uuid.Nil {
			results[i].Outcome, results[i].Reason = ImportInvalid, "The entry is for all customers, and you are limited to some. Add one of your customers."
			continue
		}
		rest = append(rest, e)
	}
	return rest
}

func questionKey(t Text, s Scope) string {
	return fmt.Sprint(t.Language, "\x00", strings.Join(SearchWords(t.Question), " "), "\x00", s)
}

func equal(a, b Entry) bool {
	order := func(x, y Text) int { return strings.Compare(x.Language, y.Language) }
	left, right := slices.Clone(a.Texts), slices.Clone(b.Texts)
	slices.SortFunc(left, order)
	slices.SortFunc(right, order)
	return a.Category == b.Category && a.State == b.State && a.Scope == b.Scope && slices.Equal(left, right)
}

// entry turns a record into an entry. An id that is none of an entry's only holds rows of the file together. note says what to know
// about it.
func (x Record) entry(places scopeIndexes, language string) (e Entry, note string, err error) {
	e = Entry{Category: x.Category, State: x.State, Texts: slices.Clone(x.Texts)}
	if id, err := uuid.Parse(x.ID); err == nil {
		e.ID = id
	}
	if e.State == "" {
		e.State = Published
	}
	for i := range e.Texts {
		if e.Texts[i].Language == "" {
			e.Texts[i].Language = language
		}
	}
	if x.problem != "" {
		return e, "", fail.New(fail.Invalid, "%s", x.problem)
	}
	if e.Scope, note, err = x.scope(places); err != nil {
		return e, "", err
	}
	return e, note, e.check()
}

// problemText words why a record is wrong.
func problemText(err error) string {
	e := fail.As(err)
	if e == nil || len(e.Fields) == 0 {
		return err.Error()
	}
	var list []string
	for _, text := range e.Fields {
		list = append(list, text)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}
