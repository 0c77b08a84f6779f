package page

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/net/html"
)

// prepareForms puts the hidden fields into the forms of a page. Into one that was refused it puts everything that was typed, and why.
func (s *Service) prepareForms(c echo.Context, status int, text string) string {
	if !strings.Contains(text, `method="post"`) {
		return text
	}
	r := c.Request()
	req, known := c.(*Request)
	if !known {
		return rewriteForms(r.URL.Path, text, func(_, action string) string {
			if slices.Contains(repeatable, action) {
				return ""
			}
			return hiddenField(formID, rand.Text())
		}, nil)
	}
	page := pageAddress(r.URL)
	if r.Method != http.MethodGet {
		page = req.site.pageFor(r.URL.Path)
	}
	var fillings map[string]*prefill
	var posted *submission
	if f := req.form; f != nil && status >= http.StatusBadRequest && f.page != "" {
		page, posted = f.page, f
		fillings = map[string]*prefill{f.key: f.prefill(text)}
	}
	return rewriteForms(pathOf(page), text, s.hiddenFields(req, parseForms(pathOf(page), text), page, posted), fillings)
}

// prefill returns what is put into the page's form again that was refused. Errors are put beside their fields unless the page shows them
// already; those of fields that the form does not have are put above it.
func (f *submission) prefill(text string) *prefill {
	fill := &prefill{entered: f.entered, errors: map[string]string{}}
	if f.snapshot != nil {
		fill.skip = func(name string) bool { _, was := f.snapshot.Fields[name]; return !was && f.entered[name] == nil }
	}
	isShown := func(message string) bool {
		return strings.Contains(text, html.EscapeString(message)) || strings.Contains(text, message)
	}
	form := findForm(parseForms(pathOf(f.page), text), f.key)
	var unplaced []string
	for name, message := range f.errors {
		if form != nil && form.fields[name] == nil {
			name = firstFieldOfRow(form, name)
		}
		there := isShown(message)
		if there {
			fill.errors[name] = shownInPage
		} else {
			fill.errors[name] = message
		}
		if !there && (form == nil || form.fields[name] == nil) {
			unplaced = append(unplaced, message)
		}
	}
	if f.message != "" && !isShown(f.message) {
		unplaced = append(unplaced, f.message)
	}
	slices.Sort(unplaced)
	for _, message := range unplaced {
		fill.notice += `<p class="notice bad" role="alert">` + html.EscapeString(message) + `</p>`
	}
	return fill
}

// firstFieldOfRow is the first field of a row for which an error is given, such as 2-text for greeting-2; else the name itself.
func firstFieldOfRow(form *pageForm, name string) string {
	at := strings.LastIndexByte(name, '-')
	if _, err := strconv.Atoi(name[at+1:]); at < 0 || err != nil {
		return name
	}
	for _, field := range form.names {
		if strings.HasPrefix(field, name[at+1:]+"-") {
			return field
		}
	}
	return name
}

// hiddenFields returns what makes the hidden fields of a page's forms. A form that was refused is still as old as it was.
func (s *Service) hiddenFields(req *Request, list []*pageForm, page string, posted *submission) func(key, action string) string {
	now := time.Now()
	return func(key, action string) string {
		if slices.Contains(repeatable, action) {
			return ""
		}
		out := hiddenField(formID, rand.Text()) + hiddenField(formPage, page) + hiddenField(formKey, key)
		if posted != nil && posted.key == key {
			out = strings.Replace(out, "<input", "<input data-refused", 1)
			if posted.snapshotText != "" {
				return out + hiddenField(formWas, posted.snapshotText)
			}
		}
		form := findForm(list, key)
		if form == nil {
			return out
		}
		w := snapshot{At: now, Fields: form.values()}
		for _, o := range formsDeletedBy(list, action) {
			if w.Others == nil {
				w.Others = map[string]map[string][]string{}
			}
			w.Others[o.key] = o.values()
		}
		return out + hiddenField(formWas, s.snapshotKey.write(w, req.snapshotScope(page, key)))
	}
}

func hiddenField(name, value string) string {
	return `<input type="hidden" name="` + name + `" value="` + html.EscapeString(value) + `" autocomplete="off">`
}
