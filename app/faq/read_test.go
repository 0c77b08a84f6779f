package faq

import (
	"runtime"
	"strings"
	"testing"
)

// What is read of a file, in each form, and what is wrong with it in words.
func TestReadFile(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, file string
		entries    int
		why        string // part of the refusal
	}{
		{"a table", "\xef\xbb\xbf\n question,answer\r\nQ,A\r\n\"Q, 2\",\"A\n2\"\r\n", 2, ""},
		{"semicolons", "id;question;answer\n1;Q;A\n1;Q2;A2\n", 1, ""},
		{"a list", ` [{"texts":[{"question":"Q","answer":"A"}]}, {"texts":[]}]`, 2, ""},
		{"an object", `{"version": {"a": [1, {"b": null}]}, "Entries": [{"texts":[{"question":"Q {x}","answer":"A"}]}], "more": []}`, 1, ""},
		{"no entry", `{"entries": []}`, 0, "There is no entry"},
		{"nothing", " \n ", 0, "is empty"},
		{"no list", `{"entries": {"a": 1}}`, 0, "not in brackets"},
		{"cut", "[\n{\"texts\":[]},\n{\"te", 0, "line 3"},
		{"wrong", "[\n{\"texts\":[]},\n oops]", 0, "line 3"},
		{"more behind", `[{"texts":[]}] {}`, 0, "after the end"},
		{"of another shape", `[{"texts": 5}]`, 0, "not a list of entries"},
		{"another encoding", "question,answer\nQ,caf\xe9\n", 0, "not in UTF-8"},
		{"no columns", "a,b\n1,2\n", 0, "question"},
	} {
		list, err := Read([]byte(c.file))
		if c.why == "" && (err != nil || len(list) != c.entries) || c.why != "" && (err == nil || !strings.Contains(err.Error(), c.why)) {
			t.Errorf("%s: %d entries, %v", c.name, len(list), err)
		}
	}
}

// What takes far more memory than bytes is refused before it is there.
func TestReadFileIsBounded(t *testing.T) {
	for name, file := range map[string]string{
		"many columns":   "question,answer\n" + strings.Repeat(",", ImportBytes-100),
		"columns in two": "question,answer\n" + strings.Repeat("\"\n\""+strings.Repeat(",", 400), ImportBytes/410),
		"many texts":     `[{"texts":[` + strings.Repeat("{},", ImportBytes/3-10) + `{}]}]`,
		"many entries":   `[` + strings.Repeat("{},", ImportBytes/3-10) + `{}]`,
		"deep":           strings.Repeat("[", ImportBytes),
		"deep inside":    `{"a":` + strings.Repeat("[", ImportBytes-10),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := Read([]byte(file)); err == nil {
			t.Errorf("%s: it was taken", name)
		}
		runtime.ReadMemStats(&after)
		if n := (after.TotalAlloc - before.TotalAlloc) >> 20; n > 150 { // all that was ever taken for it
			t.Errorf("%s: %d MB", name, n)
		} else {
			t.Logf("%s: %d MB", name, n)
		}
	}
}
