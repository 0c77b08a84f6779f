package files

import (
	"bufio"
	"errors"
	"image"
	_ "image/gif"  // measures
	_ "image/jpeg" // measures
	_ "image/png"  // measures
	"io"
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"
	_ "golang.org/x/image/webp" // measures

	"parley/app/bidi"
	"parley/app/fail"
)

// Sort is a sort of files that a website can allow.
type Sort string

// Sorts of files.
const (
	Images   Sort = "images"
	PDF      Sort = "pdf"
	Texts    Sort = "texts"
	Office   Sort = "office"
	Archives Sort = "archives"
	Media    Sort = "media"
)

// Sorts is all of them, the harmless first.
var Sorts = []Sort{Images, PDF, Texts, Office, Archives, Media}

// sortOf says what is allowed with each media type (families.go has more, by their names). What is not here is never taken: pages,
// scripts, and programs.
var sortOf = map[string]Sort{
	"image/png": Images, "image/jpeg": Images, "image/gif": Images, "image/webp": Images,
	"application/pdf": PDF,
	"text/plain":      Texts, "text/csv": Texts, "text/tab-separated-values": Texts, "text/rtf": Texts, "application/json": Texts,
	"application/msword": Office, "application/vnd.ms-excel": Office, "application/vnd.ms-powerpoint": Office,
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   Office,
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         Office,
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": Office,
	"application/vnd.oasis.opendocument.text":                                   Office,
	"application/vnd.oasis.opendocument.spreadsheet":                            Office,
	"application/vnd.oasis.opendocument.presentation":                           Office,
	"application/vnd.ms-outlook":                                                Office, "application/epub+zip": Office, "application/vnd.oasis.opendocument.graphics": Office,
	"text/markdown": Texts, "text/calendar": Texts, "text/vcard": Texts,
	"application/vnd.google-earth.kmz": Archives, "application/zip": Archives, "application/gzip": Archives, "application/x-7z-compressed": Archives, "application/x-tar": Archives,
	"audio/mpeg": Media, "audio/wav": Media, "audio/ogg": Media, "audio/mp4": Media, "audio/x-m4a": Media, "audio/flac": Media, "application/ogg": Media,
	"video/x-m4v": Media, "video/3gpp": Media, "video/3gpp2": Media, "video/mp4": Media, "video/webm": Media, "video/ogg": Media, "video/quicktime": Media,
}

// imageHead is how far into an image its size may stand; cameras put previews of some hundred kilobytes before it.
const imageHead = 4 << 20

// MostPixels is how large an image may be: what opens it needs four bytes for each.
const MostPixels = 50_000_000

// looked is what a file's bytes say.
type looked struct {
	kind          string // media type without parameters
	width, height int
}

// headBytes is how much of a file's beginning tells what it is.
const headBytes = 4096

// look finds out what a file is and gives its name the ending that fits. Of an image it reads the head, wherever that ends.
func look(file io.ReaderAt, size int64, name string, allowed []Sort) (looked, string, error) {
	head := make([]byte, min(size, headBytes))
	if _, err := file.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return looked{}, "", err
	}
	m := mimetype.Detect(head)
	if m.Is("image/apng") { // a PNG that moves
		m = m.Parent()
	}
	if err := withoutMacros(m, file, size, name); err != nil {
		return looked{}, "", err
	}
	d, err := decide(m, file, size, name)
	if err != nil {
		return looked{}, "", err
	}
	switch {
	case !d.known:
		return looked{}, "", fail.New(fail.Invalid, "“%s” is of a kind that cannot be sent here. What can: %s.", bidi.Isolate(name), words(allowed)).Because("kind")
	case !slices.Contains(allowed, d.sort):
		return looked{}, "", fail.New(fail.Invalid, "“%s” cannot be sent here. What can: %s.", bidi.Isolate(name), words(allowed)).Because("kind")
	}
	l := looked{kind: d.kind}
	if Shown(d.kind) {
		c, _, err := image.DecodeConfig(bufio.NewReader(io.NewSectionReader(file, 0, min(size, imageHead))))
		if err != nil {
			return looked{}, "", damaged(name)
		}
		if c.Width*c.Height > MostPixels || c.Width <= 0 || c.Height <= 0 {
			return looked{}, "", fail.New(fail.Invalid, "The image “%s” has more than %d million pixels.", name, MostPixels/1_000_000).Because("damaged")
		}
		l.width, l.height = c.Width, c.Height
	}
	return l, d.named(name), nil
}

func damaged(name string) error {
	return fail.New(fail.Invalid, "The image “%s” is damaged.", bidi.Isolate(name)).Because("damaged")
}

func harmlessText(kind string) bool {
	return kind != "text/html" && kind != "text/xml" && kind != "text/javascript"
}

var sortWords = map[Sort]string{Images: "images", PDF: "PDF", Texts: "texts", Office: "documents and tables", Archives: "ZIP archives", Media: "sound and video"}

func words(sorts []Sort) string {
	var list []string
	for _, s := range sorts {
		list = append(list, sortWords[s])
	}
	if len(list) == 0 {
		return "nothing"
	}
	return strings.Join(list, ", ")
}

// Label is a sort in words.
func (s Sort) Label() string { return sortWords[s] }

// Shown reports whether a browser may show a kind inside a page: the others are for saving only.
func Shown(kind string) bool { return sortOf[kind] == Images } // which has no drawings (SVG)

// Accept is what a file field may offer to choose (its accept attribute); what comes is looked at all the same.
func Accept(sorts []Sort) string {
	var list []string
	for _, s := range sorts {
		list = append(list, accepts[s])
	}
	return strings.Join(list, ",")
}

var accepts = map[Sort]string{Images: "image/png,image/jpeg,image/gif,image/webp,.svg", PDF: ".pdf", Texts: ".txt,.csv,.log,.json,.md,.rtf,.ics,.vcf,.eml",
	Office: ".doc,.docx,.xls,.xlsx,.ppt,.pptx,.odt,.ods,.odp,.pages,.numbers,.key,.epub,.msg", Archives: ".zip,.gz,.7z,.tar", Media: "audio/*,video/*"}
