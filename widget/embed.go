// Package widget carries the files that customers' pages load.
package widget

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
)

// File is one file ready to be served.
type File struct {
	Type  string
	Bytes []byte
	Gzip  []byte
	ETag  string
}

//go:embed dist/widget.js
var launcher []byte

//go:embed dist/panel.js
var panel []byte

//go:embed dist/widget.css
var style []byte

var (
	// Files are the two that a page names, by name.
	Files = map[string]File{
		"widget.js":  file("text/javascript; charset=utf-8", launcher),
		"widget.css": file("text/css; charset=utf-8", style),
	}
	// Parts are what the launcher loads, by a name that carries the content's hash.
	Parts = map[string]File{panelName: file("text/javascript; charset=utf-8", panel)}
	// Panel is the path of the panel's code.
	Panel = "/widget/" + panelName

	panelName = "panel-" + hash(panel) + ".js"
)

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:6])
}

func file(kind string, b []byte) File {
	var z bytes.Buffer
	w, err := gzip.NewWriterLevel(&z, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is a constant
	}
	w.Write(b)
	w.Close()
	return File{kind, b, z.Bytes(), `"` + hash(b) + `"`}
}
