// Command build bundles the widget's sources into widget/dist and those of the desk and of the widget's preview into static. Run it
// by "make generate".
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/evanw/esbuild/pkg/api"
)

const (
	launcher = "widget/src/launcher.js"
	panel    = "widget/src/panel.js"
	invite   = "widget/src/invite.js"
	modal    = "widget/src/modal.js"
	desk     = "static/src/desk/main.js"
	preview  = "static/src/preview/main.js"
	parts    = "widget/dist/parts"
	hashed   = "[name]-[hash]"
)

// shortened matches names of properties that the bundler replaces by short ones: those in the panel's context, and of its own on elements.
// The panel has no bytes to spare for them, and they are in no frame, page or text.
const shortened = "^(actionButton|applyChange|chosenSubject|checkLength|connect|contactForm|countNote|cursor|drawMessage|endpoint|fillIn|isRunning|isWelcomed|keepAtEnd|locale|menuItems|messageStored|newID|normalizeText|pageAddress|panelElement|preChat|privacyText|ratingForm|receiveFrame|refreshDate|refusalText|renderState|restart|sendFrame|setAria|setDraft|shownText|showNotice|subjectChoice|whenConnected)$"

// entryPoints are all scripts that others are bundled into.
func entryPoints() []string {
	return append(languages(), launcher, panel, invite, modal, desk, preview)
}

// languages are the texts in each language except English, which the panel contains.
func languages() []string {
	files, err := filepath.Glob("widget/src/texts/??.js")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	return slices.DeleteFunc(files, func(f string) bool { return f == "widget/src/texts/en.js" })
}

func main() {
	build(api.BuildOptions{EntryPoints: []string{launcher}, Outfile: "widget/dist/widget.js", Format: api.FormatIIFE})
	if err := os.RemoveAll(parts); err != nil { // their names change with what is in them
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	build(api.BuildOptions{EntryPoints: append(languages(), panel), Outdir: parts, EntryNames: hashed, ChunkNames: hashed, Splitting: true, Format: api.FormatESModule, MangleProps: shortened})
	// Each of these contains all that it needs, because it may be loaded without the panel.
	for _, entry := range []string{invite, modal, "widget/src/parts.css"} {
		build(api.BuildOptions{EntryPoints: []string{entry}, Outdir: parts, EntryNames: hashed, Format: api.FormatESModule})
	}
	build(api.BuildOptions{EntryPoints: []string{"widget/src/widget.css"}, Outfile: "widget/dist/widget.css"})
	build(api.BuildOptions{EntryPoints: []string{desk}, Outfile: "static/desk.js", Format: api.FormatIIFE})
	build(api.BuildOptions{EntryPoints: []string{preview}, Outfile: "static/preview.js", Format: api.FormatIIFE})
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
