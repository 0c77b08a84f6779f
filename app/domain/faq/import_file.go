package faq

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

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
			f.Notes = append(f.Notes, "These columns are ignored: "+strings.Join(unknown, ", ")+".")
		}
	}
	if err == nil && len(f.Records) == 0 {
		err = fail.Field("file", "The file has no entries. Choose another file.")
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
		return fail.Field("file", "This is an Excel workbook. Save it as “CSV UTF-8” and import that file.")
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
			return nil, 0, fail.Field("file", "The file is empty. Choose another file.")
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
				return fail.Field("file", "The file has a line with more than %d columns. Remove columns.", maxColumns)
			}
		}
	}
}

func errTooManyRecords(n int) error {
	return fail.Field("file", "The file has more than %d entries, but at most %d can be imported at once. Split it into smaller files.",
		min(n, maxImportRecords), maxImportRecords)
}

// merge adds the text of another row of the same entry. What that row says differently of the entry makes the entry wrong; what it
// leaves empty is as above.
func (x *Record) merge(row Record) {
	x.Texts = append(x.Texts, row.Texts...)
	for _, c := range []struct{ name, above, here string }{
		{"category", x.Category, row.Category},
		{"state", string(x.State), string(row.State)},
		{"customer", x.Customer, row.Customer},
		{"customer_id", x.CustomerID, row.CustomerID},
		{"website", x.Website, row.Website},
		{"website_id", x.WebsiteID, row.WebsiteID},
		{"group", x.Group, row.Group},
		{"group_id", x.GroupID, row.GroupID},
	} {
		if c.here != "" && c.here != c.above && x.problem == "" {
			x.problem = fmt.Sprintf("Line %d has the same id but a different %s.", row.row, c.name)
		}
	}
}
