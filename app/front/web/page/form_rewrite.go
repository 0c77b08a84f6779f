package page

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
)

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
	values, typed := w.prefill.entered[name], w.prefill.entered != nil && !w.prefilled && !isIgnored(a) &&
		(w.prefill.skip == nil || !w.prefill.skip(name))
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
