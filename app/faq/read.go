package faq

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"parley/app/fail"
)

// Read is ReadFile of what is in memory.
func Read(data []byte) ([]Record, error) { return ReadFile(bytes.NewReader(data)) }

// ReadFile reads a file of entries: JSON if it begins with a brace or bracket, else CSV with a head line, separated by commas,
// semicolons or tabs. It reads the file several times, and has no more of it in memory than the entries.
func ReadFile(file io.ReadSeeker) ([]Record, error) {
	in, first, err := begin(file)
	if err != nil {
		return nil, err
	}
	if err := lookThrough(in, first != '{' && first != '['); err != nil {
		return nil, err
	}
	if in, _, err = begin(file); err != nil {
		return nil, err
	}
	var list []Record
	if first == '{' || first == '[' {
		list, err = readJSON(file, in, first)
	} else {
		list, err = readCSV(in)
	}
	if err == nil && len(list) == 0 {
		err = fail.Field("file", "There is no entry in the file.")
	}
	if err == nil && len(list) > importMost {
		err = tooMany(len(list))
	}
	return list, err
}

// begin goes to the beginning of a file: after the mark that some programs put before UTF-8, and after white space.
func begin(file io.ReadSeeker) (*bufio.Reader, byte, error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, 0, err
	}
	in := bufio.NewReader(file)
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

// columnsMost is how many columns a line of a table can have: each takes far more memory than bytes.
const columnsMost = 1000

// lookThrough refuses what is not UTF-8, and a table with very many columns.
func lookThrough(in *bufio.Reader, table bool) error {
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
			if separators++; separators > columnsMost {
				return fail.Field("file", "The file has a line with more than %d columns.", columnsMost)
			}
		}
	}
}

func tooMany(n int) error {
	return fail.Field("file", "The file has more than %d entries; at most %d can come at once. Divide it.", min(n, importMost), importMost)
}

// readJSON reads a list of entries, or an object that has one under "entries", entry by entry.
func readJSON(file io.ReadSeeker, in io.Reader, first byte) (list []Record, err error) {
	dec := json.NewDecoder(in)
	wrong := func(err error) error {
		var syntax *json.SyntaxError
		if !errors.As(err, &syntax) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
			return fail.Field("file", "The JSON is not a list of entries: %s.", err)
		}
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fail.Field("file", "The JSON cannot be read: line %d, %s.", wrongLine(file), err)
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
			if len(list) >= importMost {
				return tooMany(len(list) + 1)
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
			err = skip(dec)
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

// skip reads a value without keeping it.
func skip(dec *json.Decoder) error {
	for depth := 0; ; {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			if depth++; depth > deepest {
				return errDeep
			}
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// deepest is how deep values that are not entries can be nested: each level takes far more memory than a byte.
const deepest = 1000

var errDeep = fail.Field("file", "The JSON is nested too deeply.")

// wrongLine is the number of the line in which JSON cannot be read: after the last token that can.
func wrongLine(file io.ReadSeeker) int {
	in, _, err := begin(file)
	if err != nil {
		return 1
	}
	dec := json.NewDecoder(in)
	for depth := 0; err == nil && depth <= deepest; {
		var t json.Token
		switch t, err = dec.Token(); t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	at, line := dec.InputOffset(), 1
	if in, _, err = begin(file); err != nil {
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

func readCSV(from *bufio.Reader) ([]Record, error) {
	line, _ := from.Peek(from.Buffered()) // some kilobytes
	line, _, _ = bytes.Cut(line, []byte("\n"))
	in := csv.NewReader(from)
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
