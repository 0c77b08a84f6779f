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

	"parley/app/platform/csvfile"
	"parley/app/platform/fail"
)

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
			return nil, nil, fail.Field("file", "The first line has the column “%s” twice. Remove one.", h)
		}
		if at[h] = i; h != "" && !slices.Contains(columns, h) && len(unknown) < 20 {
			unknown = append(unknown, strings.TrimSpace(name))
		}
	}
	if _, there := at["question"]; !there {
		return nil, nil, fail.Field("file",
			"The first line must contain the column names, with at least “question” and “answer”. All columns: %s.",
			strings.Join(columns, ", "))
	}
	if _, there := at["answer"]; !there {
		return nil, nil, fail.Field("file", "The first line has no column “answer”. Add it. All columns: %s.", strings.Join(columns, ", "))
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
		x := Record{
			ID:         field("id"),
			Category:   field("category"),
			State:      State(strings.ToLower(field("state"))),
			Customer:   field("customer"),
			CustomerID: field("customer_id"),
			Website:    field("website"),
			WebsiteID:  field("website_id"),
			Group:      field("group"),
			GroupID:    field("group_id"),
			row:        n + above,
			Texts:      []Text{{field("language"), field("question"), field("answer")}},
		}
		if len(list) > maxImportRecords {
			return nil, nil, errTooManyRecords(len(list))
		}
		if i, there := of[x.ID]; there && x.ID != "" { // another language of the same entry
			if len(list[i].Texts) > maxTexts {
				return nil, nil, fail.Field("file", "Line %d: the entry %q has more than %d languages. Remove some.", x.row, x.ID, maxTexts)
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
		return fail.Field("file", "Line %d: there is a quotation mark in a cell without quotation marks around it. Put "+
			"quotation marks around the cell and double those in its text, "+
			"or save the file as CSV with a spreadsheet program.", wrong.Line+above)
	case errors.Is(err, csv.ErrQuote):
		return fail.Field("file", "Line %d: a quotation mark is not closed. Close it after the cell’s text and double "+
			"those in the text, "+
			"or save the file as CSV with a spreadsheet program.", wrong.StartLine+above)
	}
	return fail.Field("file", "Line %d cannot be read. Save the file as CSV with a spreadsheet program.", wrong.Line+above)
}
