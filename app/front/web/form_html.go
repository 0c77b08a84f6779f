package web

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
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

// values is what is stored, by field.
func (f *pageForm) values() map[string][]string {
	all := map[string][]string{}
	for name, c := range f.fields {
		all[name] = c.values
	}
	return all
}

// attributes reads a tag's attributes.
func attributes(z *html.Tokenizer, more bool) map[string]string {
	a := map[string]string{}
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		a[string(key)] = string(value)
	}
	return a
}

// isIgnored reports whether a field is none that somebody edits, or one whose value a page must not have.
func isIgnored(a map[string]string) bool {
	_, disabled := a["disabled"]
	switch strings.ToLower(a["type"]) {
	case "hidden", "submit", "button", "image", "reset", "file", "password":
		return true
	}
	return disabled || a["name"] == ""
}

// formKeyOf names a form on its page: by what it says of itself, or by where it is sent; several that are sent to the same address are
// numbered.
func formKeyOf(a map[string]string, page string, seen map[string]int) (key, action string) {
	action, _, _ = strings.Cut(a["action"], "?")
	if action == "" {
		action = page
	}
	if key = a["data-form"]; key == "" {
		key = action
	}
	seen[key]++
	if n := seen[key]; n > 1 {
		key += "#" + strconv.Itoa(n)
	}
	return key, action
}

// parseForms reads the forms of a page that are posted.
func parseForms(page, text string) (forms []*pageForm) {
	z := html.NewTokenizer(strings.NewReader(text))
	seen := map[string]int{}
	var f *pageForm
	var r fieldReader
	for {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			return forms
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			tag := string(name)
			a := attributes(z, more)
			if tag == "form" && strings.EqualFold(a["method"], "post") {
				f = &pageForm{fields: map[string]*formField{}}
				f.key, f.action = formKeyOf(a, page, seen)
				_, f.independentRows = a["data-rows"]
				r = fieldReader{form: f, labels: map[string]string{}}
			} else if f != nil {
				r.start(tag, a)
			}
		case html.TextToken:
			if f != nil {
				r.text(string(z.Text()))
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			if f == nil {
				continue
			}
			if string(name) == "form" {
				r.finish()
				forms, f = append(forms, f), nil
				continue
			}
			r.end(string(name))
		}
	}
}

// fieldReader reads the fields of one form, with what they are called.
type fieldReader struct {
	form   *pageForm
	labels map[string]string // by the id of the field
	ids    map[*formField]string

	label     *strings.Builder // of the label that is open
	labelFor  string
	within    []*formField // fields in that label
	box       string       // value of the box in it
	legends   []string     // of the fieldsets that are open
	legend    *strings.Builder
	small     int
	selected  *formField // the choice that is open
	option    *strings.Builder
	optionIs  map[string]string
	chosen    bool
	area      *formField
	areaText  strings.Builder
	multiple  bool
	firstSeen bool
}

func (r *fieldReader) add(a map[string]string, kind string) *formField {
	name := a["name"]
	c := r.form.fields[name]
	if c == nil {
		c = &formField{name: name, kind: kind, optionLabels: map[string]string{}, values: []string{}}
		r.form.fields[name] = c
		r.form.names = append(r.form.names, name)
		c.label = a["aria-label"]
		if r.ids == nil {
			r.ids = map[*formField]string{}
		}
		r.ids[c] = a["id"]
		if n := len(r.legends); n > 0 && r.legends[n-1] != "" && c.label == "" {
			c.label = r.legends[n-1] + ": "
		}
	}
	c.count++
	if r.label != nil {
		r.within = append(r.within, c)
	}
	return c
}

func (r *fieldReader) start(tag string, a map[string]string) {
	switch tag {
	case "label":
		r.label, r.labelFor, r.within, r.box = &strings.Builder{}, a["for"], nil, ""
	case "fieldset":
		r.legends = append(r.legends, "")
	case "legend":
		r.legend = &strings.Builder{}
	case "small":
		r.small++
	case "input":
		if isIgnored(a) {
			return
		}
		kind := strings.ToLower(a["type"])
		value, given := a["value"]
		c := r.add(a, kind)
		if kind == "checkbox" || kind == "radio" {
			if !given {
				value = "on"
			}
			r.box = value
			if version, there := a["data-version"]; there {
				name := c.name + " " + value
				r.form.fields[name] = &formField{name: name, label: a["aria-label"], versionOf: c.name, value: value, values: []string{version}, count: 1}
				r.form.names = append(r.form.names, name)
			}
			if _, checked := a["checked"]; checked {
				c.values = append(c.values, value)
			}
			return
		}
		c.values = append(c.values, value)
	case "textarea":
		if !isIgnored(a) {
			r.area = r.add(a, tag)
			r.areaText.Reset()
		}
	case "select":
		if !isIgnored(a) {
			r.selected, r.chosen, r.firstSeen = r.add(a, tag), false, false
			_, r.multiple = a["multiple"]
		}
	case "option":
		if r.selected != nil {
			r.endOption()
			r.option, r.optionIs = &strings.Builder{}, a
		}
	}
}

