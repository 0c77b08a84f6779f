package suggest

import (
	"strings"
	"sync"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/arabic"
	"github.com/blevesearch/snowballstem/danish"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/hungarian"
	"github.com/blevesearch/snowballstem/irish"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/norwegian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/romanian"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/blevesearch/snowballstem/swedish"
	"github.com/blevesearch/snowballstem/tamil"
	"github.com/blevesearch/snowballstem/turkish"
)

// synonymWord is a word that means the same as another.
type synonymWord struct {
	stem  string
	grams []uint32 // its n-grams, as far as the stem goes
}

// language is what is known of a language: how words lose their endings, which say little, and which mean the same. A language
// that is not listed works by whole words and character n-grams.
type language struct {
	stem     func(*snowballstem.Env) bool
	stop     map[string]struct{}
	synonyms map[string][]synonymWord // by stem
}

var languages = sync.OnceValue(func() map[string]*language {
	all := map[string]*language{
		"ar": {stem: arabic.Stem},
		"da": {stem: danish.Stem},
		"nl": {stem: dutch.Stem},
		"en": {stem: english.Stem},
		"fi": {stem: finnish.Stem},
		"fr": {stem: french.Stem},
		"de": {stem: german.Stem},
		"hu": {stem: hungarian.Stem},
		"ga": {stem: irish.Stem},
		"it": {stem: italian.Stem},
		"no": {stem: norwegian.Stem},
		"nb": {stem: norwegian.Stem},
		"nn": {stem: norwegian.Stem},
		"pt": {stem: portuguese.Stem},
		"ro": {stem: romanian.Stem},
		"ru": {stem: russian.Stem},
		"es": {stem: spanish.Stem},
		"sv": {stem: swedish.Stem},
		"ta": {stem: tamil.Stem},
		"tr": {stem: turkish.Stem},
		"pl": {},
		"cs": {},
		"uk": {},
	}
	stop := func(code, words string) {
		l := all[code]
		l.stop = map[string]struct{}{}
		for _, w := range strings.Fields(words) {
			l.stop[w] = struct{}{}
		}
	}
	for code, words := range stopWords {
		stop(code, words)
	}
	stop("nb", stopWords["no"])
	stop("nn", stopWords["no"])
	for code, groups := range synonyms {
		l := all[code]
		l.synonyms = map[string][]synonymWord{}
		t, own := newParsedText(), newParsedText()
		for group := range strings.SplitSeq(groups, "\n") {
			t.split(group, l)
			for i, a := range t.words {
				for j, b := range t.words {
					if i != j && a.stem != b.stem {
						l.synonyms[a.stem] = append(l.synonyms[a.stem], synonymWord{b.stem, own.beginnings(b.stem)})
					}
				}
			}
		}
	}
	return all
})
