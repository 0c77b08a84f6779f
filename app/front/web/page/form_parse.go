package page

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

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
