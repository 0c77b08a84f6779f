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

	"parley/app/access"
	"parley/app/fail"
	"parley/app/faq/internal/faqdb"
	"parley/app/pg"
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

	row   int    // where it begins in the file, from 1
	wrong string // what is wrong with it already; empty: nothing
}

var columns = []string{"id", "category", "state", "customer", "customer_id", "website", "website_id", "group", "group_id", "language", "question", "answer"}

// Export writes the whole catalogue, as CSV (a row for each text, in UTF-8 with a mark that says so) or JSON. What Import makes of it is
// what is there.
func (r *Room) Export(ctx context.Context, who access.Actor, format string, w io.Writer) error {
	t, err := r.db.For(who, access.Manage)
	if err != nil {
		return err
	}
	long, q := pg.Long(ctx), faqdb.New(t)
	ids, err := q.EntriesInOrder(long)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	write, end := csvWriter(out)
	if format == "json" {
		write, end = jsonWriter(out)
	}
	for some := range slices.Chunk(ids, exportAtOnce) {
		rows, err := q.EntriesForExport(long, some)
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

// row writes a line of CSV with every field in quotes: whatever a spreadsheet takes for a separator, no text becomes a formula.
func row(w *bufio.Writer, fields []string) {
	for i, f := range fields {
		if i > 0 {
			w.WriteByte(',')
		}
		w.WriteString(`"` + strings.ReplaceAll(guarded(f), `"`, `""`) + `"`)
	}
	w.WriteString("\r\n")
}

const (
	importMost  = 20_000   // entries in one file
	ImportBytes = 16 << 20 // of a file
	entriesMost = 20_000   // in one catalogue
)

// What becomes of a record of a file.
const (
	FateNew    = "new"
	FateChange = "changed"
	FateSame   = "unchanged"
	FateDouble = "double" // says what another one says already; left out
	FateWrong  = "wrong"  // left out
)

// Fate is what an import does with one record.
type Fate struct {
	Row      int // of the file
	Question string
	What     string // one of the words above
	Why      string // or what to know about it
}

// Import puts the records of a file into the catalogue; dry only says what would become of each. Entries are stored in small
// transactions, so that a large file holds up nobody: if it fails in the middle, the error says how far it came, and importing
// the same file again goes on from there.
func (r *Room) Import(ctx context.Context, who access.Actor, records []Record, names Names, language string, dry Dry) ([]Fate, error) {
	t, err := r.db.For(who, access.Manage)
	if err != nil {
		return nil, err
	}
	long := pg.Long(ctx)
	rows, err := faqdb.New(t).AllEntries(long, true)
	if err != nil {
		return nil, err
	}
	known := gathered(rows)
	fates, taken := judge(records, known, names, language)
	if who.Limited() {
		taken = withinLimits(fates, taken, known)
	}
	if len(known)+len(taken) > entriesMost {
		return nil, fail.Field("file", "There would be more than %d entries, which is all a catalogue can have.", entriesMost)
	}
	if dry == OnlyLook {
		return fates, nil
	}
	var stored []uuid.UUID
	for list := range slices.Chunk(taken, importChunk) {
		if err = t.Tx(long, func(tx *pg.Tenant) error { return put(long, faqdb.New(tx), who, list, true) }); err != nil {
			break
		}
		for _, e := range list {
			stored = append(stored, e.ID)
		}
	}
	if len(stored) > 0 {
		r.tell(who.Org(), stored...)
	}
	return fates, interrupted(err, len(stored), len(taken))
}

// importChunk is how many entries of a file are stored at once.
const importChunk = 200

// interrupted words an error in the middle of an import.
func interrupted(err error, stored, all int) error {
	switch {
	case err == nil:
		return nil
	case pg.Denied(err):
		return fail.Field("file", "The file changes an entry that is not one of your customers'. Remove the ids of entries that are not yours, and try again.")
	case stored == 0:
		return err
	}
	slog.Warn("an import was interrupted", "stored", stored, "of", all, "error", err)
	return fail.Field("file", "%d of %d entries were stored; then the import was interrupted. Import the same file again: it goes on where it stopped.", stored, all)
}

// Dry says whether an import only looks.
type Dry bool

const (
	OnlyLook Dry = true
	Really   Dry = false
)

// judge says what becomes of each record, and what is to be written.
func judge(records []Record, known []Entry, names Names, language string) (fates []Fate, put []Entry) {
	byID, byText := map[uuid.UUID]Entry{}, map[string]uuid.UUID{}
	for _, e := range known {
		byID[e.ID] = e
		for _, t := range e.Texts {
			byText[said(t, e.Scope)] = e.ID
		}
	}
	inFile, places := map[uuid.UUID]bool{}, names.index()
	for _, x := range records {
		fate := Fate{Row: x.row}
		if len(x.Texts) > 0 {
			fate.Question = x.Texts[0].Question
		}
		e, note, err := x.entry(places, language)
		if err != nil {
			fate.What, fate.Why = FateWrong, reason(err)
			fates = append(fates, fate)
			continue
		}
		fate.Question = e.Texts[0].Question
		before, there := byID[e.ID]
		double := uuid.Nil
		for _, t := range e.Texts {
			if other, is := byText[said(t, e.Scope)]; is && other != e.ID {
				double = other
			}
		}
		switch {
		case inFile[e.ID] && e.ID != uuid.Nil:
			fate.What, fate.Why = FateWrong, "An entry above has the same id."
		case there && equal(before, e):
			fate.What = FateSame
		case there:
			fate.What = FateChange
		case double != uuid.Nil:
			fate.What, fate.Why = FateDouble, "The same question is there already, in the same place."
		default:
			fate.What = FateNew
		}
		if fate.Why == "" {
			fate.Why = note
		}
		inFile[e.ID] = true
		if fate.What == FateNew || fate.What == FateChange {
			if e.ID == uuid.Nil {
				e.ID = uuid.Must(uuid.NewV7())
			}
			put = append(put, e)
			for _, t := range e.Texts {
				byText[said(t, e.Scope)] = e.ID
			}
		}
		fates = append(fates, fate)
	}
	return fates, put
}

// withinLimits marks as wrong what somebody who is limited to customers cannot write: entries for all customers. It returns the rest.
func withinLimits(fates []Fate, put, known []Entry) []Entry {
	everybodys := map[uuid.UUID]bool{}
	for _, e := range known {
		everybodys[e.ID] = e.Scope.Customer == uuid.Nil && e.Scope.Website == uuid.Nil
	}
	var rest []Entry
	next := 0
	for i := range fates {
		if fates[i].What != FateNew && fates[i].What != FateChange {
			continue
		}
		e := put[next]
		next++
		if everybodys[e.ID] || e.Scope.Customer == uuid.Nil && e.Scope.Website == uuid.Nil {
			fates[i].What, fates[i].Why = FateWrong, "It is for all customers, and you are limited to some. Name one of them."
			continue
		}
		rest = append(rest, e)
	}
	return rest
}

func said(t Text, s Scope) string {
	return fmt.Sprint(t.Language, "\x00", strings.Join(Words(t.Question), " "), "\x00", s)
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
func (x Record) entry(places indices, language string) (e Entry, note string, err error) {
	e = Entry{Category: x.Category, State: x.State, Texts: slices.Clone(x.Texts)}
	if id, err := uuid.Parse(x.ID); err == nil {
		e.ID = id
	}
	if e.State == "" {
		e.State = Live
	}
	for i := range e.Texts {
		if e.Texts[i].Language == "" {
			e.Texts[i].Language = language
		}
	}
	if x.wrong != "" {
		return e, "", fail.New(fail.Invalid, "%s", x.wrong)
	}
	if e.Scope, note, err = x.scope(places); err != nil {
		return e, "", err
	}
	return e, note, e.check()
}

// reason words why a record is wrong.
func reason(err error) string {
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
