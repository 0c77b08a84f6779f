package faq

import (
	"bufio"
	"bytes"
	"encoding/json"

	"github.com/google/uuid"

	"parley/app/domain/faq/internal/faqdb"
	"parley/app/platform/csvfile"
)

// exportBatch is how many entries are in memory at once while a catalogue is exported.
const exportBatch = 200

// recordsOf gathers rows, one for each text, into entries.
func recordsOf(rows []faqdb.ListEntriesForExportRow) (list []Record) {
	for _, row := range rows {
		id := row.ID.String()
		if n := len(list); n == 0 || list[n-1].ID != id {
			x := Record{
				ID:         id,
				Category:   row.Category,
				State:      State(row.State),
				Customer:   row.CustomerName,
				CustomerID: idText(row.CustomerID),
				WebsiteID:  idText(row.WebsiteID),
				Group:      row.GroupName,
				GroupID:    idText(row.GroupID),
			}
			if row.WebsiteID != nil {
				x.Website = NamedScope{*row.WebsiteID, row.WebsiteName, row.OwnerID, row.OwnerName}.Path()
			}
			list = append(list, x)
		}
		x := &list[len(list)-1]
		x.Texts = append(x.Texts, Text{row.Language, row.Question, row.Answer})
	}
	return list
}

func idText(id *uuid.UUID) string {
	if id == nil {
		return ""
	}
	return id.String()
}

// newCSVWriter returns how an entry is written, a row for each text below a line with the columns' names.
func newCSVWriter(out *bufio.Writer) (write func(Record) error, end func() error) {
	begun := false
	begin := func() {
		if !begun {
			begun = true
			out.WriteString(csvfile.BOM)
			csvfile.WriteRow(out, columns)
		}
	}
	return func(x Record) error {
		begin()
		for _, t := range x.Texts {
			csvfile.WriteRow(out, []string{
				x.ID,
				x.Category,
				string(x.State),
				x.Customer,
				x.CustomerID,
				x.Website,
				x.WebsiteID,
				x.Group,
				x.GroupID,
				t.Language,
				t.Question,
				t.Answer,
			})
		}
		return nil
	}, func() error { begin(); return nil }
}

// newJSONWriter returns how an entry of an object with a list of them is written.
func newJSONWriter(out *bufio.Writer) (write func(Record) error, end func() error) {
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
