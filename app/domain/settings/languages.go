package settings

import "strings"

// LanguageFallbacks returns a language and what it falls back to, the most specific first: "zh_Hant-TW" gives zh-hant-tw, zh-hant
// and zh. The parts may be joined by "-" or "_", in upper or lower case, and a character set may follow as in de_DE.UTF-8. Of ""
// there is none.
func LanguageFallbacks(tag string) (list []string) {
	for tag = NormalizeLanguage(tag); tag != ""; tag = tag[:max(0, strings.LastIndexByte(tag, '-'))] {
		list = append(list, tag)
	}
	return list
}

// NormalizeLanguage returns a language as Languages compares it: lower case, its parts joined by "-".
func NormalizeLanguage(tag string) string {
	if end := strings.IndexAny(tag, ".@"); end >= 0 {
		tag = tag[:end]
	}
	return strings.Trim(strings.ToLower(strings.ReplaceAll(strings.TrimSpace(tag), "_", "-")), "-")
}

// BestTranslation returns what a map by language has for the most specific of the languages, and whether it has something.
func BestTranslation[V any](byLanguage map[string]V, languages []string) (found V, there bool) {
	for _, l := range languages {
		for tag, value := range byLanguage {
			if NormalizeLanguage(tag) == l {
				return value, true
			}
		}
	}
	return found, false
}

// BaseLanguage returns the language of a tag without its region, such as "pt" for "pt-BR"; "en" for an empty tag.
func BaseLanguage(tag string) string {
	tag, _, _ = strings.Cut(NormalizeLanguage(tag), "-")
	if tag == "" {
		return "en"
	}
	return tag
}
