package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// vendoredParts are the folders with other people's files, each with its license.
var vendoredParts = []struct {
	name, dir, use string
	sums           bool // CHECKSUMS has the sum of every script
}{
	{"htmx (static/vendor)", "static/vendor", "product", true},
	{"axe-core (app/tools/testkit/axe)", "app/tools/testkit/axe", "tests", false},
}

// vendored returns an error if a vendored file is not what it was, or if there are some in a folder that is not listed.
func vendored(root string, out io.Writer) error {
	var bad []error
	listed := map[string]bool{}
	for _, v := range vendoredParts {
		listed[filepath.FromSlash(v.dir)] = true
		if !v.sums {
			continue
		}
		n, err := checksums(filepath.Join(root, v.dir))
		if err != nil {
			bad = append(bad, err)
			continue
		}
		fmt.Fprintf(out, "  %s: %d files are what CHECKSUMS says\n", v.dir, n)
	}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		switch {
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules" || name == "data"):
			return filepath.SkipDir
		case d.IsDir() || listed[filepath.Dir(name)]:
			return nil
		case strings.Contains(d.Name(), ".min.") || licenseFile.MatchString(d.Name()) && filepath.Ext(d.Name()) != ".go" && filepath.Dir(name) != ".":
			bad = append(bad, fmt.Errorf("%s looks like somebody else's; list its folder in tools/audit/vendored.go", name))
		}
		return nil
	})
	return errors.Join(append(bad, err)...)
}

// checksums compares the scripts of a folder with its list of sums (SHA-256), and returns how many there are.
func checksums(dir string) (int, error) {
	list, err := os.ReadFile(filepath.Join(dir, "CHECKSUMS"))
	if err != nil {
		return 0, err
	}
	sums := map[string]string{}
	for line := range strings.SplitSeq(strings.TrimSpace(string(list)), "\n") {
		sum, name, _ := strings.Cut(line, "  ")
		sums[name] = sum
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.js"))
	if err != nil {
		return 0, err
	}
	var bad []error
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return 0, err
		}
		name := filepath.Base(f)
		want, there := sums[name]
		sum := sha256.Sum256(b)
		switch {
		case !there:
			bad = append(bad, fmt.Errorf("%s is not in CHECKSUMS", f))
		case want != hex.EncodeToString(sum[:]):
			bad = append(bad, fmt.Errorf("%s is not what CHECKSUMS says", f))
		}
		delete(sums, name)
	}
	for name := range sums {
		bad = append(bad, fmt.Errorf("%s is in CHECKSUMS, but not there", filepath.Join(dir, name)))
	}
	return len(files), errors.Join(bad...)
}
