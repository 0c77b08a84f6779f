package suggest

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/snowballstem"
	"golang.org/x/text/unicode/norm"
)

// maxText is how many bytes of a text are read; nobody writes a longer question, and a longer answer says nothing new.
const maxText = 8 << 10

// word is a word of a text.
type word struct {
	stem  string // without endings and diacritics
	stop  bool   // the, is, my, ...: says little about the subject
	grams int    // where its n-grams end; they begin where those of the word before end
}

// parsedText is a text taken apart. It is kept and filled again, since a text is taken apart at every message.
type parsedText struct {
	words []word
	grams []uint32 // hashes of the character n-grams, each once

	env   *snowballstem.Env
	runes []rune // of the word that is being read
	fold  []rune // the same, between two word boundaries
	seen  hashSet
}

func newParsedText() *parsedText {
	return &parsedText{env: snowballstem.NewEnv("")}
}

// read takes s apart, by the rules of the language if they are known.
func (t *parsedText) read(s, language string) {
	t.split(s, languages()[primaryLanguage(language)])
}

func (t *parsedText) split(s string, rules *language) {
	t.words, t.grams = t.words[:0], t.grams[:0]
	t.seen.reset()
	if len(s) > maxText {
		s = s[:maxText]
	}
	s = norm.NFKC.String(strings.ToLower(strings.ToValidUTF8(s, " ")))
	var last script
	for _, r := range s {
		if r == '’' || r == '`' || r == '´' {
			r = '\''
		}
		is := scriptOf(r)
		switch {
		case is == scriptMark && len(t.runes) > 0: // a part of the letter before it
			is = last
		case r == '\'' && (last == scriptAlphabetic) && len(t.runes) <= 2: // l'adresse, qu'il: two words
			t.endWord(last, rules)
			last = scriptNone
			continue
		case r == '\'' && last == scriptAlphabetic:
			is = scriptAlphabetic
		case is != last:
			t.endWord(last, rules)
		}
		last = is
		if is != scriptNone && len(t.runes) < 64 {
			t.runes = append(t.runes, r)
		} else if is == scriptDense && len(t.runes) == 64 {
			t.endWord(last, rules)
			t.runes = append(t.runes, r)
		}
	}
	t.endWord(last, rules)
}

// script is how the letters of a word make words.
type script uint8

const (
	scriptNone script = iota
	scriptAlphabetic
	scriptDigits
	scriptDense // without spaces between words (Chinese, Japanese, Thai, ...), or a syllable a letter (Korean)
	scriptMark
)

func scriptOf(r rune) script {
	switch {
	case r < utf8.RuneSelf:
		switch {
		case 'a' <= r && r <= 'z':
			return scriptAlphabetic
		case '0' <= r && r <= '9':
			return scriptDigits
		}
		return scriptNone
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer,
		unicode.Myanmar, unicode.Hangul) || r == 'ー':
		return scriptDense
	case unicode.Is(unicode.M, r):
		return scriptMark
	case unicode.IsLetter(r):
		return scriptAlphabetic
	case unicode.IsNumber(r):
		return scriptDigits
	}
	return scriptNone
}

// endWord takes in the word that was read.
func (t *parsedText) endWord(is script, rules *language) {
	if len(t.runes) == 0 || is == scriptNone {
		t.runes = t.runes[:0]
		return
	}
	raw := strings.TrimRight(string(t.runes), "'")
	if is == scriptDense {
		t.addDenseRun()
	} else if raw != "" {
		w := word{stem: raw}
		if rules != nil {
			_, w.stop = rules.stop[raw]
			if is == scriptAlphabetic && rules.stem != nil {
				t.env.SetCurrent(raw)
				rules.stem(t.env)
				w.stem = t.env.Current()
			}
		}
		w.stem = foldDiacritics(w.stem)
		t.words = append(t.words, w)
		t.fold = append(t.fold[:0], boundary)
		for _, r := range foldDiacritics(raw) {
			t.fold = append(t.fold, r)
		}
		t.fold = append(t.fold, boundary)
		t.addGrams(3, 5)
		t.words[len(t.words)-1].grams = len(t.grams)
	}
	t.runes = t.runes[:0]
}

