package page

import (
	"regexp"
	"strconv"
	"strings"

	"parley/app/platform/fail"
)

var rowPrefix = regexp.MustCompile(`^(\d{1,3})-`)

// MaxRows is how many numbered rows of a form are read.
const MaxRows = 200

// RowCount returns how many numbered rows the form has, which begin at 0. More than can be read are refused.
func (r *FormReader) RowCount() (n int) {
	for name := range r.formFields() {
		if m := rowPrefix.FindStringSubmatch(name); m != nil {
			i, _ := strconv.Atoi(m[1])
			n = max(n, i+1)
		}
	}
	if n > MaxRows {
		r.Add("", "The form has too many rows. Reload the page and try again.")
		n = MaxRows
	}
	return n
}

// MoveErrorsToRows turns the domain's names of rows' fields into the form's: greeting-2-text into 5-text, if the third greeting is row 5.
func (r *FormReader) MoveErrorsToRows(err error) error {
	e := fail.As(err)
	if e == nil || len(e.Fields) == 0 {
		return err
	}
	out := *e
	out.Fields = map[string]string{}
	for field, message := range e.Fields {
		what, rest, _ := strings.Cut(field, "-")
		n, name, _ := strings.Cut(rest, "-")
		if i, bad := strconv.Atoi(n); bad == nil && i < len(r.Rows[what]) {
			field = strconv.Itoa(r.Rows[what][i]) + "-" + name
		}
		out.Fields[field] = message
	}
	return &out
}
