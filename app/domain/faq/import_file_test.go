package faq

import (
	"encoding/binary"
	"runtime"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"
)

// What is read of a file, in each form, and what is wrong with it in words.
func TestReadFile(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, file string
		entries    int
		why        string // part of the refusal
	}{
		{"a table", "\xef\xbb\xbf\n question,answer\r\nQ,A\r\n\"Q, 2\",\"A\n2\"\r\n", 2, ""},
		{"semicolons", "id;question;answer\n1;Q;A\n1;Q2;A2\n", 1, ""},
		{"a list", ` [{"texts":[{"question":"Q","answer":"A"}]}, {"texts":[]}]`, 2, ""},
		{"an object", `{"version": {"a": [1, {"b": null}]}, "Entries": [{"texts":[{"question":"Q {x}","answer":"A"}]}], "more": []}`, 1, ""},
		{"no entry", `{"entries": []}`, 0, "has no entries"},
		{"nothing", " \n ", 0, "is empty"},
		{"no list", `{"entries": {"a": 1}}`, 0, "not in brackets"},
		{"cut", "[\n{\"texts\":[]},\n{\"te", 0, "line 3"},
		{"wrong", "[\n{\"texts\":[]},\n oops]", 0, "line 3"},
		{"more behind", `[{"texts":[]}] {}`, 0, "after the end"},
		{"of another shape", `[{"texts": 5}]`, 0, "not a list of entries"},
		{"no text", "question,answer\nQ,caf\xe9\x81\n", 0, "not a text file"},
		{"a program", "\x7fELF\x02\x01\x01\xff\x00\x00\x00\xfe", 0, "not a text file"},
		{"a column twice", "question,answer,Question\nQ,A,B\n", 0, "twice"},
		{"a quotation mark that is not closed", "question,answer\nQ,\"A\nQ2,A2\n", 0, "Line 2: a quotation mark is not closed."},
		{"one below a line sep=", "sep=;\nquestion;answer\n\"Q;A\n\"Q2\";A2\n", 0, "Line 3: a quotation mark is not closed."},
		{"one in the first line", "question,\"answer\n", 0, "Line 1: a quotation mark is not closed."},
		{"one inside a cell", "question,answer\nQ,A\n24\" or 27\",A\n", 0, "Line 3: there is a quotation mark in a cell"},
		{"a workbook", "PK\x03\x04\x14\x00\x06\x00xl/workbook.xml", 0, "This is an Excel workbook."},
		{"an old workbook", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0, "This is an Excel workbook."},
		{"no columns", "a,b\n1,2\n", 0, "question"},
	} {
		list, err := ParseFile([]byte(c.file))
		if c.why == "" && (err != nil || len(list) != c.entries) || c.why != "" && (err == nil || !strings.Contains(err.Error(), c.why)) {
			t.Errorf("%s: %d entries, %v", c.name, len(list), err)
		}
	}
}

// encoded writes a text as UTF-16.
func encoded(s string, order binary.ByteOrder, mark bool) string {
	if mark {
		s = "\ufeff" + s
	}
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, 0, 0)
		order.PutUint16(b[len(b)-2:], u)
	}
	return string(b)
}

