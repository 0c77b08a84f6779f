package faq

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/app/platform/csvfile"
	"parley/app/platform/fail"
)

// ImportFile is what a file has: its entries, and what whoever has chosen it should know about how it was read.
type ImportFile struct {
	Records []Record
	Notes   []string
}

// ParseFile is ReadFile of what is in memory.
func ParseFile(data []byte) ([]Record, error) {
	f, err := ReadFile(bytes.NewReader(data))
	return f.Records, err
}

// source is a file that can be read again and again, as UTF-8.
type source struct {
	file io.ReadSeeker
	charset
}

// ReadFile reads a file of entries: JSON if it begins with a brace or bracket, else CSV with a head line, separated by commas,
// semicolons or tabs, in UTF-8, UTF-16 or Windows-1252. It reads the file several times, and has no more of it in memory than the
// entries. fail.Invalid, of the field "file", if it cannot be read.
func ReadFile(file io.ReadSeeker) (f ImportFile, err error) {
	if err := rejectWorkbook(file); err != nil {
		return f, err
	}
	from := source{file: file}
	if from.charset, err = charsetOf(file); err != nil {
		return f, err
	}
	in, first, err := from.rewind()
	if err != nil {
		return f, err
	}
	if err := checkReadable(in, first != '{' && first != '['); err != nil {
		return f, err
	}
	if in, _, err = from.rewind(); err != nil {
		return f, err
	}
	if note := from.notice(); note != "" {
		f.Notes = append(f.Notes, note)
	}
	if first == '{' || first == '[' {
		f.Records, err = readJSON(from, in, first)
	} else {
		var unknown []string
		if f.Records, unknown, err = readCSV(in); len(unknown) > 0 {
			f.Notes = append(f.Notes, "These columns are not read: "+strings.Join(unknown, ", ")+".")
		}
	}
	if err == nil && len(f.Records) == 0 {
		err = fail.Field("file", "There is no entry in the file.")
	}
	if err == nil && len(f.Records) > maxImportRecords {
		err = errTooManyRecords(len(f.Records))
	}
	return f, err
}

// rejectWorkbook refuses a file of a spreadsheet program, whatever it is called.
func rejectWorkbook(file io.ReadSeeker) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	head := make([]byte, 4)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	switch string(head[:n]) {
	case "PK\x03\x04", "\xd0\xcf\x11\xe0":
		return fail.Field("file", "This is a workbook (Excel). Save it as CSV UTF-8 and import that.")
	}
	return nil
}

// rewind goes to the beginning of a file: after the mark that some programs put before UTF-8, and after white space.
func (s source) rewind() (*bufio.Reader, byte, error) {
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return nil, 0, err
	}
	in := bufio.NewReaderSize(s.reader(s.file), 8192)
	if mark, _ := in.Peek(3); string(mark) == "\xef\xbb\xbf" {
		in.Discard(3)
	}
	for {
		b, err := in.ReadByte()
		if errors.Is(err, io.EOF) {
			return nil, 0, fail.Field("file", "The file is empty.")
		}
		if err != nil {
			return nil, 0, err
		}
		if !strings.ContainsRune(" \t\r\n\v\f", rune(b)) {
			return in, b, in.UnreadByte()
		}
	}
}

// maxColumns is how many columns a line of a table can have: each takes far more memory than bytes.
const maxColumns = 1000

// checkReadable refuses characters that cannot be read, and a table with very many columns.
func checkReadable(in *bufio.Reader, table bool) error {
	quoted, separators := false, 0
	for {
		r, n, err := in.ReadRune()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case r == utf8.RuneError && n == 1:
			return fail.Field("file", "The file is not in UTF-8. Save it as “CSV UTF-8” and try again.")
		case r == '"':
			quoted = !quoted
		case quoted || !table:
		case r == '\n':
			separators = 0
		case r == ',' || r == ';' || r == '\t':
			if separators++; separators > maxColumns {
				return fail.Field("file", "The file has a line with more than %d columns.", maxColumns)
			}
		}
	}
}

func errTooManyRecords(n int) error {
	return fail.Field("file", "The file has more than %d entries; at most %d can come at once. Divide it.", min(n, maxImportRecords), maxImportRecords)
}

