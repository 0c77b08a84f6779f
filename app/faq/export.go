package faq

import (
	"bufio"
	"bytes"
	"encoding/json"

	"parley/app/faq/internal/faqdb"
)

// exportAtOnce is how many entries are in memory at once while a catalogue is exported.
const exportAtOnce = 200

// recordsOf gathers rows, one for each text, into entries.
func recordsOf(rows []faqdb.EntriesForExportRow) (list []Record) {
	for _, row := range rows {
		id := row.ID.String()
		if n := len(list); n == 0 || list[n-1].ID != id {
			list = append(list, Record{ID: id, Category: row.Category, State: State(row.State), Customer: row.CustomerName, Website: row.WebsiteName, Group: row.GroupName})
		}
		x := &list[len(list)-1]
		x.Texts = append(x.Texts, Text{row.Language, row.Question, row.Answer})
	}
	return list
}

// csvWriter returns how an entry is written, a row for each text below a line with the columns' names.
func csvWriter(out *bufio.Writer) (write func(Record) error, end func() error) {
	begun := false
	begin := func() {
		if !begun {
			begun = true
			row(out, columns)
		}
	}
	return func(x Record) error {
		begin()
		for _, t := range x.Texts {
			row(out, []string{x.ID, x.Category, string(x.State), x.Customer, x.Website, x.Group, t.Language, t.Question, t.Answer})
		}
		return nil
	}, func() error { begin(); return nil }
}

// jsonWriter returns how an entry of an object with a list of them is written.
func jsonWriter(out *bufio.Writer) (write func(Record) error, end func() error) {
	before := "{\n  \"entries\": ["
	return func(x Record) error {
			var b bytes.Buffer
			enc := json.NewEncoder(&b)
			enc.SetEscapeHTML(false)
			enc.SetIndent("    ", "  ")
			if err := enc.Encode(x); err != nil {
				return err
			}
			out.WriteString(before + "\n    ")
			_, err := out.Write(bytes.TrimSpace(b.Bytes()))
			before = ","
			return err
		}, func() error {
			if before != "," {
				_, err := out.WriteString(before + "]\n}\n")
				return err
			}
			_, err := out.WriteString("\n  ]\n}\n")
			return err
		}
}
