package suggest

import (
	"math"
	"slices"
)

// languageDetector tells the languages of the entries apart by how often their questions have an n-gram.
type languageDetector struct {
	all []languageProfile
}

type languageProfile struct {
	code  string
	total float64
	count [profileSize]uint16
}

const (
	profileSize = 1 << 12
	// detectionMargin is by how much a language must be likelier than the next one, in the logarithm.
	detectionMargin = 1.5
	// stopWordEvidence is what a word like "the" says for its language.
	stopWordEvidence = 2.5
)

// read takes in a text of a language.
func (ts *languageDetector) read(t *parsedText, code string) {
	if code == "" {
		return
	}
	at := slices.IndexFunc(ts.all, func(l languageProfile) bool { return l.code == code })
	if at < 0 {
		at = len(ts.all)
		ts.all = append(ts.all, languageProfile{code: code})
	}
	l := &ts.all[at]
	for _, g := range t.grams {
		if n := &l.count[g%profileSize]; *n < math.MaxUint16 {
			*n++
			l.total++
		}
	}
}

// language is the language that a message is read in: the one that it is said to have, or else the one that can be told.
func (c *textIndex) language(t *parsedText, s, said string) string {
	switch {
	case said != "":
		return primaryLanguage(said)
	case len(c.detector.all) == 1:
		return c.detector.all[0].code
	}
	return c.detect(t, s)
}

func (c *textIndex) detect(t *parsedText, s string) string {
	if len(c.detector.all) < 2 {
		return ""
	}
	t.read(s, "")
	best, second, code := math.Inf(-1), math.Inf(-1), ""
	for i := range c.detector.all {
		l := &c.detector.all[i]
		likely := 0.0
		for _, g := range t.grams {
			likely += math.Log((float64(l.count[g%profileSize]) + 0.2) / (l.total + 0.2*profileSize))
		}
		likely /= 3 // n-grams of a word are hardly independent of each other
		if rules := languages()[l.code]; rules != nil {
			for _, w := range t.words {
				if _, is := rules.stop[w.stem]; is {
					likely += stopWordEvidence
				}
			}
		}
		if likely > best {
			best, second, code = likely, best, l.code
		} else if likely > second {
			second = likely
		}
	}
	if len(t.grams) == 0 || best-second < detectionMargin {
		return ""
	}
	return code
}
