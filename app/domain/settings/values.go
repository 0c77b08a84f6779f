package settings

import (
	"encoding/json"
	"maps"
	"reflect"

	"parley/app/platform/cache"
)

// values is what one level sets, by section and field. A field that it does not have is inherited.
type values map[string]map[string]json.RawMessage

// stack is what the levels set; those below the place that is asked for set nothing.
type stack [WebsiteLevel + 1]values

// row is one section of one level, as statements return it: the level's number, the section, the fields.
type row struct {
	level   Level
	section string
	fields  map[string]json.RawMessage
}

// UnmarshalJSON reads [level, section, {field: value}].
func (r *row) UnmarshalJSON(text []byte) error {
	return json.Unmarshal(text, &[]any{&r.level, &r.section, &r.fields})
}

// parseStack reads what app.website_settings returns.
func parseStack(text []byte) (s stack, err error) {
	var rows []row
	if len(text) > 0 {
		err = json.Unmarshal(text, &rows)
	}
	for _, r := range rows {
		s.add(r.level, r.section, r.fields)
	}
	return s, err
}

func (s *stack) add(level Level, section string, fields map[string]json.RawMessage) {
	if s[level] == nil {
		s[level] = values{}
	}
	s[level][section] = fields
}

// lookUp returns the value of a field that counts at a level, and where it comes from; nil from DefaultLevel if no level sets it.
func (s *stack) lookUp(section, name string, at Level) (json.RawMessage, Level) {
	for ; at > DefaultLevel; at-- {
		if raw, set := s[at][section][name]; set {
			return raw, at
		}
	}
	return nil, DefaultLevel
}

// texts returns the texts that a level sets itself.
func (s *stack) texts(at Level) (t Texts, err error) {
	section, name := TextsField.split()
	if raw, set := s[at][section][name]; set {
		err = json.Unmarshal(raw, &t)
	}
	return t, err
}

// widget returns what holds at a level.
func (s *stack) widget(at Level) (Widget, error) {
	w := Default()
	for i := range widgetFields {
		f := &widgetFields[i]
		if raw, from := s.lookUp(f.section, f.name, at); from != DefaultLevel {
			into := f.of(&w)
			into.SetZero()
			if err := json.Unmarshal(raw, into.Addr().Interface()); err != nil {
				return w, err
			}
		}
	}
	for level := OrganizationLevel; level <= at; level++ {
		own, err := s.texts(level)
		if err != nil {
			return w, err
		}
		if len(own) > 0 {
			w.Texts = w.Texts.Merge(own)
		}
	}
	return w, nil
}

// origins returns where the value of each field comes from at a level.
func (s *stack) origins(at Level) map[Field]Level {
	all := make(map[Field]Level, len(widgetFields)+1)
	for i := range widgetFields {
		f := &widgetFields[i]
		_, all[f.field] = s.lookUp(f.section, f.name, at)
	}
	section, name := TextsField.split()
	_, all[TextsField] = s.lookUp(section, name, at)
	return all
}

// clone returns a copy that can be changed without the original.
func (v values) clone() values {
	out := make(values, len(v))
	for section, fields := range v {
		out[section] = maps.Clone(fields)
	}
	return out
}

// set sets a field; nil: the field is inherited from now on.
func (v values) set(section, name string, raw json.RawMessage) {
	if raw == nil {
		delete(v[section], name)
		return
	}
	if v[section] == nil {
		v[section] = map[string]json.RawMessage{}
	}
	v[section][name] = raw
}

// Decode returns the settings of a website from what app.website_settings returns.
func Decode(text []byte) (Widget, error) {
	s, err := parseStack(text)
	if err != nil {
		return Widget{}, err
	}
	return s.widget(WebsiteLevel)
}

// sharedFrom is the length in bytes from which an equal value of several websites is stored once.
const sharedFrom = 64

// DecodeShared is Decode for settings that are cached: large values that are equal to other websites' are stored once. The parts
// that it uses are added to keys, also when it fails. bytes is what the settings take beside those.
func DecodeShared(parts *cache.Parts, text []byte, keys *[]cache.PartKey) (w Widget, bytes int, err error) {
	s, err := parseStack(text)
	if err != nil {
		return w, 0, err
	}
	w = Default()
	bytes = int(reflect.TypeFor[Widget]().Size())
	for i := range widgetFields {
		f := &widgetFields[i]
		raw, from := s.lookUp(f.section, f.name, WebsiteLevel)
		if from == DefaultLevel {
			continue
		}
		into := f.of(&w)
		into.SetZero()
		if len(raw) < sharedFrom {
			if err := json.Unmarshal(raw, into.Addr().Interface()); err != nil {
				return w, bytes, err
			}
			bytes += len(raw)
			continue
		}
		value, err := parts.Acquire(into.Type(), raw, keys)
		if err != nil {
			return w, bytes, err
		}
		into.Set(reflect.ValueOf(value))
	}
	more, err := s.shareTexts(parts, &w, keys)
	return w, bytes + more, err
}

// shareTexts gives a widget its texts, those of each language as one part. It returns how many bytes they take beside the parts.
func (s *stack) shareTexts(parts *cache.Parts, w *Widget, keys *[]cache.PartKey) (bytes int, err error) {
	var merged Texts
	for level := OrganizationLevel; level <= WebsiteLevel; level++ {
		own, err := s.texts(level)
		if err != nil {
			return 0, err
		}
		if len(own) > 0 {
			merged = merged.Merge(own)
		}
	}
	for l, texts := range merged {
		raw, err := json.Marshal(texts)
		if err != nil {
			return 0, err
		}
		value, err := parts.Acquire(reflect.TypeFor[map[string]string](), raw, keys)
		if err != nil {
			return 0, err
		}
		merged[l] = value.(map[string]string)
		bytes += cache.SizeOf(l) + 64
	}
	w.Texts = merged
	return bytes, nil
}
