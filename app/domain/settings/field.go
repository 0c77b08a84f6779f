package settings

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
)

// Field names a setting by its section and its JSON name in it, such as "appearance.color".
type Field string

// TextsField is the one setting that levels add to instead of replacing it.
const TextsField Field = "texts.texts"

// widgetField is a field of Widget, whose value websites inherit by itself.
type widgetField struct {
	field         Field
	section, name string
	index         []int // in Widget
	kind          reflect.Kind
}

// of returns the field's value in a widget.
func (f *widgetField) of(w *Widget) reflect.Value {
	return reflect.ValueOf(w).Elem().FieldByIndex(f.index)
}

// encode returns the field's value as it is stored. Lists and maps without anything in them are empty ones, as nothing is stored as null.
func (f *widgetField) encode(w *Widget) (json.RawMessage, error) {
	value := f.of(w)
	switch {
	case f.kind == reflect.Slice && value.Len() == 0:
		return json.RawMessage("[]"), nil
	case f.kind == reflect.Map && value.Len() == 0:
		return json.RawMessage("{}"), nil
	}
	return json.Marshal(value.Interface())
}

// widgetFields are all fields of Widget but the texts, in its order.
var widgetFields = listWidgetFields()

func listWidgetFields() (list []widgetField) {
	for _, section := range reflect.VisibleFields(reflect.TypeFor[Widget]()) {
		sectionName := jsonName(section)
		if section.Type.Kind() != reflect.Struct {
			continue // the texts
		}
		for _, x := range reflect.VisibleFields(section.Type) {
			if x.Anonymous {
				continue
			}
			list = append(list, widgetField{Field(sectionName + "." + jsonName(x)), sectionName, jsonName(x),
				append(append([]int{}, section.Index...), x.Index...), x.Type.Kind()})
		}
	}
	return list
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// Fields returns all settings of websites, in the order of Widget.
func Fields() (list []Field) {
	for _, f := range widgetFields {
		list = append(list, f.field)
	}
	return append(list, TextsField)
}

// split returns the section and the name of a field.
func (f Field) split() (section, name string) {
	section, name, _ = strings.Cut(string(f), ".")
	return section, name
}

// Text returns the value of a field that is a text or a number other than 0; else "".
func (w *Widget) Text(field Field) string {
	for i := range widgetFields {
		f := &widgetFields[i]
		if f.field != field {
			continue
		}
		switch value := f.of(w); f.kind {
		case reflect.String:
			return value.String()
		case reflect.Int:
			if n := value.Int(); n != 0 {
				return strconv.FormatInt(n, 10)
			}
		}
	}
	return ""
}
