package suggest

import (
	"math"
	"slices"
)

// tongues tells the languages of the entries apart by how often their questions have an n-gram.
type tongues struct {
	all []tongue
}

type tongue struct {
	code  string
	total float64
	count [tongueSize]uint16
}

const (
	tongueSize = 1 << 12
	// margin is by how much a language must be likelier than the next one, in the logarithm.
	margin = 1.5
	// stopSays is what a word like "the" says for its language.
	stopSays = 2.5
)

// read takes in a text of a language.
func (ts *tongues) read(t *text, code string) {
	if code == "" {
		return
	}
	at := slices.IndexFunc(ts.all, func(l tongue) bool { return l.code == code })
	if at < 0 {
		at = len(ts.all)
		ts.all = append(ts.all, tongue{code: code})
	}
	l := &ts.all[at]
	for _, g := range t.grams {
		if n := &l.count[g%tongueSize]; *n < math.MaxUint16 {
			*n++
			l.total++
		}
	}
}

// language is the language that a message is read in: the one that it is said to have, or else the one that can be told.
func (c *cold) language(t *text, s, said string) string {
	switch {
	case said != "":
		return primary(said)
	case len(c.tongues.all) == 1:
		return c.tongues.all[0].code
	}
	return c.tell(t, s)
}

func (c *cold) tell(t *text, s string) string {
	if len(c.tongues.all) < 2 {
		return ""
	}
	t.read(s, "")
	best, second, code := math.Inf(-1), math.Inf(-1), ""
	for i := range c.tongues.all {
		l := &c.tongues.all[i]
		likely := 0.0
		for _, g := range t.grams {
			likely += math.Log((float64(l.count[g%tongueSize]) + 0.2) / (l.total + 0.2*tongueSize))
		}
		likely /= 3 // n-grams of a word are hardly independent of each other
		if rules := languages()[l.code]; rules != nil {
			for _, w := range t.words {
				if _, is := rules.stop[w.stem]; is {
					likely += stopSays
				}
			}
		}
		if likely > best {
			best, second, code = likely, best, l.code
		} else if likely > second {
			second = likely
		}
	}
	if len(t.grams) == 0 || best-second < margin {
		return ""
	}
	return code
}