// readJSON reads a list of entries, or an object that has one under "entries", entry by entry.
func readJSON(file source, in io.Reader, first byte) (list []Record, err error) {
	dec := json.NewDecoder(in)
	wrong := func(err error) error {
		var syntax *json.SyntaxError
		if !errors.As(err, &syntax) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
			return fail.Field("file", "The JSON is not a list of entries: %s.", err)
		}
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fail.Field("file", "The JSON cannot be read: line %d, %s.", findBadLine(file), err)
	}
	entries := func() error {
		if t, err := dec.Token(); err != nil || t != json.Delim('[') {
			if err == nil {
				err = errors.New("the entries are not in brackets")
			}
			return err
		}
		for dec.More() {
			var raw json.RawMessage
			if err := dec.Decode(&raw); err != nil {
				return err
			}
			if len(list) >= maxImportRecords {
				return errTooManyRecords(len(list) + 1)
			}
			if n := bytes.Count(raw, []byte("{")); n > 1+maxTexts && len(raw) < 40*n { // texts without a word take much memory
				return fail.Field("file", "The entry %d has more than %d languages.", len(list)+1, maxTexts)
			}
			x := Record{row: len(list) + 1}
			if err := json.Unmarshal(raw, &x); err != nil {
				return err
			}
			list = append(list, x)
		}
		_, err := dec.Token()
		return err
	}
	if first == '[' {
		err = entries()
	} else {
		_, err = dec.Token()
		for err == nil && dec.More() {
			var name json.Token
			if name, err = dec.Token(); err != nil {
				break
			}
			if text, _ := name.(string); strings.EqualFold(text, "entries") {
				err = entries()
				continue
			}
			err = skipJSONValue(dec)
		}
		if err == nil {
			_, err = dec.Token()
		}
	}
	if err == nil {
		if _, more := dec.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows after the end")
		}
	}
	if err != nil && fail.As(err) == nil {
		err = wrong(err)
	}
	return list, err
}

