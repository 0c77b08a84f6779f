// Package measure says how good and how quick the suggestions are: over folders of entries and messages, and over made-up ones for speed
// and memory. It also plays entries, choices and messages from standard input.
package measure

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"parley/app/domain/faq/suggest"
)

// dataset is entries with messages about them: faqs.jsonl, queries.jsonl, accepted.jsonl.
type dataset struct {
	name     string
	entries  []suggest.Entry
	queries  []labeledQuery // to be asked
	accepted []labeledQuery // earlier messages, for which an agent accepted an entry
}

// faq is an entry as a line. An id may come again, with the entry in another language.
type faq struct {
	ID       string `json:"id"`
	Question string `json:"question"`
	Answer   string `json:"answer"`
	Language string `json:"language"`
}

// labeledQuery is a message with the entries that answer it; none if no entry does.
type labeledQuery struct {
	Query    string   `json:"query"`
	Relevant []string `json:"relevant"`
	Language string   `json:"language"`
}

func readDataset(dir string) (f dataset, err error) {
	f.name = filepath.Base(filepath.Clean(dir))
	faqs, err := readLines[faq](filepath.Join(dir, "faqs.jsonl"))
	if err != nil {
		return f, err
	}
	f.entries = entriesOf(faqs)
	if f.queries, err = readLines[labeledQuery](filepath.Join(dir, "queries.jsonl")); err != nil {
		return f, err
	}
	f.accepted, err = readLines[labeledQuery](filepath.Join(dir, "accepted.jsonl"))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // entries without any choice
	}
	return f, err
}

// entriesOf puts the lines of one id together.
func entriesOf(faqs []faq) (entries []suggest.Entry) {
	at := map[string]int{}
	for _, x := range faqs {
		i, again := at[x.ID]
		if !again {
			i = len(entries)
			at[x.ID] = i
			entries = append(entries, suggest.Entry{ID: x.ID})
		}
		entries[i].Texts = append(entries[i].Texts, suggest.Text{Language: x.Language, Question: x.Question, Answer: x.Answer})
	}
	return entries
}

// readLines reads a file with a JSON object a line.
func readLines[T any](path string) (all []T, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	in := bufio.NewScanner(file)
	in.Buffer(make([]byte, 64<<10), 4<<20)
	for n := 1; in.Scan(); n++ {
		if len(in.Bytes()) == 0 {
			continue
		}
		var x T
		if err := json.Unmarshal(in.Bytes(), &x); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", path, n, err)
		}
		all = append(all, x)
	}
	return all, in.Err()
}