const boundary = '_'

// addDenseRun takes in a run of letters without spaces: every two neighbors are a word.
func (t *parsedText) addDenseRun() {
	t.fold = append(t.fold[:0], t.runes...)
	words := max(len(t.fold)-1, 1)
	if len(t.fold) == 1 {
		t.words = append(t.words, word{stem: string(t.fold)})
	}
	for i := 0; i+1 < len(t.fold); i++ {
		t.words = append(t.words, word{stem: string(t.fold[i : i+2])})
	}
	from := len(t.grams)
	t.addGrams(1, 3)
	for i := range words { // each has its share
		t.words[len(t.words)-words+i].grams = from + (len(t.grams)-from)*(i+1)/words
	}
}

// addGrams takes in the n-grams of a word, from short to long.
func (t *parsedText) addGrams(short, long int) {
	for i := range t.fold {
		h := uint32(2166136261)
		for n := 1; n <= long && i+n <= len(t.fold); n++ {
			h = (h ^ uint32(t.fold[i+n-1])) * 16777619
			if n < short {
				continue
			}
			g := mixHash(h)
			if t.seen.add(g) {
				t.grams = append(t.grams, g)
			}
		}
	}
}

// beginnings are the n-grams of every word that begins like a stem.
func (t *parsedText) beginnings(stem string) []uint32 {
	t.grams = t.grams[:0]
	t.seen.reset()
	t.fold = append(append(t.fold[:0], boundary), []rune(stem)...)
	t.addGrams(3, 5)
	return slices.Clone(t.grams)
}

// hashSet is a set that is emptied at no cost. It holds as many as half of its slots; the rest is as if it were in.
type hashSet struct {
	slots [1 << 13]struct{ hash, round uint32 }
	round uint32
	count int
}

func (s *hashSet) reset() {
	s.round++
	s.count = 0
	if s.round == 0 { // came around
		s.slots = [len(s.slots)]struct{ hash, round uint32 }{}
		s.round = 1
	}
}

// add says whether the hash is new.
func (s *hashSet) add(hash uint32) bool {
	for at := hash % uint32(len(s.slots)); ; at = (at + 1) % uint32(len(s.slots)) {
		slot := &s.slots[at]
		switch {
		case slot.round != s.round:
			if s.count == len(s.slots)/2 {
				return false
			}
			s.count++
			slot.hash, slot.round = hash, s.round
			return true
		case slot.hash == hash:
			return false
		}
	}
}

// mixHash spreads a hash over all its bits.
func mixHash(h uint32) uint32 {
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}

func hashText(s string, seed uint32) uint32 {
	h := uint32(2166136261) ^ seed
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return mixHash(h)
}

// foldDiacritics is a word without diacritics, which visitors often leave out.
func foldDiacritics(s string) string {
	ascii := true
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf || s[i] == '\'' {
			ascii = false
		}
	}
	if ascii {
		return s
	}
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		switch {
		case r == '\'', 0x300 <= r && r <= 0x36f, 0x64b <= r && r <= 0x65f: // accents; Arabic vowel signs
		case r == 'ß':
			b.WriteString("ss")
		case r == 'ı':
			b.WriteByte('i')
		case r == 'ø':
			b.WriteByte('o')
		case r == 'ł':
			b.WriteByte('l')
		default:
			b.WriteRune(r)
		}
	}
	return norm.NFC.String(b.String())
}

// primaryLanguage is the language of a tag: de of de-AT.
func primaryLanguage(tag string) string {
	if i := strings.IndexAny(tag, "-_"); i >= 0 {
		tag = tag[:i]
	}
	return strings.ToLower(tag)
}
