package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/google/licensecheck"
)

// allowed are the licenses that a part of Parley may have, by their SPDX names, and why.
var allowed = map[string]string{
	"0BSD":         "asks for nothing",
	"MIT":          "asks for its notice",
	"MIT-0":        "asks for nothing",
	"ISC":          "asks for its notice",
	"BSD-2-Clause": "asks for its notice",
	"BSD-3-Clause": "asks for its notice",
	"Apache-2.0":   "asks for its notice and grants patents",
	"MPL-2.0":      "covers its own files only, which we do not change",
	"Unlicense":    "asks for nothing",
	"CC0-1.0":      "asks for nothing",
	"PostgreSQL":   "asks for its notice",
	"Zlib":         "asks for its notice in the source",
}

// part is something that Parley is built of.
type part struct {
	name, version string
	dir           string   // its files
	packages      []string // folders of dir that are used
	use           string   // where it is used first: product, tests (and what builds the widget), tools
}

// licenses prints the license of everything that the product, its tests and its tools are built of, and returns an error that
// names what has none, or one that is not allowed.
func licenses(ctx context.Context, root string, out io.Writer) error {
	var parts []part
	known := map[string]int{}
	for _, l := range []struct {
		use, dir string
		args     []string
	}{{"product", root, []string{"./app"}}, {"tests", root, []string{"-test", "./..."}}, {"tools", ".", []string{"tool", "./..."}}} {
		more, err := modules(ctx, l.dir, l.args...)
		if err != nil {
			return err
		}
		for _, p := range more {
			p.use = l.use
			if i, there := known[p.dir]; there {
				parts[i].packages = append(parts[i].packages, p.packages...)
				continue
			}
			known[p.dir] = len(parts)
			parts = append(parts, p)
		}
	}
	for _, v := range vendoredParts {
		parts = append(parts, part{name: v.name, dir: filepath.Join(root, v.dir), use: v.use})
	}
	slices.SortStableFunc(parts, func(a, b part) int { return strings.Compare(a.name, b.name) })
	var bad []error
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, p := range parts {
		names, err := p.licenses()
		if err != nil {
			bad = append(bad, fmt.Errorf("%s %s: %w", p.name, p.version, err))
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", p.name, p.version, p.use, strings.Join(names, ", "))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(parts) == len(vendoredParts) {
		bad = append(bad, errors.New("licenses: no dependency was found, which cannot be"))
	}
	return errors.Join(bad...)
}

// modules lists what packages in a folder are built of, without the standard library, which is part of Go (BSD-3-Clause).
func modules(ctx context.Context, dir string, args ...string) ([]part, error) {
	list := exec.CommandContext(ctx, "go", append([]string{"list", "-deps", "-json=ImportPath,Dir,Standard,Module"}, args...)...)
	var problems bytes.Buffer
	list.Dir, list.Stderr = dir, &problems
	text, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("list what %s is built of: %w\n%s", dir, err, &problems)
	}
	var parts []part
	known := map[string]int{}
	for in := json.NewDecoder(bytes.NewReader(text)); ; {
		var p struct {
			Dir      string
			Standard bool
			Module   *struct {
				Path, Version, Dir string
				Main               bool
				Replace            *struct{ Path, Version string }
			}
		}
		if err := in.Decode(&p); errors.Is(err, io.EOF) {
			return parts, nil
		} else if err != nil {
			return nil, err
		}
		m := p.Module
		if p.Standard || m == nil || m.Main {
			continue
		}
		i, there := known[m.Dir]
		if !there {
			i, known[m.Dir] = len(parts), len(parts)
			parts = append(parts, part{name: m.Path, version: m.Version, dir: m.Dir})
			if m.Replace != nil {
				parts[i].name, parts[i].version = m.Path+" => "+m.Replace.Path, m.Replace.Version
			}
		}
		if !slices.Contains(parts[i].packages, p.Dir) {
			parts[i].packages = append(parts[i].packages, p.Dir)
		}
	}
}

var licenseFile = regexp.MustCompile(`(?i)^(un)?(licen[cs]e|copying|copyright)([-_.].*)?$|[-_]licen[cs]e(\.(txt|md))?$`)

// recognized is how much of a license's text, in percent, has to be that of a license that is known.
const recognized = 75

// licenses returns the names of a part's licenses: of its folder and of those that are used below it. An error says why they
// will not do.
func (p part) licenses() ([]string, error) {
	folders := map[string]bool{p.dir: true}
	for _, used := range p.packages {
		for d := used; strings.HasPrefix(d, p.dir+string(filepath.Separator)); d = filepath.Dir(d) {
			folders[d] = true
		}
	}
	var names []string
	var bad []error
	for folder := range folders {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if e.IsDir() || !licenseFile.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") {
				continue
			}
			text, err := os.ReadFile(filepath.Join(folder, e.Name()))
			if err != nil {
				return nil, err
			}
			scan := licensecheck.Scan(text)
			if scan.Percent < recognized {
				bad = append(bad, fmt.Errorf("%s has %.0f %% of the text of a license that is known", filepath.Join(folder, e.Name()), scan.Percent))
			}
			for _, m := range scan.Match {
				if !m.IsURL && !slices.Contains(names, m.ID) {
					names = append(names, m.ID)
				}
			}
		}
	}
	slices.Sort(names)
	if len(names) == 0 && len(bad) == 0 {
		return nil, errors.New("no license is found")
	}
	for _, name := range names {
		if allowed[name] == "" {
			bad = append(bad, fmt.Errorf("%s is not a license we may use; see allowed in tools/audit/licenses.go", name))
		}
	}
	return names, errors.Join(bad...)
}
