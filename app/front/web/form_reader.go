package web

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"parley/app/platform/fail"
	"parley/templates/ui"
)

// formReader reads the fields of a form, and notes beside each what cannot be read: nothing that was typed is taken for something else.
type formReader struct {
	*request
	fail.Checks
	rows map[string][]int // of numbered rows, by the domain's word for them: the row in the form of each that was read
}

func (req *request) formReader() *formReader {
	return &formReader{request: req, rows: map[string][]int{}}
}

// number reads a whole number; an empty field is otherwise.
func (r *formReader) number(field, what string, least, most, fallback int) int {
	text := strings.TrimSpace(r.FormValue(field))
	if text == "" {
		return fallback
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		r.Add(field, "Please give a number of %s from %d to %d.", what, least, most)
		return fallback
	}
	return n
}

// requiredNumber reads a number that cannot be left empty.
func (r *formReader) requiredNumber(field, what string, least, most int) int {
	if strings.TrimSpace(r.FormValue(field)) == "" {
		r.Add(field, "Please give a number of %s from %d to %d.", what, least, most)
		return least
	}
	return r.number(field, what, least, most, least)
}

// choice reads one of some values.
func (r *formReader) choice(field string, of ...string) string {
	value := r.FormValue(field)
	if !slices.Contains(of, value) {
		r.Add(field, "Please choose one of these.")
	}
	return value
}

// id reads an id; an empty field is the zero id.
func (r *formReader) id(field string) uuid.UUID {
	text := r.FormValue(field)
	if text == "" {
		return uuid.Nil
	}
	id, err := uuid.Parse(text)
	if err != nil || id == uuid.Nil {
		r.Add(field, "Please choose one of these.")
	}
	return id
}

// ids reads the boxes that are checked.
func (r *formReader) ids(field string) (list []uuid.UUID) {
	for _, text := range r.values(field) {
		id, err := uuid.Parse(text)
		if err != nil {
			r.Add(field, "One of these does not exist. Please select again.")
			continue
		}
		list = append(list, id)
	}
	return list
}

// values returns all values of a field.
func (r *formReader) values(field string) []string {
	return r.formFields()[field]
}

// formFields returns all fields of the request, of the address's query among them; also where whole has read a form with files.
func (req *request) formFields() url.Values {
	r := req.Request()
	if r.Form == nil {
		req.FormValue("")
	}
	return r.Form
}

func (r *formReader) has(field string) bool { return len(r.values(field)) > 0 }

// isChecked reads a box.
func (r *formReader) isChecked(field string) bool {
	switch r.FormValue(field) {
	case "on":
		return true
	case "":
	default:
		r.Add(field, "Please check this box, or do not.")
	}
	return false
}

// keyValues reads lines of a name, a sign and a text. What is not such a line, or is there twice, is noted beside the field.
func (r *formReader) keyValues(field, signs, example string) map[string]string {
	out := map[string]string{}
	for i, l := range strings.Split(r.FormValue(field), "\n") {
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		at := strings.IndexAny(l, signs)
		if at < 0 || strings.TrimSpace(l[:at]) == "" || strings.TrimSpace(l[at+1:]) == "" {
			r.Add(field, "Line %d cannot be read. Write it as in %s", i+1, example)
			continue
		}
		name := strings.TrimSpace(l[:at])
		if _, twice := out[name]; twice {
			r.Add(field, "“%s” is there twice, the second time in line %d.", name, i+1)
			continue
		}
		out[name] = strings.TrimSpace(l[at+1:])
	}
	return out
}

var rowPrefix = regexp.MustCompile(`^(\d{1,3})-`)

// maxRows is how many numbered rows of a form are read.
const maxRows = 200

// rowCount returns how many numbered rows the form has, which begin at 0. More than can be read are refused.
func (r *formReader) rowCount() (n int) {
	for name := range r.formFields() {
		if m := rowPrefix.FindStringSubmatch(name); m != nil {
			i, _ := strconv.Atoi(m[1])
			n = max(n, i+1)
		}
	}
	if n > maxRows {
		r.Add("", "There are more rows than can be read at once.")
		n = maxRows
	}
	return n
}

// moveErrorsToRows turns the domain's names of rows' fields into the form's: greeting-2-text into 5-text, if the third greeting is row 5.
func (r *formReader) moveErrorsToRows(err error) error {
	e := fail.As(err)
	if e == nil || len(e.Fields) == 0 {
		return err
	}
	out := *e
	out.Fields = map[string]string{}
	for field, message := range e.Fields {
		what, rest, _ := strings.Cut(field, "-")
		n, name, _ := strings.Cut(rest, "-")
		if i, bad := strconv.Atoi(n); bad == nil && i < len(r.rows[what]) {
			field = strconv.Itoa(r.rows[what][i]) + "-" + name
		}
		out.Fields[field] = message
	}
	return &out
}

// secretFields are fields that no page shows again.
var secretFields = []string{"key", "password"}

// refusedForm is form, with everything that was typed. What is wrong with no field that the form has is said above it.
func (req *request) refusedForm(err error) (ui.Form, int, error) {
	all := req.formFields()
	fields := slices.DeleteFunc(slices.Sorted(maps.Keys(all)), func(name string) bool { return slices.Contains(secretFields, name) })
	f, status, err := refusedForm(req, err, fields...)
	if err != nil {
		return f, status, err
	}
	for name, values := range all {
		if _, shown := f.Values[name]; shown && len(values) > 1 { // boxes
			f.Values[name] = strings.ToValidUTF8(strings.Join(values, " "), "")
		}
	}
	for name, message := range f.Errors {
		if req.form != nil && req.form.page != "" { // dress knows which fields the form has
			break
		}
		if !all.Has(name) && f.Message == "" && !req.isFieldWithoutValue(name) {
			f.Message = message
		}
	}
	return f, status, nil
}

// isFieldWithoutValue reports whether a field that was not sent is one that a form shows with what is wrong with it: boxes and files.
func (req *request) isFieldWithoutValue(name string) bool {
	return name == "customers" || name == "group" || name == "file" || strings.HasPrefix(name, "picture-")
}
