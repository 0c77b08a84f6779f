package bidi_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"parley/app/platform/bidi"
)

func TestIsolate(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Anna":                 "Anna",
		"":                     "",
		"Überall 12 €":         "Überall 12 €",
		"👩‍🚀":                  "👩‍🚀",
		"שרה":                  "\u2068שרה\u2069",
		"\u202eanna":           "\u2068\u202eanna\u202c\u2069",
		"a\u2066b":             "\u2068a\u2066b\u2069\u2069",
		"a\u2069\u202eb":       "\u2068a\u202eb\u202c\u2069",
		"\u2066a\u2069":        "\u2068\u2066a\u2069\u2069",
		"a\u202d\u202cb\u202c": "\u2068a\u202d\u202cb\u202c\u2069",
		"\u2066\u202ea":        "\u2068\u2066\u202ea\u2069\u2069",
		"\u200ftest":           "\u2068\u200ftest\u2069",
		"one\nשתיים\nthree":    "one\n\u2068שתיים\u2069\nthree",
		"\u2067a\nb\u2069c":    "\u2068\u2067a\u2069\u2069\n\u2068bc\u2069",
		"\u2067a\u2029b":       "\u2068\u2067a\u2069\u2069\u2029b",
	} {
		if got := bidi.Isolate(in); got != want {
			t.Errorf("%q becomes %q, not %q", in, got, want)
		}
	}
}

func TestBalancePieces(t *testing.T) {
	t.Parallel()
	var b bidi.Balancer
	got := b.Next("a\u2066b") + "|" + b.Next("c\u2069\u2069") + "|" + b.Next("d\u2067") + b.End()
	if want := "a\u2066b|c\u2069|d\u2067\u2069"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
}

func TestStrip(t *testing.T) {
	t.Parallel()
	if got := bidi.Strip("a\u061cb\u200ec\u200fd\u202ae\u202ef\u2066g\u2069h\u200di"); got != "abcdefgh\u200di" {
		t.Errorf("%q", got)
	}
}

// Whatever is typed, the result ends all isolates it begins, in every line, and shows the same characters.
func FuzzIsolate(f *testing.F) {
	for _, s := range []string{"", "a", "\u2066", "\u2069\u2066\n\u2069", "\u202e\u2067\u202cא\u2069\u2069x", "\xff\u2068"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, got := range map[string]string{"Isolate": bidi.Isolate(s), "Balance": bidi.Balance(s)} {
			for _, line := range strings.FieldsFunc(got, func(r rune) bool {
				return strings.ContainsRune("\n\r\x1c\x1d\x1e\u0085\u2029", r)
			}) {
				open := 0
				for _, r := range line {
					switch r {
					case '\u2066', '\u2067', '\u2068':
						open++
					case '\u2069':
						if open--; open < 0 {
							t.Fatalf("%s of %q ends what it did not begin: %q", name, s, got)
						}
					}
				}
				if open != 0 {
					t.Fatalf("%s of %q leaves %d isolates open: %q", name, s, open, got)
				}
			}
			if strip := bidi.Strip; utf8.ValidString(s) && strip(got) != strip(s) {
				t.Fatalf("%s of %q shows something else: %q", name, s, got)
			}
		}
	})
}
