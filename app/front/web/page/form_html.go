package page

import (
	"slices"
	"strings"
)

// Names of the hidden fields that every form has.
const (
	formID     = "_form"   // random, of this copy of the form
	formPage   = "_page"   // the address of the page that has it
	formKey    = "_key"    // names it on its page
	formWas    = "_was"    // what was stored when it was shown
	formTheirs = "_theirs" // fields of which the stored value is taken instead of the typed one
)

// formField is a field of a form; radio buttons and boxes of one name are one.
type formField struct {
	name, label      string
	kind             string            // of the element: text, checkbox, radio, select, textarea …
	optionLabels     map[string]string // what its values are called: of choices
	values           []string          // as a browser would send them
	versionOf, value string            // not a field, but the version of what a box of this field and value stands for
	count            int               // of its elements
}

// pageForm is a form as a page shows it: what a browser would send that changes nothing.
type pageForm struct {
	key             string
	action          string // the path to which it is sent
	independentRows bool   // each of its rows stands for itself: those that came or went meanwhile do not make it old
	names           []string
	fields          map[string]*formField
}

// field returns the field of a name; one without values, called by its name, if the form does not have it any more.
func (f *pageForm) field(name string) *formField {
	if field := f.fields[name]; field != nil {
		return field
	}
	return &formField{name: name, label: name}
}

// values returns what is stored, by field.
func (f *pageForm) values() map[string][]string {
	all := map[string][]string{}
	for name, c := range f.fields {
		all[name] = c.values
	}
	return all
}

func collapseSpace(text string) string { return strings.Join(strings.Fields(text), " ") }

// display words a value for a person.
func (c *formField) display(values []string) string {
	if c.kind == "checkbox" && c.count == 1 {
		if len(values) > 0 {
			return "on"
		}
		return "off"
	}
	var list []string
	for _, v := range values {
		if words, there := c.optionLabels[v]; there && (v == "" || c.kind != "text") {
			v = words
		}
		if strings.HasPrefix(v, digestMark) {
			v = "a long text"
		}
		if v = collapseSpace(v); v != "" {
			list = append(list, v)
		}
	}
	if len(list) == 0 {
		return "empty"
	}
	text := []rune(strings.Join(list, ", "))
	if len(text) > valueMost {
		text = append(text[:valueMost], '…')
	}
	return "“" + string(text) + "”"
}

// valueMost is how many characters of a value are shown in a list of changes.
const valueMost = 120

// same compares what a field has, whatever the ends of lines are.
func same(a, b []string) bool {
	return slices.EqualFunc(a, b, sameText)
}

func unixLines(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

func findForm(list []*pageForm, key string) *pageForm {
	for _, f := range list {
		if f.key == key {
			return f
		}
	}
	return nil
}
