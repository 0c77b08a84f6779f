package faq

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"unicode/utf8"

	"parley/app/platform/csvfile"
)

// What is exported and imported again is the same, whatever it is.
func FuzzCSVCells(f *testing.F) {
	for _, s := range []string{
		"", "a", "'", "''", "'=1", "=1", ` "=1`, "' =1", "''=", "'a", "＝1", " ＠", "\"'+", "a\n=1", "a;b\tc,d",
		"\u202e=1", "\xff=",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := csvfile.UnescapeFormula(csvfile.EscapeFormula(s)); got != s {
			t.Fatalf("%q comes back as %q", s, got)
		}
		if clean := strings.TrimSpace(s); clean != s || s == "" || strings.Contains(s, "\r") || !utf8.ValidString(s) {
			return // no such text is stored
		}
		var b bytes.Buffer
		out := bufio.NewWriter(&b)
		csvfile.WriteRow(out, columns)
		csvfile.WriteRow(out, []string{"1", s, "live", s, "", s, "", s, "", "en", s, s})
		if err := out.Flush(); err != nil {
			t.Fatal(err)
		}
		cells, err := csv.NewReader(bytes.NewReader(b.Bytes())).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, cell := range cells[1] {
			if strings.HasPrefix(strings.TrimLeft(cell, " \""), "=") {
				t.Fatalf("%q is a formula in the file: %q", s, cell)
			}
		}
		list, err := ParseFile(b.Bytes())
		if err != nil || len(list) != 1 {
			t.Fatalf("%q: %v %v", s, list, err)
		}
		x := list[0]
		for _, got := range []string{x.Category, x.Customer, x.Website, x.Group, x.Texts[0].Question, x.Texts[0].Answer} {
			if got != s {
				t.Fatalf("%q comes back as %q", s, got)
			}
		}
	})
}
