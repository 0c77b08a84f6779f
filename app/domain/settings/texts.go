package settings

import (
	"regexp"

	"parley/app/platform/fail"
)

// Texts is the section of the widget's own texts in other words, by language and the text's name. A level adds its texts to those that it
// inherits.
type Texts map[string]map[string]string

const maxLanguages = 50

var textNamePattern = regexp.MustCompile(`^[a-z_]{1,40}$`)

func (t Texts) check(c *fail.Checks) {
	if len(t) > maxLanguages {
		c.Add("texts", "Too many languages: the limit is %d, but there are %d. Remove some.", maxLanguages, len(t))
	}
	for l, texts := range t {
		if len(texts) > 200 {
			c.Add("texts", "There are more lines than the widget has texts. Remove some.")
		}
		for name, text := range texts {
			if !textNamePattern.MatchString(name) {
				c.Add("texts", "“%s” is not the name of a text. Use one of the names listed below.", name)
			}
			checkLine(c, "texts", "the text “"+name+"”", &text, 500)
			if text == "" {
				c.Add("texts", "“%s” has no text. Enter one after =, or remove the line.", name)
			}
			texts[name] = text
		}
		if l == "" {
			c.Add("texts", "Write a language and the name of a text on each line: de.write = Was möchten Sie wissen?")
		} else {
			c.AddError("texts", validateLanguage(l))
		}
	}
}

// Merge returns the texts with those of a lower level, which count more. Languages that are the same in another spelling become one.
func (t Texts) Merge(lower Texts) Texts {
	out := Texts{}
	for _, level := range []Texts{t, lower} {
		for l, texts := range level {
			key := l
			for there := range out {
				if NormalizeLanguage(there) == NormalizeLanguage(l) {
					key = there
				}
			}
			if out[key] == nil {
				out[key] = make(map[string]string, len(texts))
			}
			for name, text := range texts {
				out[key][name] = text
			}
		}
	}
	return out
}
