package manage

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"parley/app/domain/faq"
)

// What an import skips is listed first, in the order of the file's rows, with a sentence that reads as one.
func TestImportResultOrder(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := ImportResultPage{Digest: "x", Rows: []faq.ImportResult{{Row: 9, Outcome: faq.ImportInvalid, Reason: "Enter the answer."}, {Row: 3, Outcome: faq.ImportNew}, {Row: 2, Outcome: faq.ImportDuplicate, Reason: "It is there."}, {Row: 4, Outcome: faq.ImportInvalid, Reason: "No."}}}
	if err := ImportResult(p).Render(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, m := range regexp.MustCompile(`data-label="Row">(\d+)<`).FindAllStringSubmatch(out.String(), -1) {
		rows = append(rows, m[1])
	}
	if got := strings.Join(rows, " "); got != "2 4 9 3" {
		t.Errorf("the rows are listed as %s", got)
	}
	text := strings.Join(strings.Fields(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(out.String(), " ")), " ")
	for _, want := range []string{"Import 1 entry ", "Skipped: Enter the answer."} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in: %s", want, text)
		}
	}
}
