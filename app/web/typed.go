package web

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"parley/app/fail"
	"parley/templates/ui"
)

// reading reads the fields of a form, and notes beside each what cannot be read: nothing that was typed is taken for something else.
type reading struct {
	*visit
	fail.Checks
	rows map[string][]int // of numbered rows, by the domain's word for them: the row in the form of each that was read
}

func (v *visit) reading() *reading { return &reading{visit: v, rows: map[string][]int{}} }

// number reads a whole number; an empty field is otherwise.
func (r *reading) number(field, what string, least, most, otherwise int) int {
	text := strings.TrimSpace(r.FormValue(field))
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		r.Add(field, "Please give a number of %s from %d to %d.", what, least, most)
		return otherwise
	}
	return n
}

// needed reads a number that cannot be left empty.
func (r *reading) needed(field, what string, least, most int) int {
	if strings.TrimSpace(r.FormValue(field)) == "" {
		r.Add(field, "Please give a number of %s from %d to %d.", what, least, most)
		return least
	}
	return r.number(field, what, least, most, least)
}

// choice reads one of some values.
func (r *reading) choice(field string, of ...string) string {
	value := r.FormValue(field)
	if !slices.Contains(of, value) {
		r.Add(field, "Please choose one of these.")
	}
	return value
}

// id reads an id; an empty field is the zero id.
func (r *reading) id(field string) uuid.UUID {
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
func (r *reading) ids(field string) (list []uuid.UUID) {
	for _, text := range r.given(field) {
		id, err := uuid.Parse(text)
		if err != nil {
			r.Add(field, "One of these does not exist. Please select again.")
			continue
		}
		list = append(list, id)
	}
	return list
}

// given returns all values of a field.
func (r *reading) given(field string) []string {
	return r.fields()[field]
}

// fields returns all fields of the request, of the address's query among them; also where whole has read a form with files.
func (v *visit) fields() url.Values {
	r := v.Request()
	if r.Form == nil {
		v.FormValue("")
	}
	return r.Form
}

func (r *reading) posted(field string) bool { return len(r.given(field)) > 0 }

// on reads a box.
func (r *reading) on(field string) bool {
	switch r.FormValue(field) {
	case "on":
		return true
	case "":
	default:
		r.Add(field, "Please check this box, or do not.")
	}
	return false
}

// pairs reads lines of a name, a sign and a text. What is not such a line, or is there twice, is noted beside the field.
func (r *reading) pairs(field, signs, example string) map[string]string {
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

var inRow = regexp.MustCompile(`^(\d{1,3})-`)

// rowsMost is how many numbered rows of a form are read.
const rowsMost = 200

// numbered returns how many numbered rows the form has, which begin at 0. More than can be read are refused.
func (r *reading) numbered() (n int) {
	for name := range r.fields() {
		if m := inRow.FindStringSubmatch(name); m != nil {
			i, _ := strconv.Atoi(m[1])
			n = max(n, i+1)
		}
	}
	if n > rowsMost {
		r.Add("", "There are more rows than can be read at once.")
		n = rowsMost
	}
	return n
}

// placed turns the domain's names of rows' fields into the form's: greeting-2-text into 5-text, if the third greeting is row 5.
func (r *reading) placed(err error) error {
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

// secret are fields that no page shows again.
var secret = []string{"key", "password"}

// typed is form, with everything that was typed. What is wrong with no field that the form has is said above it.
func (v *visit) typed(err error) (ui.Form, int, error) {
	all := v.fields()
	fields := slices.DeleteFunc(slices.Sorted(maps.Keys(all)), func(name string) bool { return slices.Contains(secret, name) })
	f, status, err := form(v, err, fields...)
	if err != nil {
		return f, status, err
	}
	for name, values := range all {
		if _, shown := f.Values[name]; shown && len(values) > 1 { // boxes
			f.Values[name] = strings.ToValidUTF8(strings.Join(values, " "), "")
		}
	}
	for name, message := range f.Errors {
		if v.form != nil && v.form.page != "" { // dress knows which fields the form has
			break
		}
		if !all.Has(name) && f.Message == "" && !v.shown(name) {
			f.Message = message
		}
	}
	return f, status, nil
}

// shown reports whether a field that was not sent is one that a form shows with what is wrong with it: boxes and files.
func (v *visit) shown(name string) bool {
	return name == "customers" || name == "group" || name == "file" || strings.HasPrefix(name, "picture-")
}
