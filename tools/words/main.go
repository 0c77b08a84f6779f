// Command words fails on retired terms in code, comments and documents, and says what to write instead. Run it by "make lint".
//
// It reads the names and comments of Go files, of scripts, of templates' comments and of SQL, and all of every document
// except the changelog. Strings are not read: what people see on a screen is checked where it is shown.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	root := flag.String("root", "..", "folder of Parley's go.mod")
	flag.Parse()
	files, err := tracked(*root)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	found := 0
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(*root, file))
		if err != nil {
			continue // deleted, not yet committed
		}
		for _, m := range Check(file, string(text)) {
			fmt.Printf("%s:%d: %q: %s\n", file, m.Line, m.Word, m.Instead)
			found++
		}
	}
	if found > 0 {
		fmt.Fprintf(os.Stderr, "%d retired words; the glossary is in CONTRIBUTING.md\n", found)
		os.Exit(1)
	}
}

// tracked returns the paths of the files to be read, relative to root.
func tracked(root string) ([]string, error) {
	out, err := exec.Command("git", "-C", root, "ls-files", "-co", "--exclude-standard").Output()
	if err != nil {
		return nil, fmt.Errorf("git ls-files: %w", err)
	}
	var files []string
	for _, f := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		if read(f) {
			files = append(files, f)
		}
	}
	return files, nil
}

// read reports whether a file is checked: generated and vendored ones, test data, the changelog and the list itself are not.
func read(file string) bool {
	for _, part := range []string{"vendor/", "testdata/", "/dist/", "tools/words/", "app/tools/measure/sample", "app/tools/testkit/axe/"} {
		if strings.Contains(file, part) {
			return false
		}
	}
	switch base := filepath.Base(file); {
	case strings.HasSuffix(base, "_templ.go"), strings.Contains(file, "/internal/") && strings.HasSuffix(base, ".sql.go"):
		return false
	case strings.HasPrefix(base, "CHANGELOG"), strings.HasPrefix(base, "CODE_OF_CONDUCT"), strings.HasPrefix(file, "static/") && !strings.HasPrefix(file, "static/src/") && !strings.HasSuffix(base, ".go"):
		return false
	}
	switch filepath.Ext(file) {
	case ".go", ".js", ".templ", ".sql", ".md":
		return true
	}
	return false
}