func (r *fieldReader) text(text string) {
	switch {
	case r.area != nil:
		r.areaText.WriteString(text)
	case r.option != nil:
		r.option.WriteString(text)
	case r.selected != nil || r.small > 0:
	case r.legend != nil:
		r.legend.WriteString(text)
	case r.label != nil:
		r.label.WriteString(text)
	}
}

func (r *fieldReader) endOption() {
	if r.option == nil {
		return
	}
	words := collapseSpace(r.option.String())
	value, given := r.optionIs["value"]
	if !given {
		value = words
	}
	_, selected := r.optionIs["selected"]
	c := r.selected
	c.optionLabels[value] = words
	switch {
	case selected && !r.multiple && r.firstSeen:
		c.values[len(c.values)-1] = value
	case selected, !r.multiple && !r.firstSeen: // a browser chooses the first one where none is chosen
		c.values = append(c.values, value)
		r.firstSeen = true
	}
	r.option = nil
}

func (r *fieldReader) end(tag string) {
	switch tag {
	case "label":
		if r.label == nil {
			return
		}
		words := collapseSpace(r.label.String())
		if r.labelFor != "" {
			r.labels[r.labelFor] = words
		}
		for _, c := range r.within {
			if r.box != "" {
				c.optionLabels[r.box] = words
			}
			if c.kind != "radio" && !strings.HasSuffix(c.label, words) {
				c.label += words
			}
		}
		r.label = nil
	case "fieldset":
		if n := len(r.legends); n > 0 {
			r.legends = r.legends[:n-1]
		}
	case "legend":
		if n := len(r.legends); n > 0 && r.legend != nil {
			r.legends[n-1] = collapseSpace(r.legend.String())
		}
		r.legend = nil
	case "small":
		r.small = max(0, r.small-1)
	case "textarea":
		if r.area != nil {
			r.area.values = append(r.area.values, strings.TrimPrefix(r.areaText.String(), "\n"))
			r.area = nil
		}
	case "option":
		r.endOption()
	case "select":
		r.endOption()
		r.selected = nil
	}
}

// finish gives the fields the names that their labels say.
func (r *fieldReader) finish() {
	for c, id := range r.ids {
		if words := r.labels[id]; id != "" && words != "" && !strings.HasSuffix(c.label, words) {
			c.label += words
		}
	}
	for _, c := range r.form.fields {
		if c.kind == "checkbox" && c.count > 1 || c.kind == "radio" { // the fieldset says what they are
			if before, _, found := strings.Cut(c.label, ": "); found {
				c.label = before
			}
		}
		if c.label = strings.TrimSuffix(c.label, ": "); c.label == "" {
			c.label = c.name
		}
	}
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

// prefill is what is put into one form of a page.
type prefill struct {
	entered     map[string][]string // nil: nothing was typed
	skip        func(name string) bool
	errors      map[string]string
	notice      string // HTML at the form's beginning
	showsStored bool   // the page shows what is stored, not what was typed
}

// rewriteForms puts hidden fields into every posted form of a page, and a filling into some.
func rewriteForms(page, text string, hidden func(key, action string) string, fillings map[string]*prefill) string {
	z := html.NewTokenizer(strings.NewReader(text))
	w := rewriter{seen: map[string]int{}, ids: map[string]bool{}}
	for _, f := range fillings {
		for name := range f.errors {
			id := errorID(name)
			w.ids[id] = strings.Contains(text, `id="`+html.EscapeString(id)+`"`)
		}
	}
	w.out.Grow(len(text) + len(text)/8)
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return w.out.String()
		}
		raw := string(z.Raw())
		switch kind {
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			tag := string(name)
			if tag != "form" && (w.prefill == nil || tag != "input" && tag != "textarea" && tag != "select" && tag != "option") {
				break
			}
			a := attributes(z, more)
			if tag == "form" {
				if strings.EqualFold(a["method"], "post") {
					w.key, w.action = formKeyOf(a, page, w.seen)
					w.inForm, w.prefill, w.count = true, fillings[w.key], map[string]int{}
					_, refilled := a["data-refilled"]
					w.prefilled = refilled && w.prefill != nil && !w.prefill.showsStored
					w.out.WriteString(raw)
					if w.prefill != nil {
						w.out.WriteString(w.prefill.notice)
					}
					continue
				}
				break
			}
			if w.field(tag, raw, a) {
				continue
			}
		case html.TextToken:
			if w.skipText {
				continue
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			switch string(name) {
			case "form":
				if w.inForm {
					w.out.WriteString(hidden(w.key, w.action))
				}
				w.inForm, w.prefill = false, nil
			case "textarea", "select":
				w.skipText = false
				w.selected = nil
				if w.after != "" {
					w.out.WriteString(raw + w.after)
					w.after = ""
					continue
				}
			}
		}
		w.out.WriteString(raw)
	}
}

