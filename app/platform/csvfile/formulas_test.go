package csvfile

import "testing"

// No cell of a CSV file begins with what a spreadsheet computes.
func TestCSVCellsAreNotFormulas(t *testing.T) {
	t.Parallel()
	const signs = "=+-@\t\r\n＝＋－＠"
	for _, sign := range signs {
		for _, before := range []string{"", " ", "  ", "\u00a0", "\u3000", `"`, `""`, ` "`, `" `, "'", "\ufeff", "\u200b", "\u202e"} {
			s := before + string(sign) + `cmd|' /C calc'!A0`
			if got := EscapeFormula(s); got != "'"+s {
				t.Errorf("%q is written as %q", s, got)
			}
		}
	}
	for _, s := range []string{"", "Where is my order?", "a=b", "1+1", "A - B", "“=1”", " a", `"a"`, "…", "５＋５"} {
		if got := EscapeFormula(s); got != s {
			t.Errorf("%q is written as %q", s, got)
		}
	}
	// What other programs have written stays as they meant it.
	for _, s := range []string{"'", "'a", "'tis", "’=1"} {
		if got := UnescapeFormula(s); got != s {
			t.Errorf("%q is read as %q", s, got)
		}
	}
}
