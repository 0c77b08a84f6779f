package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"

	"parley/widget"
)

// No script imports itself by way of others, whether statically or when it is used.
func TestNoImportCircles(t *testing.T) {
	t.Chdir("../..")
	var scripts struct {
		Inputs map[string]struct {
			Imports []struct{ Path string }
		}
	}
	result := api.Build(api.BuildOptions{EntryPoints: entryPoints(), Outdir: "out", Bundle: true, Splitting: true, Format: api.FormatESModule, Metafile: true, LogLevel: api.LogLevelSilent})
	for _, m := range result.Errors {
		t.Fatal(m.Text, m.Location)
	}
	if err := json.Unmarshal([]byte(result.Metafile), &scripts); err != nil {
		t.Fatal(err)
	}
	if len(scripts.Inputs) < 50 {
		t.Fatalf("only %d scripts were read", len(scripts.Inputs))
	}
	done := map[string]bool{}
	var visit func(name string, path []string)
	visit = func(name string, path []string) {
		if at := slices.Index(path, name); at >= 0 {
			t.Errorf("a circle of imports: %s", strings.Join(append(path[at:], name), " -> "))
			return
		}
		if done[name] {
			return
		}
		for _, i := range scripts.Inputs[name].Imports {
			visit(i.Path, append(slices.Clone(path), name))
		}
		done[name] = true
	}
	for name := range scripts.Inputs {
		visit(name, nil)
	}
}

// A name that the bundler shortens must not be one of a text, which the server knows by it.
func TestShortenedNames(t *testing.T) {
	t.Parallel()
	for name := range strings.SplitSeq(strings.Trim(shortened, "^()$"), "|") {
		if _, is := widget.TextNames()[name]; is {
			t.Errorf("%s is a text's name", name)
		}
	}
}
