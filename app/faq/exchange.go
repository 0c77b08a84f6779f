package faq

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/fail"
	"parley/app/faq/internal/faqdb"
	"parley/app/pg"
)

// Record is an entry as files have it. Scopes are names.
type Record struct {
	ID       string `json:"id,omitempty"` // an entry's id, or any name that several rows of a file share
	Category string `json:"category,omitempty"`
	State    State  `json:"state,omitempty"` // empty: live
	Customer string `json:"customer,omitempty"`
	Website  string `json:"website,omitempty"`
	Group    string `json:"group,omitempty"`
	Texts    []Text `json:"texts"`

	row int // where it begins in the file, from 1
}

var columns = []string{"id", "category", "state", "customer", "website", "group", "language", "question", "answer"}

// Export writes the whole catalogue, as CSV (a row for each text) or JSON. What Import makes of it is what is there.
func (r *Room) Export(ctx context.Context, who access.Actor, format string, w io.Writer) error {
	t, err := r.db.For(who, access.Manage)
	if err != nil {
		return err
	}
	rows, err := faqdb.New(t).AllEntries(pg.Long(ctx), true)
	if err != nil {
		return err
	}
	var list []Record
	for _, row := range rows {
		id := row.ID.String()
		if n := len(list); n == 0 || list[n-1].ID != id {
			list = append(list, Record{ID: id, Category: row.Category, State: State(row.State), Customer: row.CustomerName, Website: row.WebsiteName, Group: row.GroupName})
		}
		x := &list[len(list)-1]
		x.Texts = append(x.Texts, Text{row.Language, row.Question, row.Answer})
	}
	if format == "json" {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(struct {
			Entries []Record `json:"entries"`
		}{append([]Record{}, list...)})
	}
	out := bufio.NewWriter(w)
	row(out, columns)
	for _, x := range list {
		for _, t := range x.Texts {
			row(out, []string{x.ID, x.Category, string(x.State), x.Customer, x.Website, x.Group, t.Language, t.Question, t.Answer})
		}
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

// Read reads a file of entries: JSON if it begins with a brace or bracket, else CSV with a head line, separated by commas,
// semicolons or tabs.
func Read(data []byte) ([]Record, error) {
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	if len(data) == 0 {
		return nil, fail.Field("file", "The file is empty.")
	}
	if !utf8.Valid(data) {
		return nil, fail.Field("file", "The file is not in UTF-8. Save it as “CSV UTF-8” and try again.")
	}
	var list []Record
	var err error
	if data[0] == '{' || data[0] == '[' {
		list, err = readJSON(data)
	} else {
		list, err = readCSV(data)
	}
	if err == nil && len(list) == 0 {
		err = fail.Field("file", "There is no entry in the file.")
	}
	if err == nil && len(list) > importMost {
		err = tooMany(len(list))
	}
	return list, err
}

func tooMany(n int) error {
	return fail.Field("file", "The file has more than %d entries; at most %d can come at once. Divide it.", min(n, importMost), importMost)
}

func readJSON(data []byte) ([]Record, error) {
	var file struct {
		Entries []Record `json:"entries"`
	}
	var err error
	objects := bytes.Count(data, []byte("{")) // entries and texts, and what stands in them
	if objects > 2+importMost*(1+maxTexts) || objects > 2+2*importMost && len(data) < 40*objects {
		return nil, tooMany(objects)
	}
	if data[0] == '[' {
		err = json.Unmarshal(data, &file.Entries)
	} else {
		err = json.Unmarshal(data, &file)
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return nil, fail.Field("file", "The JSON cannot be read: line %d, %s.", 1+bytes.Count(data[:min(int(syntax.Offset), len(data))], []byte("\n")), syntax)
	}
	if err != nil {
		return nil, fail.Field("file", "The JSON is not a list of entries: %s.", err)
	}
	for i := range file.Entries {
		file.Entries[i].row = i + 1
	}
	return file.Entries, nil
}

func readCSV(data []byte) ([]Record, error) {
	line, _, _ := bytes.Cut(data, []byte("\n"))
	in := csv.NewReader(bytes.NewReader(data))
	in.FieldsPerRecord = -1
	for _, sep := range ",;\t" {
		if bytes.Count(line, []byte(string(sep))) > bytes.Count(line, []byte(string(in.Comma))) {
			in.Comma = sep
		}
	}
	head, err := in.Read()
	if err != nil {
		return nil, fail.Field("file", "The first line cannot be read: %s.", err)
	}
	at := map[string]int{}
	for i, name := range head {
		at[strings.ToLower(strings.TrimSpace(name))] = i
	}
	if _, there := at["question"]; !there {
		return nil, fail.Field("file", "The first line must name the columns; “question” and “answer” are needed. All: %s.", strings.Join(columns, ", "))
	}
	if _, there := at["answer"]; !there {
		return nil, fail.Field("file", "The first line names no column “answer”. All: %s.", strings.Join(columns, ", "))
	}
	var list []Record
	of := map[string]int{}
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, fail.Field("file", "The file cannot be read: %s.", err)
		}
		field := func(name string) string {
			if i, there := at[name]; there && i < len(row) {
				return strings.TrimSpace(unguarded(row[i]))
			}
			return ""
		}
		n, _ := in.FieldPos(0)
		text := Text{field("language"), field("question"), field("answer")}
		if len(list) > importMost {
			return nil, tooMany(len(list))
		}
		id := field("id")
		if i, there := of[id]; there && id != "" { // another language of the same entry
			if len(list[i].Texts) > maxTexts {
				return nil, fail.Field("file", "Line %d: the entry %q has more than %d languages.", n, id, maxTexts)
			}
			list[i].Texts = append(list[i].Texts, text)
			continue
		}
		of[id] = len(list)
		list = append(list, Record{ID: id, Category: field("category"), State: State(strings.ToLower(field("state"))), Customer: field("customer"), Website: field("website"),
			Group: field("group"), Texts: []Text{text}, row: n})
	}
}

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
	Why      string
}