// skipJSONValue reads a value without keeping it.
func skipJSONValue(dec *json.Decoder) error {
	for depth := 0; ; {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			if depth++; depth > maxJSONDepth {
				return errTooDeep
			}
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// maxJSONDepth is how deep values that are not entries can be nested: each level takes far more memory than a byte.
const maxJSONDepth = 1000

var errTooDeep = fail.Field("file", "The JSON is nested too deeply.")

// findBadLine is the number of the line in which JSON cannot be read: after the last token that can.
func findBadLine(file source) int {
	in, _, err := file.rewind()
	if err != nil {
		return 1
	}
	dec := json.NewDecoder(in)
	for depth := 0; err == nil && depth <= maxJSONDepth; {
		var t json.Token
		switch t, err = dec.Token(); t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	at, line := dec.InputOffset(), 1
	if in, _, err = file.rewind(); err != nil {
		return 1
	}
	for ; ; at-- {
		b, err := in.ReadByte()
		if err != nil || at <= 0 && !strings.ContainsRune(" \t\r\n,:", rune(b)) {
			return line
		}
		if b == '\n' {
			line++
		}
	}
}

// separatorOf returns what separates the fields of a table: what a line sep=; before it says, else what stands most often in its first
// line, outside of quotes. named reports whether there is such a line, which is no part of the table.
func separatorOf(from *bufio.Reader) (separator rune, named bool) {
	line, _ := from.Peek(4096)
	line, _, _ = bytes.Cut(line, []byte("\n"))
	if name := strings.Trim(strings.TrimSpace(string(line)), `"`); len(name) == 5 && strings.EqualFold(name[:4], "sep=") && strings.ContainsAny(name[4:], ",;|") {
		return rune(name[4]), true
	}
	if name := strings.TrimRight(strings.Trim(string(line), `"`), "\r"); strings.EqualFold(name, "sep=\t") {
		return '\t', true
	}
	times, inside := map[rune]int{}, false
	for _, r := range string(line) {
		switch {
		case r == '"':
			inside = !inside
		case !inside:
			times[r]++
		}
	}
	separator = ','
	for _, r := range ";\t" {
		if times[r] > times[separator] {
			separator = r
		}
	}
	return separator, false
}

// columnName is the name of a column however it is written: Customer ID is customer_id.
func columnName(s string) string {
	s = strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), "_")
	for _, name := range columns {
		if strings.ReplaceAll(name, "_", "") == s {
			return name
		}
	}
	return s
}

func readCSV(from *bufio.Reader) (list []Record, unknown []string, err error) {
	in, above := csv.NewReader(from), 0
	in.FieldsPerRecord = -1
	separator, named := separatorOf(from)
	if in.Comma = separator; named {
		from.ReadString('\n')
		above = 1
	}
	head, err := in.Read()
	if err != nil {
		return nil, nil, csvError(err, above)
	}
	at := map[string]int{}
	for i, name := range head {
		h := columnName(name)
		if _, twice := at[h]; twice && slices.Contains(columns, h) {
			return nil, nil, fail.Field("file", "The first line names the column “%s” twice.", h)
		}
		if at[h] = i; h != "" && !slices.Contains(columns, h) && len(unknown) < 20 {
			unknown = append(unknown, strings.TrimSpace(name))
		}
	}
	if _, there := at["question"]; !there {
		return nil, nil, fail.Field("file", "The first line must name the columns; “question” and “answer” are needed. All: %s.", strings.Join(columns, ", "))
	}
	if _, there := at["answer"]; !there {
		return nil, nil, fail.Field("file", "The first line names no column “answer”. All: %s.", strings.Join(columns, ", "))
	}
	of := map[string]int{}
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return list, unknown, nil
		}
		if err != nil {
			return nil, nil, csvError(err, above)
		}
		field := func(name string) string {
			if i, there := at[name]; there && i < len(row) {
				return strings.TrimSpace(csvfile.UnescapeFormula(row[i]))
			}
			return ""
		}
		if !slices.ContainsFunc(row, func(cell string) bool { return strings.TrimSpace(cell) != "" }) {
			continue
		}
		n, _ := in.FieldPos(0)
		x := Record{ID: field("id"), Category: field("category"), State: State(strings.ToLower(field("state"))), Customer: field("customer"), CustomerID: field("customer_id"),
			Website: field("website"), WebsiteID: field("website_id"), Group: field("group"), GroupID: field("group_id"), row: n + above,
			Texts: []Text{{field("language"), field("question"), field("answer")}}}
		if len(list) > maxImportRecords {
			return nil, nil, errTooManyRecords(len(list))
		}
		if i, there := of[x.ID]; there && x.ID != "" { // another language of the same entry
			if len(list[i].Texts) > maxTexts {
				return nil, nil, fail.Field("file", "Line %d: the entry %q has more than %d languages.", x.row, x.ID, maxTexts)
			}
			list[i].merge(x)
			continue
		}
		of[x.ID] = len(list)
		list = append(list, x)
	}
}

// csvError words why a table cannot be read.
func csvError(err error, above int) error {
	var wrong *csv.ParseError
	switch {
	case !errors.As(err, &wrong):
		return fmt.Errorf("read a table: %w", err)
	case errors.Is(err, csv.ErrBareQuote):
		return fail.Field("file", "Line %d: a quotation mark stands inside a cell that has none around it. Put quotation marks around the cell and double those in its text, "+
			"or save the file as CSV with a spreadsheet program.", wrong.Line+above)
	case errors.Is(err, csv.ErrQuote):
		return fail.Field("file", "Line %d: a quotation mark is not closed. Close it behind the cell’s text, and double those in the text, "+
			"or save the file as CSV with a spreadsheet program.", wrong.StartLine+above)
	}
	return fail.Field("file", "Line %d cannot be read. Save the file as CSV with a spreadsheet program.", wrong.Line+above)
}

// merge adds the text of another row of the same entry. What that row says differently of the entry makes the entry wrong; what it
// leaves empty is as above.
func (x *Record) merge(row Record) {
	x.Texts = append(x.Texts, row.Texts...)
	for _, c := range []struct{ name, above, here string }{{"category", x.Category, row.Category}, {"state", string(x.State), string(row.State)},
		{"customer", x.Customer, row.Customer}, {"customer_id", x.CustomerID, row.CustomerID}, {"website", x.Website, row.Website},
		{"website_id", x.WebsiteID, row.WebsiteID}, {"group", x.Group, row.Group}, {"group_id", x.GroupID, row.GroupID}} {
		if c.here != "" && c.here != c.above && x.problem == "" {
			x.problem = fmt.Sprintf("Line %d has the same id and another %s.", row.row, c.name)
		}
	}
}