type rewriter struct {
	out         strings.Builder
	seen        map[string]int
	ids         map[string]bool // of messages that the page has
	inForm      bool
	prefilled   bool // the page has put in what was typed
	key, action string
	prefill     *prefill
	count       map[string]int // elements so far, by name
	skipText    bool           // of a text that is replaced
	selected    []string       // what is chosen in the choice that is open; nil: as it stands
	after       string         // what comes behind the element that is open
}

// field writes a field as it is to be filled in; false: as it stands.
func (w *rewriter) field(tag, raw string, a map[string]string) bool {
	if tag == "option" {
		if w.selected == nil {
			return false
		}
		value, given := a["value"]
		if !given {
			return false
		}
		delete(a, "selected")
		if slices.Contains(w.selected, value) {
			a["selected"] = ""
		}
		w.tag(tag, a)
		return true
	}
	name := a["name"]
	message := w.prefill.errors[name]
	wrong := message != "" && w.count[name] == 0
	n := w.count[name]
	w.count[name]++
	if isIgnored(a) && !wrong {
		return false
	}
	values, typed := w.prefill.entered[name], w.prefill.entered != nil && !w.prefilled && !isIgnored(a) && (w.prefill.skip == nil || !w.prefill.skip(name))
	if !typed && !wrong {
		return false
	}
	if wrong {
		id := errorID(name)
		if _, there := a["aria-invalid"]; !there {
			a["aria-invalid"] = "true"
			if message == shownInPage && w.ids[id] {
				a["aria-describedby"] = strings.TrimSpace(a["aria-describedby"] + " " + id)
			} else if message != shownInPage {
				a["aria-describedby"] = strings.TrimSpace(a["aria-describedby"] + " " + id)
				w.after = `<strong class="error" id="` + html.EscapeString(id) + `">` + html.EscapeString(message) + `</strong>`
			}
		}
	}
	kind := strings.ToLower(a["type"])
	switch {
	case !typed:
	case tag == "textarea":
		if n < len(values) {
			w.tag(tag, a)
			w.out.WriteString("\n" + html.EscapeString(unixLines(values[n])))
			w.skipText = true
			return true
		}
	case tag == "select":
		w.selected = values
		if w.selected == nil {
			w.selected = []string{}
		}
	case kind == "checkbox" || kind == "radio":
		value, given := a["value"]
		if !given {
			value = "on"
		}
		delete(a, "checked")
		if slices.Contains(values, value) {
			a["checked"] = ""
		}
	case n < len(values):
		a["value"] = values[n]
	}
	w.tag(tag, a)
	if tag == "input" {
		w.out.WriteString(w.after)
		w.after = ""
	}
	return true
}

func (w *rewriter) tag(tag string, a map[string]string) {
	w.out.WriteString("<" + tag)
	names := make([]string, 0, len(a))
	for name := range a {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		w.out.WriteString(" " + name)
		if a[name] != "" {
			w.out.WriteString(`="` + html.EscapeString(a[name]) + `"`)
		}
	}
	w.out.WriteString(">")
}

// errorID is the id of what says why a field was refused.
func errorID(name string) string {
	return "e-" + strings.Map(func(r rune) rune {
		if r == '"' || r == ' ' {
			return '-'
		}
		return r
	}, name)
}

// shownInPage stands for a message that the page has beside the field already.
const shownInPage = "\x00"
