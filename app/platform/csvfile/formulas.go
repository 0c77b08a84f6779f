package csvfile

import (
	"strings"
	"unicode"
)

// EscapeFormula returns a text as a cell of a CSV file: with an apostrophe before it where a spreadsheet would take it for a formula.
// UnescapeFormula is its exact inverse, so that what is exported and imported again is the same.
func EscapeFormula(s string) string {
	if looksLikeFormula(s) {
		return "'" + s
	}
	return s
}

// UnescapeFormula removes the apostrophe that EscapeFormula has put there; every other text stays as it is.
func UnescapeFormula(s string) string {
	if rest, there := strings.CutPrefix(s, "'"); there && looksLikeFormula(rest) {
		return rest
	}
	return s
}

// looksLikeFormula reports whether a spreadsheet may take a cell for a formula: it begins with a sign of one, in ASCII or in full width,
// or with a character that ends the cell, before or after spaces, quotes and invisible characters, which spreadsheets strip. A text that
// begins with an apostrophe counts too: otherwise UnescapeFormula could not tell whose it is.
func looksLikeFormula(s string) bool {
	for _, r := range s {
		switch r {
		case '=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠', '\'':
			return true
		}
		if r != '"' && !unicode.IsSpace(r) && !unicode.In(r, unicode.Cc, unicode.Cf) {
			return false
		}
	}
	return false
}
