package compose

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// unit is a sentence or a list: what a short draft takes or leaves.
type unit struct {
	text  string
	block int
	list  bool
}

func units(all []block, language string) []unit {
	var out []unit
	for i, b := range all {
		if b.heading {
			continue
		}
		if b.list || b.isTable() {
			out = append(out, unit{b.text(), i, true})
			continue
		}
		for _, s := range Sentences(b.text(), language) {
			out = append(out, unit{s, i, false})
		}
	}
	return out
}

// Sizes in characters: a short draft is read at a glance.
const (
	slightLength   = 45  // a first sentence this short takes the next one along
	enoughLength   = 260 // a second answering sentence is added below this only
	maxShortLength = 700 // what hangs together is kept together up to this
)

// short returns the part of an answer that answers a message: its best sentence with what that one needs to be understood and
// to be true.
func short(all []block, message, question, language string) string {
	us := units(all, language)
	if len(us) == 0 {
		return ""
	}
	scores := score(us, message, question)
	best := 0
	for i := range us {
		if scores[i]+firstSentenceBonus(i) > scores[best]+firstSentenceBonus(best) {
			best = i
		}
	}
	taken := make([]bool, len(us))
	size := take(us, taken, best, language)
	second := -1
	for i := range us {
		if !taken[i] && scores[i] >= 0.8 && scores[i] >= 0.7*scores[best] && (second < 0 || scores[i] > scores[second]) {
			second = i
		}
	}
	if second >= 0 && !us[second].list && size+utf8.RuneCountInString(us[second].text) < enoughLength {
		take(us, taken, second, language)
	}
	for i := 1; i+1 < len(us); i++ { // a single sentence left out in the middle reads as a hole
		if n := utf8.RuneCountInString(us[i].text); !taken[i] && taken[i-1] && taken[i+1] &&
			us[i-1].block == us[i+1].block && n < slightLength*2 {
			taken[i] = true
		}
	}
	var b strings.Builder
	var last unit
	for i, u := range us {
		if !taken[i] {
			continue
		}
		switch {
		case b.Len() == 0:
		case u.list || last.list:
			b.WriteString("\n")
		default:
			b.WriteString(" ")
		}
		b.WriteString(u.text)
		last = u
	}
	return b.String()
}

// firstSentenceBonus is what the first sentence has ahead: it is usually the answer, so that another one must earn its place.
func firstSentenceBonus(i int) float64 {
	if i == 0 {
		return 0.6
	}
	return 0
}

// take marks a unit and what belongs to it, and returns how long it is all together.
func take(us []unit, taken []bool, at int, language string) int {
	from, to := at, at
	size := utf8.RuneCountInString(us[at].text)
	for {
		switch {
		case to+1 < len(us) && needsNext(us, to, language):
			to++
			size += utf8.RuneCountInString(us[to].text)
		case from > 0 && size < maxShortLength && needsPrevious(us, from, language):
			from--
			size += utf8.RuneCountInString(us[from].text)
		case to+1 < len(us) && us[to+1].block == us[to].block && !us[to+1].list &&
			(to == at && size < slightLength ||
				continuesPrevious(us[to+1].text, language) && size+utf8.RuneCountInString(us[to+1].text) < enoughLength):
			to++
			size += utf8.RuneCountInString(us[to].text)
		default:
			for i := from; i <= to; i++ {
				taken[i] = true
			}
			return size
		}
	}
}

func needsPrevious(us []unit, i int, language string) bool {
	u, before := us[i], us[i-1]
	if u.list {
		return !before.list
	}
	if strings.HasSuffix(before.text, ":") || before.block == u.block && isSingleWord(before) {
		return true
	}
	return continuesPrevious(u.text, language) || hasOpener(u.text, limitingOpeners[language])
}

func needsNext(us []unit, i int, language string) bool {
	u, next := us[i], us[i+1]
	if strings.HasSuffix(u.text, ":") {
		return true
	}
	if isSingleWord(u) {
		return true
	}
	return !next.list && hasOpener(next.text, limitingOpeners[language])
}

// isSingleWord reports a sentence such as Yes. and No problem.
func isSingleWord(u unit) bool { return !u.list && len(strings.Fields(u.text)) <= 2 }

// score says how well each unit answers the message.
func score(us []unit, message, question string) []float64 {
	asked := features(message)
	about := features(question)
	have := make([]map[string]float64, len(us))
	in := map[string]float64{} // feature to number of units
	for i, u := range us {
		have[i] = features(u.text)
		for f := range have[i] {
			in[f]++
		}
	}
	lower := strings.ToLower(message)
	figure := false
	for _, f := range quantityQuestions {
		figure = figure || strings.Contains(lower, f)
	}
	out := make([]float64, len(us))
	for i, u := range us {
		for f, w := range asked {
			if _, ok := have[i][f]; ok {
				if _, common := about[f]; common {
					w *= 0.25 // the whole entry is about it
				}
				out[i] += w / math.Sqrt(in[f])
			}
		}
		if figure && strings.IndexFunc(u.text, unicode.IsDigit) >= 0 {
			out[i] += 0.5
		}
		if strings.HasSuffix(u.text, "?") {
			out[i] -= 1 // an answer that asks back is not the part that answers
		}
	}
	return out
}
