// Package csvfile writes files that people open in spreadsheets.
//
// Owns: how a cell is written so that no spreadsheet takes it for a formula, whoever has typed it.
//
// Forbids: knowing what is in a file.
//
// Always true: what EscapeFormula writes, UnescapeFormula reads as it was.
package csvfile

import (
	"bufio"
	"strings"
)

// BOM begins a file in UTF-8: without it spreadsheets take it for what their country's computers once wrote.
const BOM = "\ufeff"

// WriteRow writes a line with every field in quotes: whatever a spreadsheet takes for a separator, no text becomes a formula.
func WriteRow(w *bufio.Writer, fields []string) {
	for i, f := range fields {
		if i > 0 {
			w.WriteByte(',')
		}
		w.WriteString(`"` + strings.ReplaceAll(EscapeFormula(f), `"`, `""`) + `"`)
	}
	w.WriteString("\r\n")
}