// The same table is read from whatever program has written it.
func TestReadCSVDialects(t *testing.T) {
	t.Parallel()
	const table = "id;Question;ANSWER;Customer ID;category\r\na;\"Wo; ist „mein“ Paket?\";\"Zeile 1\nZeile 2; \"\"ja\"\"\";;Größe\r\n"
	cp1252, _ := charmap.Windows1252.NewEncoder().String(table)
	for name, file := range map[string]string{
		"as it is":                 table,
		"a mark":                   "\ufeff" + table,
		"sep=":                     "\ufeffsep=;\r\n" + table,
		"SEP= in quotes":           "\"SEP=;\"\n" + table,
		"CR":                       strings.ReplaceAll(table, "\r\n", "\r"),
		"CR and CR in a cell":      strings.ReplaceAll(strings.ReplaceAll(table, "\r\n", "\r"), "\n", "\r"),
		"LF":                       strings.ReplaceAll(table, "\r\n", "\n"),
		"CR LF in a cell":          strings.ReplaceAll(strings.ReplaceAll(table, "\r\n", "\n"), "\n", "\r\n"),
		"UTF-16 LE":                encoded(table, binary.LittleEndian, true),
		"UTF-16 BE":                encoded(table, binary.BigEndian, true),
		"UTF-16 LE without a mark": encoded(table, binary.LittleEndian, false),
		"UTF-16 BE without a mark": encoded(table, binary.BigEndian, false),
		"UTF-16 and sep=":          encoded("sep=;\r"+strings.ReplaceAll(table, "\r\n", "\r"), binary.LittleEndian, true),
		"Windows-1252":             cp1252,
		"tabs": strings.NewReplacer("id;Question;ANSWER;Customer ID;category",
			"id\tQuestion\tANSWER\tCustomer ID\tcategory", "a;", "a\t", "\";\"Z", "\"\t\"Z", "\";;G", "\"\t\tG").Replace(table),
		"commas": strings.NewReplacer("id;Question;ANSWER;Customer ID;category",
			"id,Question,ANSWER,Customer ID,category", "a;", "a,", "\";\"Z", "\",\"Z", "\";;G", "\",,G").Replace(table),
		"commas in headings":      strings.Replace(table, "ANSWER", "ANSWER;\"Note, for us, only, and, some, more\"", 1),
		"quoted headings":         strings.Replace(table, "id;Question;ANSWER", "\"id\";\" question \";\"Answer\"", 1),
		"empty columns and lines": strings.ReplaceAll(table, "\r\n", ";;;\r\n") + "\r\n;;;;;;\r\n\r\n",
	} {
		f, err := ReadFile(strings.NewReader(file))
		if err != nil || len(f.Records) != 1 {
			t.Errorf("%s: %+v, %v", name, f, err)
			continue
		}
		x, category := f.Records[0], "Größe"
		if name == "commas in headings" {
			x.Category, category = "", ""
		}
		if want := (Text{
			"", "Wo; ist „mein“ Paket?", "Zeile 1\nZeile 2; \"ja\"",
		}); x.ID != "a" || x.Texts[0] != want || x.Category != category {
			t.Errorf("%s: %+v", name, x)
		}
		if wants := map[string]string{
			"Windows-1252":       "Windows-1252",
			"commas in headings": "Note, for us",
		}[name]; (wants != "") != (len(f.Notes) > 0) || wants != "" && !strings.Contains(f.Notes[0], wants) {
			t.Errorf("%s: it is said %q", name, f.Notes)
		}
	}
}

// Rows of one entry must not disagree on it.
func TestRowsOfOneEntryAgree(t *testing.T) {
	t.Parallel()
	list, err := ParseFile([]byte("id,category,language,question,answer\na,X,en,Q,A\na,,de,F,A\na,Y,fr,Q,R\n"))
	if err != nil || len(list) != 1 || len(list[0].Texts) != 3 {
		t.Fatal(list, err)
	}
	fates, put := planImport(list, nil, ScopeNames{}, "en")
	if len(put) != 0 || fates[0].Outcome != ImportInvalid ||
		!strings.Contains(fates[0].Reason, "Line 4 has the same id but a different category.") {
		t.Errorf("%+v", fates)
	}
}

// What takes far more memory than bytes is refused before it is there.
func TestReadFileIsBounded(t *testing.T) {
	for name, file := range map[string]string{
		"many columns":   "question,answer\n" + strings.Repeat(",", MaxImportBytes-100),
		"columns in two": "question,answer\n" + strings.Repeat("\"\n\""+strings.Repeat(",", 400), MaxImportBytes/410),
		"many texts":     `[{"texts":[` + strings.Repeat("{},", MaxImportBytes/3-10) + `{}]}]`,
		"many entries":   `[` + strings.Repeat("{},", MaxImportBytes/3-10) + `{}]`,
		"deep":           strings.Repeat("[", MaxImportBytes),
		"deep inside":    `{"a":` + strings.Repeat("[", MaxImportBytes-10),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := ParseFile([]byte(file)); err == nil {
			t.Errorf("%s: it was taken", name)
		}
		runtime.ReadMemStats(&after)
		if n := (after.TotalAlloc - before.TotalAlloc) >> 20; n > 150 { // all that was ever taken for it
			t.Errorf("%s: %d MB", name, n)
		} else {
			t.Logf("%s: %d MB", name, n)
		}
	}
}
