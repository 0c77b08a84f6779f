package mail

import (
	"strings"
	"testing"
	"unicode"
)

func TestSafeName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Brightline":                   "Brightline",
		"Müller & Söhne (Köln), Inc.":  "Müller & Söhne (Köln), Inc.",
		"Dr. Anna O'Neil-Lee":          "Dr. Anna O'Neil-Lee",
		"שרה כהן":                      "שרה כהן",
		"उत्तर प्रदेश":                 "उत्तर प्रदेश",
		"shop.example":                 "shop. example",
		"Win! https://evil.example/x?": "Win! evil. example x",
		"www.evil.example":             "evil. example",
		"evil。example":                 "evil example",
		"evil．example":                 "evil. example",
		"write to a@evil.example":      "write to a evil. example",
		"a\r\nBcc: x@evil.example":     "a Bcc x evil. example",
		"call +49 (170) 123-45-67":     "call",
		"x\u202egnp.exe\u2066\u200b":   "xgnp. exe",
		"★ Free money ★ <b>now</b>":    "Free money b now b",
		"\u3164\u2800":                 "somebody",
		"":                             "somebody",
		strings.Repeat("ab ", 40):      strings.TrimSpace(strings.Repeat("ab ", 13)) + "…",
		strings.Repeat("a", 400):       strings.Repeat("a", 40) + "…",
	} {
		if got := SafeName(in, 40, "somebody"); got != want {
			t.Errorf("%q becomes %q, not %q", in, got, want)
		}
	}
}

func FuzzSafeName(f *testing.F) {
	f.Add("Win! https://evil.example/x?")
	f.Fuzz(func(t *testing.T, s string) {
		got := SafeName(s, 40, "somebody")
		if n := len([]rune(got)); n > 42 || n == 0 {
			t.Fatalf("%q becomes %q", s, got)
		}
		runes := []rune(got)
		for i, r := range runes {
			if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) || strings.ContainsRune("@/:\\<>\"", r) ||
				r == '.' && i+1 < len(runes) && (unicode.IsLetter(runes[i+1]) || unicode.IsDigit(runes[i+1])) {
				t.Fatalf("%q becomes %q", s, got)
			}
		}
	})
}
