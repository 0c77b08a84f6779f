package compose

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestPhrases: every language has every phrase, with the places that are filled in.
func TestPhrases(t *testing.T) {
	t.Parallel()
	if len(languages) != 10 || len(dependentOpeners) != 10 || len(limitingOpeners) != 10 {
		t.Errorf("%d languages, %d and %d lists of words", len(languages), len(dependentOpeners), len(limitingOpeners))
	}
	for language, p := range languages {
		v := reflect.ValueOf(p)
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				t.Errorf("%s has no %s", language, v.Type().Field(i).Name)
			}
		}
		for text, places := range map[string]string{p.named: "%s", p.unnamed: "%s", p.intro: "%a", p.one: "%1", p.two: "%1 %2"} {
			for place := range strings.FieldsSeq(places) {
				if strings.Count(text, place) != 1 {
					t.Errorf("%s: %q needs one %s", language, text, place)
				}
			}
		}
		if !slices.IsSortedFunc(p.hours, func(a, b hour) int { return a.from - b.from }) {
			t.Errorf("%s: the hours are out of order", language)
		}
	}
}
