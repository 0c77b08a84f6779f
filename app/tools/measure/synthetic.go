package measure

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"parley/app/domain/faq/suggest"
)

// syntheticOrg is a made-up organization: words that are used as often as in a language, entries, and messages about them.
type syntheticOrg struct {
	random   *rand.Rand
	words    []string
	entries  []suggest.Entry
	subjects [][]string // the words of an entry's subject
	choices  []suggest.Choice
}

func newSyntheticOrg(entries, each int) *syntheticOrg {
	w := &syntheticOrg{random: rand.New(rand.NewPCG(3, 4))}
	for range 4000 {
		w.words = append(w.words, w.inventWord())
	}
	for i := range entries {
		var about []string
		for range 12 {
			about = append(about, w.word())
		}
		w.subjects = append(w.subjects, about)
		e := suggest.Entry{ID: fmt.Sprint(i)}
		e.Texts = append(e.Texts, suggest.Text{Language: "en", Question: "how can I " + w.sentence(i, 8), Answer: w.sentence(i, 60)})
		w.entries = append(w.entries, e)
	}
	for n := range entries * each {
		w.choices = append(w.choices, suggest.Choice{Entry: w.entries[n%entries].ID, Query: w.message(n % entries), Language: "en"})
	}
	return w
}

func (o *syntheticOrg) inventWord() string {
	var b strings.Builder
	for range 1 + o.random.IntN(4) {
		b.WriteByte("bcdfghklmnprstvw"[o.random.IntN(16)])
		b.WriteByte("aeiou"[o.random.IntN(5)])
		if o.random.IntN(3) == 0 {
			b.WriteByte("lnrst"[o.random.IntN(5)])
		}
	}
	return b.String()
}

// word is any word, the first ones most often.
func (o *syntheticOrg) word() string {
	return o.words[int(math.Pow(float64(len(o.words)), o.random.Float64()))-1]
}

// sentence is a sentence about an entry.
func (o *syntheticOrg) sentence(entry, n int) string {
	said := make([]string, n)
	for i := range said {
		if o.random.IntN(2) == 0 {
			said[i] = o.subjects[entry][o.random.IntN(len(o.subjects[entry]))]
		} else {
			said[i] = o.word()
		}
	}
	return strings.Join(said, " ")
}

func (o *syntheticOrg) message(entry int) string { return o.sentence(entry, 4+o.random.IntN(6)) }
