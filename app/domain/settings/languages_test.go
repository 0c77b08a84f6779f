package settings_test

import (
	"slices"
	"testing"

	"parley/app/domain/settings"
)

func TestLanguageFallbacks(t *testing.T) {
	for in, want := range map[string][]string{
		"de_DE": {"de-de", "de"}, "pt-BR": {"pt-br", "pt"}, "es_419": {"es-419", "es"}, "zh-Hant": {"zh-hant", "zh"}, "DE": {"de"},
		"sr-Latn-RS": {"sr-latn-rs", "sr-latn", "sr"}, "sr_Latn-RS": {"sr-latn-rs", "sr-latn", "sr"}, "de_DE.UTF-8": {"de-de", "de"}, " en ": {"en"}, "": nil, "-": nil,
	} {
		if got := settings.LanguageFallbacks(in); !slices.Equal(got, want) {
			t.Errorf("Languages(%q) = %v, want %v", in, got, want)
		}
	}
	texts := map[string]string{"de": "Hallo", "pt_BR": "Olá", "ZH-hant": "您好", "zh": "你好"}
	for in, want := range map[string]string{"de_AT": "Hallo", "PT-br": "Olá", "pt": "", "zh-Hant-TW": "您好", "zh_CN": "你好", "fr": ""} {
		if got, there := settings.BestTranslation(texts, settings.LanguageFallbacks(in)); got != want || there != (want != "") {
			t.Errorf("in %s: %q %v, want %q", in, got, there, want)
		}
	}
}
