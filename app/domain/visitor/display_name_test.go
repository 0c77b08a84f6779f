package visitor_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/app/domain/visitor"
)

// The name made from an id does not change: agents know visitors by it.
func TestDisplayName(t *testing.T) {
	t.Parallel()
	for _, x := range []struct{ name, id, want string }{
		{"Anna Berg", "0190a1b2-c3d4-7000-8000-000000000001", "Anna Berg"},
		{"", "0190a1b2-c3d4-7000-8000-000000000001", "Lilac Caribou"},
		{"", "0190a1b2-c3d4-7000-8000-000000000002", "Purple Stonechat"},
		{"", "00000000-0000-0000-0000-000000000000", "Magenta Bunting"},
	} {
		if got := visitor.DisplayName(x.name, uuid.MustParse(x.id)); got != x.want {
			t.Errorf("%q %s: %q, not %q", x.name, x.id, got, x.want)
		}
	}
}

// There are some thousand names, all of two words, and all about equally likely.
func TestDisplayNamesAreMany(t *testing.T) {
	t.Parallel()
	const ids = 100_000
	times := map[string]int{}
	for range ids {
		id := uuid.Must(uuid.NewV7())
		name := visitor.DisplayName("", id)
		if words := strings.Fields(name); len(words) != 2 || words[0] == words[1] || name != visitor.DisplayName("", id) {
			t.Fatalf("%q is no name", name)
		}
		if !slices.Contains(visitor.Colors, visitor.ColorOf(id)) {
			t.Fatalf("%q is no color", visitor.ColorOf(id))
		}
		times[name]++
	}
	if len(times) < 4000 {
		t.Errorf("only %d names", len(times))
	}
	for name, n := range times {
		if n > 8*ids/len(times) {
			t.Errorf("%q is the name of %d of %d", name, n, ids)
		}
	}
}

func TestInitials(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Blue Heron":               "BH",
		"anna":                     "A",
		"Anna Maria von der Leine": "AL",
		"  Åsa   Öberg ":           "ÅÖ",
		"(Ben) “Cleo”":             "BC",
		"李 小龙":                     "李小",
		"R2 D2":                    "RD",
		"🙂":                        "?",
		"":                         "?",
	} {
		if got := visitor.Initials(name); got != want {
			t.Errorf("%q: %q, not %q", name, got, want)
		}
	}
}
