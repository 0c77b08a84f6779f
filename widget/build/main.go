// Command build bundles the widget's sources into widget/dist and the desk's into static. Run it by "make generate".
package main

import (
	"fmt"
	"os"

	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	build(api.BuildOptions{EntryPoints: []string{"widget/src/launcher.js"}, Outfile: "widget/dist/widget.js", Format: api.FormatDefault})
	build(api.BuildOptions{EntryPoints: []string{"widget/src/panel.js"}, Outfile: "widget/dist/panel.js", Format: api.FormatESModule})
	build(api.BuildOptions{EntryPoints: []string{"widget/src/widget.css"}, Outfile: "widget/dist/widget.css"})
	build(api.BuildOptions{EntryPoints: []string{"static/src/desk/main.js"}, Outfile: "static/desk.js", Format: api.FormatIIFE})
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