// Names is what scopes are called.
type Names struct {
	Customers, Websites, Groups map[string]uuid.UUID
}

// Import puts the records of a file into the catalogue; dry only says what would become of each. Entries are stored in small
// transactions, so that a large file holds up nobody: if it fails in the middle, the error says how far it came, and importing
// the same file again goes on from there. The error is fail.Busy while other files of the organization are being imported.
func (r *Room) Import(ctx context.Context, who access.Actor, records []Record, names Names, language string, dry Dry) ([]Fate, error) {
	t, err := r.db.For(who, access.Manage)
	if err != nil {
		return nil, err
	}
	release, err := r.imports.Acquire(ctx, who.Org())
	if err != nil {
		return nil, err
	}
	defer release()
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
	inFile := map[uuid.UUID]bool{}
	for _, x := range records {
		fate := Fate{Row: x.row}
		if len(x.Texts) > 0 {
			fate.Question = x.Texts[0].Question
		}
		e, err := x.entry(names, language)
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

// entry turns a record into an entry. An id that is none of an entry's only holds rows of the file together.
func (x Record) entry(names Names, language string) (Entry, error) {
	e := Entry{Category: x.Category, State: x.State, Texts: slices.Clone(x.Texts)}
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
	var err error
	find := func(what, name string, in map[string]uuid.UUID) (id uuid.UUID) {
		if name == "" {
			return uuid.Nil
		}
		id, there := in[strings.ToLower(name)]
		if !there && err == nil {
			err = fail.New(fail.Invalid, "There is no %s called “%s”.", what, name)
		}
		return id
	}
	e.Scope = Scope{find("customer", x.Customer, names.Customers), find("website", x.Website, names.Websites), find("group", x.Group, names.Groups)}
	if err != nil {
		return e, err
	}
	return e, e.check()
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
