package events

import (
	"bytes"
	"encoding/json"
	"slices"
)

const (
	maxText  = 1000 // characters of a text in a payload; the rest is left out
	maxValue = 8000 // bytes of any other value; larger ones are left out and named
)

// encodePayload returns the payload of a change as JSON. Of what is on both sides only the fields that differ are in it; same says that
// none do.
func encodePayload(before, after Payload) (payload []byte, same bool, err error) {
	left, err := fields(before)
	if err != nil {
		return nil, false, err
	}
	right, err := fields(after)
	if err != nil {
		return nil, false, err
	}
	if before != nil && after != nil {
		dropEqual(left, right)
		if len(left)+len(right) == 0 {
			return nil, true, nil
		}
	}
	var p StoredPayload
	for _, side := range []map[string]json.RawMessage{left, right} {
		p.Cut = append(p.Cut, shorten(side)...)
	}
	slices.Sort(p.Cut)
	p.Cut = slices.Compact(p.Cut)
	if before != nil {
		if p.Before, err = json.Marshal(left); err != nil {
			return nil, false, err
		}
	}
	if after != nil {
		if p.After, err = json.Marshal(right); err != nil {
			return nil, false, err
		}
	}
	payload, err = json.Marshal(p)
	return payload, false, err
}

// fields returns the fields of a payload by their JSON names.
func fields(p Payload) (list map[string]json.RawMessage, err error) {
	if p == nil {
		return nil, nil
	}
	text, err := json.Marshal(p)
	if err == nil {
		err = json.Unmarshal(text, &list)
	}
	return list, err
}

// dropEqual removes the fields that both sides have in the same way.
func dropEqual(left, right map[string]json.RawMessage) {
	for name, value := range left {
		if other, there := right[name]; there && bytes.Equal(value, other) {
			delete(left, name)
			delete(right, name)
		}
	}
}

// shorten cuts long texts, and removes other values that are too large; it returns the names of what it removed.
func shorten(side map[string]json.RawMessage) (removed []string) {
	for name, value := range side {
		if len(value) <= maxText {
			continue
		}
		var text string
		if json.Unmarshal(value, &text) == nil {
			side[name], _ = json.Marshal(cut(text, maxText)) // a text always encodes
		} else if len(value) > maxValue {
			delete(side, name)
			removed = append(removed, name)
		}
	}
	return removed
}
