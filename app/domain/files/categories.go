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

	"parley/app/platform/bidi"
	"parley/app/platform/fail"
)

// Category is a sort of files that a website can allow.
type Category string

// Sorts of files.
const (
	Images   Category = "images"
	PDF      Category = "pdf"
	Texts    Category = "texts"
	Office   Category = "office"
	Archives Category = "archives"
	Media    Category = "media"
)

// Categories is all of them, the harmless first.
var Categories = []Category{Images, PDF, Texts, Office, Archives, Media}

// categoryOf says what is allowed with each media type (families.go has more, by their names). What is not here is never taken: pages,
// scripts, and programs.
var categoryOf = map[string]Category{
	"image/png":                     Images,
	"image/jpeg":                    Images,
	"image/gif":                     Images,
	"image/webp":                    Images,
	"application/pdf":               PDF,
	"text/plain":                    Texts,
	"text/csv":                      Texts,
	"text/tab-separated-values":     Texts,
	"text/rtf":                      Texts,
	"application/json":              Texts,
	"application/msword":            Office,
	"application/vnd.ms-excel":      Office,
	"application/vnd.ms-powerpoint": Office,
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   Office,
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         Office,
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": Office,
	"application/vnd.oasis.opendocument.text":                                   Office,
	"application/vnd.oasis.opendocument.spreadsheet":                            Office,
	"application/vnd.oasis.opendocument.presentation":                           Office,
	"application/vnd.ms-outlook":                                                Office,
	"application/epub+zip":                                                      Office,
	"application/vnd.oasis.opendocument.graphics":                               Office,
	"text/markdown":                    Texts,
	"text/calendar":                    Texts,
	"text/vcard":                       Texts,
	"application/vnd.google-earth.kmz": Archives,
	"application/zip":                  Archives,
	"application/gzip":                 Archives,
	"application/x-7z-compressed":      Archives,
	"application/x-tar":                Archives,
	"audio/mpeg":                       Media,
	"audio/wav":                        Media,
	"audio/ogg":                        Media,
	"audio/mp4":                        Media,
	"audio/x-m4a":                      Media,
	"audio/flac":                       Media,
	"application/ogg":                  Media,
	"video/x-m4v":                      Media,
	"video/3gpp":                       Media,
	"video/3gpp2":                      Media,
	"video/mp4":                        Media,
	"video/webm":                       Media,
	"video/ogg":                        Media,
	"video/quicktime":                  Media,
}

// maxImageHeader is how far into an image its size may stand; cameras put previews of some hundred kilobytes before it.
const maxImageHeader = 4 << 20

// MaxPixels is how large an image may be: what opens it needs four bytes for each.
const MaxPixels = 50_000_000

// inspection is what a file's bytes say.
type inspection struct {
	mediaType     string // media type without parameters
	width, height int
}

// sniffBytes is how much of a file's beginning tells what it is.
const sniffBytes = 4096

// inspect finds out what a file is and gives its name the ending that fits. Of an image it reads the head, wherever that ends.
func inspect(file io.ReaderAt, size int64, name string, allowed []Category) (inspection, string, error) {
	head := make([]byte, min(size, sniffBytes))
	if _, err := file.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return inspection{}, "", err
	}
	m := mimetype.Detect(head)
	if m.Is("image/apng") { // a PNG that moves
		m = m.Parent()
	}
	if err := rejectMacros(m, file, size, name); err != nil {
		return inspection{}, "", err
	}
	d, err := detectType(m, file, size, name)
	if err != nil {
		return inspection{}, "", err
	}
	switch {
	case !d.known:
		return inspection{}, "", fail.New(fail.Invalid, "“%s” has a file type that is not allowed here. Allowed: %s.",
			bidi.Isolate(name), joinLabels(allowed)).WithReason("kind")
	case !slices.Contains(allowed, d.category):
		return inspection{}, "", fail.New(fail.Invalid, "“%s” has a file type that is not allowed here. Allowed: %s.", bidi.Isolate(name),
			joinLabels(allowed)).WithReason("kind")
	}
	l := inspection{mediaType: d.mediaType}
	if IsDisplayable(d.mediaType) {
		c, _, err := image.DecodeConfig(bufio.NewReader(io.NewSectionReader(file, 0, min(size, maxImageHeader))))
		if err != nil {
			return inspection{}, "", errDamagedImage(name)
		}
		if c.Width*c.Height > MaxPixels || c.Width <= 0 || c.Height <= 0 {
			return inspection{}, "", fail.New(fail.Invalid, "The image “%s” has more than %d million pixels. Choose a smaller one.", name,
				MaxPixels/1_000_000).WithReason("damaged")
		}
		l.width, l.height = c.Width, c.Height
	}
	return l, d.withExtension(name), nil
}

func errDamagedImage(name string) error {
	return fail.New(fail.Invalid, "The image “%s” is damaged. Choose another one.", bidi.Isolate(name)).WithReason("damaged")
}

func isSafeText(kind string) bool {
	return kind != "text/html" && kind != "text/xml" && kind != "text/javascript"
}

var categoryLabels = map[Category]string{
	Images:   "images",
	PDF:      "PDF",
	Texts:    "text files",
	Office:   "Office documents",
	Archives: "ZIP archives",
	Media:    "audio and video",
}

func joinLabels(categories []Category) string {
	var list []string
	for _, s := range categories {
		list = append(list, categoryLabels[s])
	}
	if len(list) == 0 {
		return "nothing"
	}
	return strings.Join(list, ", ")
}

// Label is a sort in words.
func (s Category) Label() string { return categoryLabels[s] }

// IsDisplayable reports whether a browser may show a kind inside a page: the others are for saving only.
func IsDisplayable(kind string) bool { return categoryOf[kind] == Images } // which has no drawings (SVG)

// Accept is what a file field may offer to choose (its accept attribute); what comes is looked at all the same.
func Accept(categories []Category) string {
	var list []string
	for _, s := range categories {
		list = append(list, acceptTypes[s])
	}
	return strings.Join(list, ",")
}

var acceptTypes = map[Category]string{
	Images:   "image/png,image/jpeg,image/gif,image/webp,.svg",
	PDF:      ".pdf",
	Texts:    ".txt,.csv,.log,.json,.md,.rtf,.ics,.vcf,.eml",
	Office:   ".doc,.docx,.xls,.xlsx,.ppt,.pptx,.odt,.ods,.odp,.pages,.numbers,.key,.epub,.msg",
	Archives: ".zip,.gz,.7z,.tar",
	Media:    "audio/*,video/*",
}
