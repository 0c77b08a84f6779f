package page

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"parley/app/platform/fail"
)

// FormReader reads the fields of a form, and notes beside each what cannot be read: nothing that was typed is taken for something else.
// Result has what was noted.
type FormReader struct {
	*Request
	fail.Checks
	Rows map[string][]int // rows of the form that were read, by the domain's word for them, in the domain's order; see MoveErrorsToRows
}

func (req *Request) FormReader() *FormReader {
	return &FormReader{Request: req, Rows: map[string][]int{}}
}

// Number reads a whole number from least to most, which the message calls what; fallback for an empty field.
func (r *FormReader) Number(field, what string, least, most, fallback int) int {
	text := strings.TrimSpace(r.FormValue(field))
	if text == "" {
		return fallback
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		r.Add(field, "Enter a number of %s from %d to %d.", what, least, most)
		return fallback
	}
	return n
}

// RequiredNumber is Number for a field that cannot be left empty.
func (r *FormReader) RequiredNumber(field, what string, least, most int) int {
	if strings.TrimSpace(r.FormValue(field)) == "" {
		r.Add(field, "Enter a number of %s from %d to %d.", what, least, most)
		return least
	}
	return r.Number(field, what, least, most, least)
}

// Choice reads one of the values of.
func (r *FormReader) Choice(field string, of ...string) string {
	value := r.FormValue(field)
	if !slices.Contains(of, value) {
		r.Add(field, "Choose one of the options.")
	}
	return value
}

// UUID reads an id; the zero id for an empty field.
func (r *FormReader) UUID(field string) uuid.UUID {
	text := r.FormValue(field)
	if text == "" {
		return uuid.Nil
	}
	id, err := uuid.Parse(text)
	if err != nil || id == uuid.Nil {
		r.Add(field, "Choose one of the options.")
	}
	return id
}

// UUIDs reads the ids of the boxes that are checked.
func (r *FormReader) UUIDs(field string) (list []uuid.UUID) {
	for _, text := range r.Values(field) {
		id, err := uuid.Parse(text)
		if err != nil {
			r.Add(field, "One of the selected items does not exist. Select again.")
			continue
		}
		list = append(list, id)
	}
	return list
}

// Values returns all values of a field.
func (r *FormReader) Values(field string) []string {
	return r.formFields()[field]
}

// formFields returns all fields of the request, those of the address's query among them; also after ReadMultipart.
func (req *Request) formFields() url.Values {
	r := req.Request()
	if r.Form == nil {
		req.FormValue("")
	}
	return r.Form
}

func (r *FormReader) Has(field string) bool { return len(r.Values(field)) > 0 }

// IsChecked reports whether a box is checked.
func (r *FormReader) IsChecked(field string) bool {
	switch r.FormValue(field) {
	case "on":
		return true
	case "":
	default:
		r.Add(field, "This checkbox has an unknown value. Select or clear it.")
	}
	return false
}

// KeyValues reads lines of a name, one of the signs and a text. What is not such a line, or is there twice, is noted beside the field, with
// the example.
func (r *FormReader) KeyValues(field, signs, example string) map[string]string {
	out := map[string]string{}
	for i, l := range strings.Split(r.FormValue(field), "\n") {
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		at := strings.IndexAny(l, signs)
		if at < 0 || strings.TrimSpace(l[:at]) == "" || strings.TrimSpace(l[at+1:]) == "" {
			r.Add(field, "Line %d cannot be read. Write it like this: %s", i+1, example)
			continue
		}
		name := strings.TrimSpace(l[:at])
		if _, twice := out[name]; twice {
			r.Add(field, "“%s” is used twice. Remove it from line %d.", name, i+1)
			continue
		}
		out[name] = strings.TrimSpace(l[at+1:])
	}
	return out
}
