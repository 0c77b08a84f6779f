package frames

import (
	"encoding/json"
	"strconv"

	"parley/app/platform/validate"
)

// maxVisitorData is how many names a site may say something under.
const maxVisitorData = 30

// VisitorData is what a site says of its visitor, as short texts by name. Numbers and truth values become texts; everything else is left
// out, and so is what is more than maxVisitorData.
type VisitorData map[string]string

// UnmarshalJSON implements json.Unmarshaler.
func (d *VisitorData) UnmarshalJSON(raw []byte) error {
	var values map[string]any
	if err := json.Unmarshal(raw, &values); err != nil {
		return err
	}
	*d = VisitorData{}
	for name, value := range values {
		if len(*d) == maxVisitorData {
			break
		}
		name = Clip(name, 60)
		if text := visitorText(value); name != "" && text != "" {
			(*d)[name] = text
		}
	}
	return nil
}

func visitorText(value any) string {
	switch v := value.(type) {
	case string:
		return Clip(v, 300)
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

// Clip returns a line of at most max characters of what only describes a visit: being too long or strange is no reason to refuse a visitor.
// What cannot be stored becomes "".
func Clip(s string, max int) string {
	clean, err := validate.OptionalLine("", s, 1<<20)
	if err != nil {
		return ""
	}
	if r := []rune(clean); len(r) > max {
		return string(r[:max])
	}
	return clean
}
