package audit

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/audit/internal/auditdb"
)

// Change is one field of what somebody changed, for a reader.
type Change struct {
	Field  string
	Before string // empty: there was nothing
	After  string // empty: there is nothing any more
}

// maxChanges is how many fields of an event are shown.
const maxChanges = 40

// describe fills in the sentences and the changes of events. Ids in payloads become names.
func describe(ctx context.Context, q *auditdb.Queries, list []Entry) error {
	var ids []uuid.UUID
	sides := make([][2]map[string]string, len(list))
	for i := range list {
		list[i].Sentence = sentenceOf(list[i].Stored)
		for side, text := range [2]json.RawMessage{list[i].Payload.Before, list[i].Payload.After} {
			leaves, err := leavesOf(text)
			if err != nil {
				return err
			}
			sides[i][side] = leaves
			for _, value := range leaves {
				ids = append(ids, idsIn(value)...)
			}
		}
	}
	names, err := namesOf(ctx, q, ids)
	if err != nil {
		return err
	}
	for i := range list {
		list[i].Changes = changesOf(sides[i][0], sides[i][1], names)
		for _, name := range list[i].Payload.Cut {
			list[i].Changes = append(list[i].Changes, Change{Field: fieldName(name), After: "too long to show"})
		}
	}
	return nil
}

// namesOf returns what ids are called now.
func namesOf(ctx context.Context, q *auditdb.Queries, ids []uuid.UUID) (map[string]string, error) {
	names := map[string]string{}
	if len(ids) == 0 {
		return names, nil
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	rows, err := q.ListNames(ctx, slices.Compact(ids))
	for _, row := range rows {
		names[row.ID.String()] = row.Name
	}
	return names, err
}

// changesOf compares what held before with what holds now, field by field.
func changesOf(before, after map[string]string, names map[string]string) (list []Change) {
	fields := map[string]bool{}
	for field := range before {
		fields[field] = true
	}
	for field := range after {
		fields[field] = true
	}
	for field := range fields {
		left, right := withNames(before[field], names), withNames(after[field], names)
		if left != right {
			list = append(list, Change{fieldName(field), left, right})
		}
	}
	slices.SortFunc(list, func(a, b Change) int { return cmp.Compare(a.Field, b.Field) })
	if len(list) > maxChanges {
		more := len(list) - maxChanges
		list = append(list[:maxChanges], Change{Field: "More fields", After: fmt.Sprint(more)})
	}
	return list
}

// pathSeparator is between the parts of a path. A name of a person, which can be a part, does not contain it.
const pathSeparator = "\x1f"

// leavesOf returns the values of a JSON object as text, each by its path: mail, sender. A list of plain values is one value; of other
// lists an element is named by its name, or by its number.
func leavesOf(text json.RawMessage) (map[string]string, error) {
	leaves := map[string]string{}
	if len(text) == 0 {
		return leaves, nil
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		return nil, err
	}
	collect(leaves, "", value)
	return leaves, nil
}

func collect(leaves map[string]string, path string, value any) {
	at := func(name string) string { return strings.TrimPrefix(path+pathSeparator+name, pathSeparator) }
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			collect(leaves, at(name), inner)
		}
	case []any:
		if text, plain := plainList(v); plain {
			leaves[path] = text
			return
		}
		for i, inner := range v {
			collect(leaves, at(elementName(v, i)), inner)
		}
	default:
		leaves[path] = plainText(v)
	}
}

// elementName returns how the element at an index of a list is named: by its name, if no other one has that, else by its number.
func elementName(list []any, index int) string {
	name := nameOf(list[index])
	for i, other := range list {
		if i != index && nameOf(other) == name {
			return fmt.Sprint(index + 1)
		}
	}
	return cmp.Or(name, fmt.Sprint(index+1))
}

// nameOf returns the field "name" of an object; empty if there is none.
func nameOf(element any) string {
	object, _ := element.(map[string]any)
	name, _ := object["name"].(string)
	return strings.ReplaceAll(name, pathSeparator, " ")
}

// plainList returns a list of plain values as one text; plain is false if it has lists or objects.
func plainList(list []any) (text string, plain bool) {
	texts := make([]string, len(list))
	for i, v := range list {
		switch v.(type) {
		case map[string]any, []any:
			return "", false
		}
		texts[i] = plainText(v)
	}
	return strings.Join(texts, ", "), true
}

func plainText(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case string:
		if at, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return at.UTC().Format("2 Jan 2006 15:04") + " UTC"
		}
		return v
	}
	return fmt.Sprint(value)
}

// idsIn returns the ids of which a value consists.
func idsIn(value string) (ids []uuid.UUID) {
	for part := range strings.SplitSeq(value, ", ") {
		if id, err := uuid.Parse(part); err == nil && len(part) == 36 {
			ids = append(ids, id)
		}
	}
	return ids
}

// withNames returns a value with names in place of ids that are known.
func withNames(value string, names map[string]string) string {
	if len(names) == 0 || len(value) < 36 {
		return value
	}
	parts := strings.Split(value, ", ")
	for i, part := range parts {
		if name, known := names[part]; known {
			parts[i] = name
		}
	}
	return strings.Join(parts, ", ")
}

// fieldNames are the names of fields that do not read well as they are stored.
var fieldNames = map[string]string{
	"id":              "Id",
	"ids":             "Ids",
	"via":             "Via",
	"off":             "disabled",
	"mb":              "largest file (MB)",
	"sorts":           "file types",
	"shots":           "screenshots",
	"own":             "launcher selector",
	"x":               "horizontal offset (pixels)",
	"y":               "vertical offset (pixels)",
	"after":           "show after (seconds)",
	"scroll":          "show after scrolling (%)",
	"exit":            "show on exit intent",
	"every":           "show again after (hours)",
	"agents_edit_faq": "agents edit the FAQ",
	"all_agents":      "all agents are members",
	"mail_off":        "email to visitors disabled",
}

// fieldName returns a path as people read it: pre_chat_questions, 1, label is "Pre chat questions, 1, label".
func fieldName(path string) string {
	parts := strings.Split(path, pathSeparator)
	for i, part := range parts {
		if name, known := fieldNames[part]; known {
			parts[i] = name
		} else {
			parts[i] = strings.ReplaceAll(part, "_", " ")
		}
	}
	text := strings.Join(parts, ", ")
	return strings.ToUpper(text[:min(1, len(text))]) + text[min(1, len(text)):]
}
