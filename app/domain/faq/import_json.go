package faq

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"parley/app/platform/fail"
)

// readJSON reads a list of entries, or an object that has one under "entries", entry by entry.
func readJSON(file source, in io.Reader, first byte) (list []Record, err error) {
	dec := json.NewDecoder(in)
	wrong := func(err error) error {
		var syntax *json.SyntaxError
		if !errors.As(err, &syntax) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
			return fail.Field("file", "The JSON is not a list of entries: %s.", err)
		}
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fail.Field("file", "The JSON cannot be read: line %d, %s.", findBadLine(file), err)
	}
	entries := func() error {
		if t, err := dec.Token(); err != nil || t != json.Delim('[') {
			if err == nil {
				err = errors.New("entries are not in brackets")
			}
			return err
		}
		for dec.More() {
			var raw json.RawMessage
			if err := dec.Decode(&raw); err != nil {
				return err
			}
			if len(list) >= maxImportRecords {
				return errTooManyRecords(len(list) + 1)
			}
			if n := bytes.Count(raw, []byte("{")); n > 1+maxTexts && len(raw) < 40*n { // texts without a word take much memory
				return fail.Field("file", "Entry %d has more than %d languages. Remove some.", len(list)+1, maxTexts)
			}
			x := Record{row: len(list) + 1}
			if err := json.Unmarshal(raw, &x); err != nil {
				return err
			}
			list = append(list, x)
		}
		_, err := dec.Token()
		return err
	}
	if first == '[' {
		err = entries()
	} else {
		_, err = dec.Token()
		for err == nil && dec.More() {
			var name json.Token
			if name, err = dec.Token(); err != nil {
				break
			}
			if text, _ := name.(string); strings.EqualFold(text, "entries") {
				err = entries()
				continue
			}
			err = skipJSONValue(dec)
		}
		if err == nil {
			_, err = dec.Token()
		}
	}
	if err == nil {
		if _, more := dec.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("unexpected text after the end")
		}
	}
	if err != nil && fail.As(err) == nil {
		err = wrong(err)
	}
	return list, err
}

// skipJSONValue reads a value without keeping it.
func skipJSONValue(dec *json.Decoder) error {
	for depth := 0; ; {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			if depth++; depth > maxJSONDepth {
				return errTooDeep
			}
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// maxJSONDepth is how deep values that are not entries can be nested: each level takes far more memory than a byte.
const maxJSONDepth = 1000

var errTooDeep = fail.Field("file", "The JSON is nested too deeply.")
