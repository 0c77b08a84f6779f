// Command build bundles the widget's sources into widget/dist and those of the desk and of the widget's preview into static. Run it by "make generate".
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	build(api.BuildOptions{EntryPoints: []string{"widget/src/launcher.js"}, Outfile: "widget/dist/widget.js", Format: api.FormatIIFE})
	if err := os.RemoveAll("widget/dist/parts"); err != nil { // their names change with what is in them
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	parts, err := filepath.Glob("widget/src/texts/??.js")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	parts = slices.DeleteFunc(parts, func(p string) bool { return p == "widget/src/texts/en.js" }) // the panel has it
	build(api.BuildOptions{EntryPoints: append(parts, "widget/src/panel.js"), Outdir: "widget/dist/parts", EntryNames: "[name]-[hash]", ChunkNames: "[name]-[hash]", Splitting: true, Format: api.FormatESModule})
	build(api.BuildOptions{EntryPoints: []string{"widget/src/invite.js"}, Outdir: "widget/dist/parts", EntryNames: "[name]-[hash]", Format: api.FormatESModule}) // alone: it is loaded without the panel
	build(api.BuildOptions{EntryPoints: []string{"widget/src/modal.js"}, Outdir: "widget/dist/parts", EntryNames: "[name]-[hash]", Format: api.FormatESModule})  // as is this
	build(api.BuildOptions{EntryPoints: []string{"widget/src/parts.css"}, Outdir: "widget/dist/parts", EntryNames: "[name]-[hash]"})
	build(api.BuildOptions{EntryPoints: []string{"widget/src/widget.css"}, Outfile: "widget/dist/widget.css"})
	build(api.BuildOptions{EntryPoints: []string{"static/src/desk/main.js"}, Outfile: "static/desk.js", Format: api.FormatIIFE})
	build(api.BuildOptions{EntryPoints: []string{"static/src/preview/main.js"}, Outfile: "static/preview.js", Format: api.FormatIIFE})
}

func build(o api.BuildOptions) {
	o.Bundle, o.Write = true, true
	o.MinifyWhitespace, o.MinifyIdentifiers, o.MinifySyntax = true, true, true
	o.Target = api.ES2021
	o.Charset = api.CharsetUTF8
	o.LegalComments = api.LegalCommentsNone
	result := api.Build(o)
	for _, m := range result.Errors {
		fmt.Fprintln(os.Stderr, m.Text, m.Location)
	}
	if len(result.Errors) > 0 {
		os.Exit(1)
	}
}
