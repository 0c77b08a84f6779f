package faq

import "testing"

// A text falls back along the parts of a language, then to another region's, then to the first.
func TestTextInLanguage(t *testing.T) {
	e := Entry{Texts: []Text{{Language: "en"}, {Language: "de"}, {Language: "pt-br"}, {Language: "zh-hant"}, {Language: "zh"}}}
	for in, want := range map[string]string{
		"de_AT":      "de",
		"DE":         "de",
		"pt-PT":      "pt-br",
		"PT_br":      "pt-br",
		"zh-Hant-TW": "zh-hant",
		"zh_CN":      "zh",
		"fr":         "en",
		"":           "en",
	} {
		if got := e.In(in).Language; got != want {
			t.Errorf("in %q: %q, want %q", in, got, want)
		}
	}
	if got := (Entry{}).In("de"); got != (Text{}) {
		t.Errorf("an entry without texts says %+v", got)
	}
}
