package page

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"parley/app/platform/fail"
	"parley/app/platform/forms"
	"parley/templates/ui"
)

// RefusedForm turns a refusal into what the form shows again: what was typed into the named fields, and what is wrong. The returned error
// is err itself where no form can show it. Without an err the form shows what was typed.
func RefusedForm(c echo.Context, err error, fields ...string) (f ui.Form, status int, _ error) {
	f = ui.Form{Values: map[string]string{}}
	for _, name := range fields {
		f.Values[name] = strings.ToValidUTF8(c.FormValue(name), "")
	}
	if err == nil {
		return f, http.StatusOK, nil
	}
	defer func() { recordRefusal(c, f) }()
	if isFinalRefusal(c, err) {
		return f, 0, err
	}
	e := fail.As(err)
	if e == nil {
		e = userError(c, err)
		if e.Kind == fail.Internal {
			f.Message = e.Message
			return f, statusOf[e.Kind], nil
		}
	}
	if e.Kind == fail.NotFound || e.Kind == fail.Forbidden && len(e.Fields) == 0 {
		return f, 0, err
	}
	f.Errors = e.Fields
	if len(e.Fields) == 0 {
		f.Message = e.Message
	}
	setRetryAfter(c, e)
	return f, statusOf[e.Kind], nil
}

// secretFields are fields that no page shows again.
var secretFields = []string{"key", "password"}

// RefusedForm is the function RefusedForm for all fields but secrets. What is wrong with a field that the form does not have is said
// above the form.
func (req *Request) RefusedForm(err error) (ui.Form, int, error) {
	all := req.formFields()
	fields := slices.DeleteFunc(slices.Sorted(maps.Keys(all)),
		func(name string) bool { return slices.Contains(secretFields, name) })
	f, status, err := RefusedForm(req, err, fields...)
	if err != nil {
		return f, status, err
	}
	for name, values := range all {
		if _, shown := f.Values[name]; shown && len(values) > 1 { // boxes
			f.Values[name] = strings.ToValidUTF8(strings.Join(values, " "), "")
		}
	}
	for name, message := range f.Errors {
		if req.form != nil && req.form.page != "" { // prepareForms knows which fields the form has
			break
		}
		if !all.Has(name) && f.Message == "" && !isFieldWithoutValue(name) {
			f.Message = message
		}
	}
	return f, status, nil
}

// isFieldWithoutValue reports whether a field that was not sent is one that a form shows with what is wrong with it: boxes and files.
func isFieldWithoutValue(name string) bool {
	return name == "customers" || name == "group" || name == "file" || strings.HasPrefix(name, "picture-")
}

// recordRefusal notes why a form was refused, for the page that shows it again.
func recordRefusal(c echo.Context, f ui.Form) {
	if req, known := c.(*Request); known && req.form != nil {
		req.form.errors, req.form.message = f.Errors, f.Message
	}
}

// isFinalRefusal reports whether a refusal is one that no form shows: the work was done already, or the form is old.
func isFinalRefusal(c echo.Context, err error) bool {
	req, known := c.(*Request)
	return known && req.form != nil && (req.form.stale != nil || req.form.duplicate || errors.Is(err, forms.ErrDuplicate))
}
