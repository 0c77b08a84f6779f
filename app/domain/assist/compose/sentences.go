package compose

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Abbreviations that end in a full stop and do not end a sentence, in all languages at once: none is a word of another that
// often stands last.
var abbreviations = set(`
	e.g i.e approx vs st mr mrs ms dr prof inc ltd dept jr min max incl excl tel ext resp est
	z.b d.h u.a o.ä o.g i.d.r z.t s.o s.u bzw ca str inkl exkl zzgl abzgl evtl ggf mind höchst tägl bspw sog vgl gem
	p.ex c.-à-d env mme mlle éd boul p.ej sra srta dña ud uds vd vds avda núm aprox
	bijv d.w.z m.a.w o.a t.a.v i.v.m dhr mevr blz exmo exma sr.ª sr p.es sig sig.ra dott c.so
	np tj tzn tzw godz wg m.in mgr ul al örn bkz vb sn doç cad sok mah`)

// The same before a number only, since these are also words.
var beforeNumbers = set(`no nr fig vol pág pag art abs st co ok ul al lt n p s`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// Sentences splits a paragraph into its sentences. Nothing is lost but the space between them.
func Sentences(text, language string) []string {
	var out []string
	from := 0
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		if !strings.ContainsRune(".!?…؟。！？\n", r) {
			continue
		}
		if r != '\n' {
			for i < len(text) { // ?!, ..., and what closes with the sentence
				next, n := utf8.DecodeRuneInString(text[i:])
				if !strings.ContainsRune(".!?…؟。！？\"”“’‘»)]", next) {
					break
				}
				i += n
			}
			if i < len(text) && !isSentenceEnd(text[from:i], text[i:], r, language) {
				continue
			}
		}
		if s := strings.TrimSpace(text[from:i]); s != "" {
			out = append(out, s)
		}
		from = i
	}
	if s := strings.TrimSpace(text[from:]); s != "" {
		out = append(out, s)
	}
	return out
}

// isSentenceEnd reports whether a sentence is over at a mark, given what stands before and after it.
func isSentenceEnd(before, after string, mark rune, language string) bool {
	if strings.ContainsRune("。！？", mark) {
		return true
	}
	next, _ := utf8.DecodeRuneInString(after)
	if !unicode.IsSpace(next) {
		return false // 3.5, shop.example/a?b=c, z.B.
	}
	rest := strings.TrimLeft(after, " \t\u00a0\"“„«‘'(¿¡[*")
	first, _ := utf8.DecodeRuneInString(rest)
	if unicode.IsLower(first) {
		return false
	}
	if mark != '.' {
		return true
	}
	word := strings.TrimSuffix(before, ".")
	word = strings.ToLower(strings.TrimLeft(word[strings.LastIndexAny(word, " \t\u00a0(")+1:], "(„“«\"'"))
	if abbreviations[word] || beforeNumbers[word] && unicode.IsDigit(first) {
		return false // a sentence too long does less harm than a torn one
	}
	if n := utf8.RuneCountInString(word); n == 1 {
		first, _ := utf8.DecodeRuneInString(word)
		return !unicode.IsLetter(first) && !isOrdinal(word, language)
	}
	return !isOrdinal(word, language)
}

// isOrdinal reports whether a number before a full stop is read as an ordinal: am 3. Mai, 2. Stock, 15. gün.
func isOrdinal(word, language string) bool {
	if language != "de" && language != "tr" && language != "pl" || len(word) == 0 || len(word) > 2 {
		return false
	}
	return strings.Trim(word, "0123456789") == ""
}
