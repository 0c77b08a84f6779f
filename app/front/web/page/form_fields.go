package page

import (
	"strings"
)

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
				r.form.fields[name] = &formField{name: name, label: a["aria-label"], versionOf: c.name, value: value,
					values: []string{version}, count: 1}
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
