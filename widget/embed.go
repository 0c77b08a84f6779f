// Package widget carries the files that customers' pages load.
package widget

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"regexp"
	"strings"

	"parley/app/platform/compress"
)

// File is one file ready to be served.
type File struct {
	Type string
	*compress.File
	ETag string
}

//go:embed dist/widget.js
var launcher []byte

//go:embed dist/parts/*.js dist/parts/*.css
var parts embed.FS

//go:embed dist/widget.css
var style []byte

//go:embed src/texts/en.js src/texts/more.js
var english embed.FS

// Text is one of the widget's texts.
type Text struct{ Name, English string }

// Texts are all texts of the widget, except the reasons of refusals.
var Texts = texts()

// Refusals are the reasons for which the server may refuse something; the widget's text for each is "no_" and the reason. The English text
// comes from the server.
var Refusals = []string{"busy", "kind", "empty", "harmful", "damaged", "rated", "mailed", "email", "blocked", "fault", "code"}

var filled = regexp.MustCompile(`\{\w+\}`)

// TextNames returns the names of all texts, each with its placeholders.
func TextNames() map[string][]string {
	names := map[string][]string{}
	for _, why := range Refusals {
		names["no_"+why] = placeholders("no_" + why)
	}
	for _, t := range Texts {
		names[t.Name] = placeholders(t.Name)
	}
	return names
}

// placeholders returns the placeholders that a text of the widget can have, such as {name}.
func placeholders(name string) []string {
	if name == "no_fault" {
		return []string{"{reference}"}
	}
	for _, t := range Texts {
		if t.Name == name {
			return filled.FindAllString(t.English, -1)
		}
	}
	return nil
}

func texts() (list []Text) {
	one := regexp.MustCompile(`(\w+): "([^"]*)"`)
	for _, name := range []string{"en", "more"} {
		b, err := english.ReadFile("src/texts/" + name + ".js")
		if err != nil {
			panic(err) // a broken build
		}
		for _, m := range one.FindAllStringSubmatch(string(b), -1) {
			list = append(list, Text{m[1], m[2]})
		}
	}
	return list
}

var (
	// Files are the two files that a customer's page names, by name.
	Files = map[string]File{
		"widget.js":  file("text/javascript; charset=utf-8", launcher),
		"widget.css": file("text/css; charset=utf-8", style),
	}
	// Parts are the files that the launcher and the panel load, by names that contain a hash of their contents.
	Parts = map[string]File{}
	// Panel is the path of the panel's code.
	Panel string
	// Modal is the path of the script that moves the chat into a page's modal dialog, Invite that of the invitation, Style that of
	// the stylesheet of parts that are loaded when they are used, and Words has those of the texts in each language but English.
	Modal  string
	Invite string
	Style  string
	Words  = map[string]string{}
)

func init() {
	list, err := parts.ReadDir("dist/parts")
	if err != nil {
		panic(err) // a broken build
	}
	for _, e := range list {
		b, err := parts.ReadFile("dist/parts/" + e.Name())
		if err != nil {
			panic(err) // as above
		}
		kind := "text/javascript; charset=utf-8"
		if strings.HasSuffix(e.Name(), ".css") {
			kind = "text/css; charset=utf-8"
		}
		Parts[e.Name()] = file(kind, b)
		switch name, _, _ := strings.Cut(e.Name(), "-"); {
		case name == "panel":
			Panel = "/widget/" + e.Name()
		case name == "parts":
			Style = "/widget/" + e.Name()
		case name == "modal":
			Modal = "/widget/" + e.Name()
		case name == "invite":
			Invite = "/widget/" + e.Name()
		case len(name) == 2:
			Words[name] = "/widget/" + e.Name()
		}
	}
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:6])
}

func file(kind string, b []byte) File { return File{kind, compress.NewFile(b), `"` + hash(b) + `"`} }
