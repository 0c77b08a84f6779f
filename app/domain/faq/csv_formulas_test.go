package faq

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"unicode/utf8"
)

// No cell of a CSV file begins with what a spreadsheet computes.
func TestCSVCellsAreNotFormulas(t *testing.T) {
	t.Parallel()
	const signs = "=+-@\t\r\n＝＋－＠"
	for _, sign := range signs {
		for _, before := range []string{"", " ", "  ", "\u00a0", "\u3000", `"`, `""`, ` "`, `" `, "'", "\ufeff", "\u200b", "\u202e"} {
			s := before + string(sign) + `cmd|' /C calc'!A0`
			if got := escapeFormula(s); got != "'"+s {
				t.Errorf("%q is written as %q", s, got)
			}
		}
	}
	for _, s := range []string{"", "Where is my order?", "a=b", "1+1", "A - B", "“=1”", " a", `"a"`, "…", "５＋５"} {
		if got := escapeFormula(s); got != s {
			t.Errorf("%q is written as %q", s, got)
		}
	}
	// What other programs have written stays as they meant it.
	for _, s := range []string{"'", "'a", "'tis", "’=1"} {
		if got := unescapeFormula(s); got != s {
			t.Errorf("%q is read as %q", s, got)
		}
	}
}

// What is exported and imported again is the same, whatever it is.
func FuzzCSVCells(f *testing.F) {
	for _, s := range []string{"", "a", "'", "''", "'=1", "=1", ` "=1`, "' =1", "''=", "'a", "＝1", " ＠", "\"'+", "a\n=1", "a;b\tc,d", "\u202e=1", "\xff="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := unescapeFormula(escapeFormula(s)); got != s {
			t.Fatalf("%q comes back as %q", s, got)
		}
		if clean := strings.TrimSpace(s); clean != s || s == "" || strings.Contains(s, "\r") || !utf8.ValidString(s) {
			return // no such text is stored
		}
		var b bytes.Buffer
		out := bufio.NewWriter(&b)
		writeCSVRow(out, columns)
		writeCSVRow(out, []string{"1", s, "live", s, "", s, "", s, "", "en", s, s})
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
