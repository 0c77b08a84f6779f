// Package static embeds the files of Parley's own pages: styles, scripts, icons, sounds.
package static

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"path"

	"parley/app/platform/compress"
)

//go:embed *.css *.js *.svg *.wav vendor/*.js
var files embed.FS

// Served is one file.
type Served struct {
	Type string
	*compress.File
	hash string
}

var byName = func() map[string]Served {
	all := map[string]Served{}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := files.ReadFile(name)
		sum := sha256.Sum256(b)
		kind := mime.TypeByExtension(path.Ext(name))
		if path.Ext(name) == ".wav" {
			kind = "audio/wav"
		}
		all[path.Base(name)] = Served{kind, compress.NewFile(b), hex.EncodeToString(sum[:5])}
		return err
	})
	if err != nil {
		panic(err) // the embedded tree cannot be read: a broken build
	}
	// htmx and its extensions are one file: htmx starts as soon as it has run, and would ignore an extension that is loaded later.
	live := bytes.Join([][]byte{all["htmx.min.js"].Plain, all["hx-ws.min.js"].Plain, all["hx-upsert.min.js"].Plain}, []byte(";\n"))
	sum := sha256.Sum256(live)
	all["live.js"] = Served{all["htmx.min.js"].Type, compress.NewFile(live), hex.EncodeToString(sum[:5])}
	return all
}()

// Address returns the path at which a file is served. It contains a hash of the content, so browsers may cache the file forever. It
// panics if there is no such file, which is a mistake in a template.
func Address(name string) string {
	f, there := byName[name]
	if !there {
		panic("static: there is no file " + name)
	}
	return "/static/" + f.hash + "/" + name
}

// File returns a file if both its name and the hash of its content match.
func File(hash, name string) (Served, bool) {
	f, there := byName[name]
	return f, there && f.hash == hash
}

// Named returns a file by its name alone, for the few files whose address must not change.
func Named(name string) (Served, bool) {
	f, there := byName[name]
	return f, there
}
