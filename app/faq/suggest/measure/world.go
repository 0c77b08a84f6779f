package measure

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"parley/app/faq/suggest"
)

// world is a made-up organization: words that are used as often as in a language, entries, and messages about them.
type world struct {
	random  *rand.Rand
	words   []string
	entries []suggest.Entry
	about   [][]string // the words of an entry's subject
	choices []suggest.Choice
}

func newWorld(entries, each int) *world {
	w := &world{random: rand.New(rand.NewPCG(3, 4))}
	for range 4000 {
		w.words = append(w.words, w.invent())
	}
	for i := range entries {
		var about []string
		for range 12 {
			about = append(about, w.word())
		}
		w.about = append(w.about, about)
		e := suggest.Entry{ID: fmt.Sprint(i)}
		e.Texts = append(e.Texts, suggest.Text{Language: "en", Question: "how can I " + w.say(i, 8), Answer: w.say(i, 60)})
		w.entries = append(w.entries, e)
	}
	for n := range entries * each {
		w.choices = append(w.choices, suggest.Choice{Entry: w.entries[n%entries].ID, Query: w.message(n % entries), Language: "en"})
	}
	return w
}

func (w *world) invent() string {
	var b strings.Builder
	for range 1 + w.random.IntN(4) {
		b.WriteByte("bcdfghklmnprstvw"[w.random.IntN(16)])
		b.WriteByte("aeiou"[w.random.IntN(5)])
		if w.random.IntN(3) == 0 {
			b.WriteByte("lnrst"[w.random.IntN(5)])
		}
	}
	return b.String()
}

// word is any word, the first ones most often.
func (w *world) word() string {
	return w.words[int(math.Pow(float64(len(w.words)), w.random.Float64()))-1]
}

// say is a sentence about an entry.
func (w *world) say(entry, n int) string {
	said := make([]string, n)
	for i := range said {
		if w.random.IntN(2) == 0 {
			said[i] = w.about[entry][w.random.IntN(len(w.about[entry]))]
		} else {
			said[i] = w.word()
		}
	}
	return strings.Join(said, " ")
}

func (w *world) message(entry int) string { return w.say(entry, 4+w.random.IntN(6)) }
