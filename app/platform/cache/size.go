package cache

import "reflect"

// SizeOf estimates the bytes that a value takes, with everything that it alone points to. What is shared by several fields is counted
// several times; channels and functions count nothing.
func SizeOf(v any) int {
	if v == nil {
		return 0
	}
	r := reflect.ValueOf(v)
	return int(r.Type().Size()) + indirectBytes(r)
}

// indirectBytes is what a value takes beside its own bytes.
func indirectBytes(v reflect.Value) (bytes int) {
	switch v.Kind() {
	case reflect.String:
		return v.Len()
	case reflect.Slice:
		bytes = v.Cap() * int(v.Type().Elem().Size())
		for i := range v.Len() {
			bytes += indirectBytes(v.Index(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			bytes += indirectBytes(v.Index(i))
		}
	case reflect.Map:
		if v.IsNil() {
			return 0
		}
		// A group of eight slots and their control word, on average two thirds full.
		bytes = 48 + v.Len()*3*(int(v.Type().Key().Size()+v.Type().Elem().Size())+1)/2
		for at := v.MapRange(); at.Next(); {
			bytes += indirectBytes(at.Key()) + indirectBytes(at.Value())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			bytes += indirectBytes(v.Field(i))
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			bytes = int(v.Elem().Type().Size()) + indirectBytes(v.Elem())
		}
	}
	return bytes
}
