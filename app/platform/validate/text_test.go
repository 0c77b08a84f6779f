package validate_test

import (
	"strings"
	"testing"

	"parley/app/platform/validate"
)

func TestText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][2]string{ // as several lines, as one
		"a\r\nb\rc":           {"a\nb\nc", "a b c"},
		"a\vb\fc\u2028d":      {"a\nb\nc\nd", "a b c d"},
		"a\u2029b\u0085c":     {"a\nb\nc", "a b c"},
		"a\tb":                {"a\tb", "a b"},
		"\x1b[2Ja\x00b\x07\b": {"[2Jab", "[2Jab"},
		"a\u0090\u009bb\x7f":  {"ab", "ab"},
		"\ufeffa\ufffcb":      {"ab", "ab"},
		" \x00 a \v":          {"a", "a"},
		"e\u0301":             {"é", "é"},
		"می\u200cخواهم 👩\u200d🚀 \u200fש": {"می\u200cخواهم 👩\u200d🚀 \u200fש", "می\u200cخواهم 👩\u200d🚀 \u200fש"},
		"\u202ea": {"\u202ea", "\u202ea"}, "\u200ba\u00ad": {"\u200ba\u00ad", "\u200ba\u00ad"}, "\u2764\ufe0f": {"\u2764\ufe0f", "\u2764\ufe0f"}, "\u0301": {"\u0301", "\u0301"},
		"\u0600": {"\u0600", "\u0600"},
	} {
		if got, err := validate.Text("it", in, 100); err != nil || got != want[0] {
			t.Errorf("%q is %q (%v), not %q", in, got, err, want[0])
		}
		if got, err := validate.Line("it", in, 100); err != nil || got != want[1] {
			t.Errorf("%q in one line is %q (%v), not %q", in, got, err, want[1])
		}
		for _, s := range want {
			if again, err := validate.Text("it", s, 100); err != nil || again != s {
				t.Errorf("%q, once cleaned, becomes %q (%v)", s, again, err)
			}
		}
	}
	for in, want := range map[string]string{
		"Bil\u200bl\u00ading\u2060":              "Billing",
		"\u202aAnna\u202c\u2066\u2069 \u202eLee": "Anna Lee",
		"\u200fשרה\u200f 👩\u200d🚀":               "\u200fשרה\u200f 👩\u200d🚀",
		"Evil\u202egnp":                          "Evilgnp",
	} {
		if got, err := validate.Name("it", in, 100); err != nil || got != want {
			t.Errorf("the name %q is %q (%v), not %q", in, got, err, want)
		}
	}
	for _, f := range []func(string, string, int) (string, error){validate.Text, validate.Line, validate.Name} {
		for _, in := range []string{
			"", " \n ", "\x00\x1b", "\v\f", "\u200b", "\u2060 \ufeff", "\u00ad\u200d", "\u202e\u200f\n\u2069",
			"\u3164\u115f", "\ufe0f", "\u2800", "\U000e0041",
		} {
			if got, err := f("it", in, 100); err == nil || !strings.Contains(err.Error(), "Enter") {
				t.Errorf("%q, which is empty, is %q (%v)", in, got, err)
			}
		}
		if _, err := f("it", "a\xff", 100); err == nil {
			t.Error("what is not UTF-8 is taken")
		}
		if _, err := f("it", strings.Repeat("é", 101), 100); err == nil || !strings.Contains(err.Error(), "100") || !strings.Contains(err.Error(), "101") {
			t.Errorf("too long: %v", err)
		}
		if _, err := f("it", strings.Repeat("é", 100)+"\x00\x01", 100); err != nil {
			t.Errorf("what is taken out counts: %v", err)
		}
	}
}
