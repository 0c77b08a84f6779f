package files

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/gabriel-vasile/mimetype"

	"parley/app/platform/bidi"
	"parley/app/platform/fail"
)

// Many kinds of files are built alike: office documents are ZIP archives, sound and films share containers, and calendars are texts.
// Where the bytes say no more than what a file is built like, the ending of its name says which of the kinds it is, if the bytes bear
// it out. An ending from another family is a lie, and the bytes count.

// fileType is what a file counts as.
type fileType struct {
	mediaType  string // media type
	category   Category
	known      bool
	extensions []string // that fit; a name with none of them gets the first
}

// extensionsOf are the endings that fit a kind, the usual one first. Others have the one that mimetype knows.
var extensionsOf = map[string][]string{
	"image/jpeg":                    {".jpg", ".jpeg", ".jpe", ".jfif"},
	"image/svg+xml":                 {".svg"},
	"audio/mpeg":                    {".mp3", ".mpga"},
	"audio/wav":                     {".wav", ".wave"},
	"application/gzip":              {".gz", ".tgz"},
	"application/msword":            {".doc", ".dot"},
	"application/vnd.ms-excel":      {".xls", ".xlt"},
	"application/vnd.ms-powerpoint": {".ppt", ".pps", ".pot"},
	"application/vnd.ms-outlook":    {".msg"},
	wordML:                          {".docx", ".dotx"},
	sheetML:                         {".xlsx", ".xltx"},
	slidesML:                        {".pptx", ".ppsx", ".potx"},
	"application/json":              {".json", ".geojson", ".ndjson", ".jsonl", ".har", ".txt", ".log"},
	"text/rtf":                      {".rtf"},
}

const (
	wordML   = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	sheetML  = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	slidesML = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
	openDoc  = "application/vnd.oasis.opendocument."
)

// variant is a kind that an ending stands for in a family.
type variant struct {
	mediaType  string
	category   Category
	zipEntries []string // beginnings of names of which one must be in the ZIP archive; none: nothing is looked for
}

var zipVariants = map[string]variant{
	".docx":    {wordML, Office, []string{"word/"}},
	".xlsx":    {sheetML, Office, []string{"xl/"}},
	".pptx":    {slidesML, Office, []string{"ppt/"}},
	".odt":     {openDoc + "text", Office, []string{"content.xml"}},
	".ods":     {openDoc + "spreadsheet", Office, []string{"content.xml"}},
	".odp":     {openDoc + "presentation", Office, []string{"content.xml"}},
	".odg":     {openDoc + "graphics", Office, []string{"content.xml"}},
	".pages":   {"application/vnd.apple.pages", Office, iWork},
	".numbers": {"application/vnd.apple.numbers", Office, iWork},
	".key":     {"application/vnd.apple.keynote", Office, iWork},
	".epub":    {"application/epub+zip", Office, []string{"META-INF/container.xml"}},
	".kmz":     {"application/vnd.google-earth.kmz", Archives, []string{"doc.kml"}},
}

var iWork = []string{"Index/", "Index.zip", "index.xml", "index.apxl", "preview.jpg"}

var oleVariants = map[string]variant{
	".doc": {"application/msword", Office, nil},
	".xls": {"application/vnd.ms-excel", Office, nil},
	".ppt": {"application/vnd.ms-powerpoint", Office, nil},
	".pps": {"application/vnd.ms-powerpoint", Office, nil},
	".msg": {"application/vnd.ms-outlook", Office, nil},
}

var oggVariants = map[string]variant{
	".ogg":  {"audio/ogg", Media, nil},
	".oga":  {"audio/ogg", Media, nil},
	".opus": {"audio/ogg", Media, nil},
	".spx":  {"audio/ogg", Media, nil},
	".ogv":  {"video/ogg", Media, nil},
	".ogx":  {"application/ogg", Media, nil},
}

var mp4Variants = map[string]variant{
	".mp4": {"video/mp4", Media, nil},
	".m4v": {"video/mp4", Media, nil},
	".mov": {"video/quicktime", Media, nil},
	".qt":  {"video/quicktime", Media, nil},
	".m4a": {"audio/mp4", Media, nil},
	".m4b": {"audio/mp4", Media, nil},
	".3gp": {"video/3gpp", Media, nil},
	".3g2": {"video/3gpp2", Media, nil},
}

var webmVariants = map[string]variant{".webm": {"video/webm", Media, nil}, ".weba": {"audio/webm", Media, nil}}

var textVariants = map[string]variant{
	".txt":   {"text/plain", Texts, nil},
	".log":   {"text/plain", Texts, nil},
	".md":    {"text/markdown", Texts, nil},
	".csv":   {"text/csv", Texts, nil},
	".tsv":   {"text/tab-separated-values", Texts, nil},
	".ics":   {"text/calendar", Texts, nil},
	".vcf":   {"text/vcard", Texts, nil},
	".json":  {"text/plain", Texts, nil},
	".rtf":   {"text/plain", Texts, nil},
	".ini":   {"text/plain", Texts, nil},
	".conf":  {"text/plain", Texts, nil},
	".yaml":  {"text/plain", Texts, nil},
	".yml":   {"text/plain", Texts, nil},
	".toml":  {"text/plain", Texts, nil},
	".eml":   {"message/rfc822", Texts, nil},
	".srt":   {"text/plain", Texts, nil},
	".vtt":   {"text/vtt", Texts, nil},
	".diff":  {"text/plain", Texts, nil},
	".patch": {"text/plain", Texts, nil},
}

// variantsOf returns the kinds that a file of a kind may be as well.
func variantsOf(kind string) map[string]variant {
	switch kind {
	case "application/zip":
		return zipVariants
	case "application/x-ole-storage":
		return oleVariants
	case "application/ogg", "audio/ogg", "video/ogg":
		return oggVariants
	case "video/mp4", "audio/mp4", "audio/x-m4a", "video/x-m4v", "video/quicktime", "video/3gpp", "video/3gpp2":
		return mp4Variants
	case "video/webm":
		return webmVariants
	}
	return nil
}

// detectType returns what a file counts as, by its bytes and then by its name.
func detectType(m *mimetype.MIME, file io.ReaderAt, size int64, name string) (d fileType, err error) {
	kind, _, _ := strings.Cut(m.String(), ";")
	if kind == "message/rfc822" { // a mail is a text: its ending says that it is more
		kind, m = "text/plain", m.Parent()
	}
	extension := strings.ToLower(path.Ext(name))
	usual := m.Extension()
	if drawing := "image/svg+xml"; kind == drawing || extension == ".svg" && (kind == "text/xml" || kind == "text/plain") {
		if safe, err := isSafeSVG(file, size); safe || err != nil || kind == drawing {
			return fileType{drawing, Images, safe, extensionsOf[drawing]}, err
		}
	}
	if x, is := variantsOf(kind)[extension]; is {
		fits := len(x.zipEntries) == 0
		if !fits {
			if fits, err = zipContains(file, size, x.zipEntries); err != nil {
				return d, err
			}
		}
		if fits {
			return fileType{x.mediaType, x.category, true, []string{extension}}, nil
		}
	}
	d.category, d.known = categoryOf[kind]
	for p := m.Parent(); !d.known && p != nil && (strings.HasPrefix(kind, "text/") && isSafeText(kind) || isJSON(p)); p = p.Parent() {
		kind, _, _ = strings.Cut(p.String(), ";")
		d.category, d.known = categoryOf[kind]
	}
	d.mediaType, d.extensions = kind, extensionsOf[kind]
	switch {
	case d.category == Texts && strings.HasPrefix(kind, "text/") && kind != "text/rtf":
		d.extensions = []string{".txt"}
		if x, is := textVariants[extension]; is {
			d.mediaType, d.extensions = x.mediaType, []string{extension}
		}
	case len(d.extensions) == 0 && usual != "":
		d.extensions = []string{usual}
	}
	return d, nil
}

// macroExtensions are endings of documents that can have programs in them, and the ending of the same without.
var macroExtensions = map[string]string{
	".docm": ".docx",
	".dotm": ".docx",
	".xlsm": ".xlsx",
	".xltm": ".xlsx",
	".xlam": ".xlsx",
	".pptm": ".pptx",
	".ppsm": ".pptx",
	".potm": ".pptx",
	".ppam": ".pptx",
}

// rejectMacros refuses a document that has a program in it, or one of a kind that is for those.
func rejectMacros(m *mimetype.MIME, file io.ReaderAt, size int64, name string) error {
	for !m.Is("application/zip") {
		if m = m.Parent(); m == nil {
			return nil
		}
	}
	plain, is := macroExtensions[strings.ToLower(path.Ext(name))]
	if !is {
		var err error
		if is, err = zipContains(file, size, []string{
			"word/vbaProject.bin", "xl/vbaProject.bin", "ppt/vbaProject.bin",
		}); err != nil || !is {
			return err
		}
		plain = ".docx, .xlsx or .pptx"
	}
	return fail.New(fail.Invalid,
		"“%s” cannot be sent because it can contain macros. Save it as %s without macros and send it again.",
		bidi.Isolate(name), plain).WithReason("kind")
}

func isJSON(m *mimetype.MIME) bool { return m.Is("application/json") }

// withExtension gives a name an ending that fits. What can be run and is text gets one that nothing runs, behind its own.
func (d fileType) withExtension(name string) string {
	extension := path.Ext(name)
	if len(d.extensions) == 0 || slices.Contains(d.extensions, strings.ToLower(extension)) {
		return name
	}
	if d.category != Texts && isExtension(extension) {
		name = strings.TrimSuffix(name, extension)
	}
	return name + d.extensions[0]
}

// isExtension reports whether what stands behind the last dot of a name is an ending: “Invoice No. 5” has none.
func isExtension(s string) bool {
	return len(s) > 1 && len(s) <= 10 && !strings.ContainsFunc(s[1:], func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) &&
		strings.ContainsFunc(s, unicode.IsLetter)
}

const (
	zipTailBytes      = 66 << 10 // bytes in which the end of a ZIP archive's directory begins
	zipDirectoryBytes = 1 << 20  // bytes of the directory that are read
)

// zipContains reports whether an archive has a file whose name begins so. It reads the archive's directory, as far as a document needs one.
func zipContains(file io.ReaderAt, size int64, prefixes []string) (bool, error) {
	tail := make([]byte, min(size, zipTailBytes))
	if _, err := file.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	end := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if end < 0 || len(tail) < end+22 {
		return false, nil
	}
	length, offset := int64(binary.LittleEndian.Uint32(tail[end+12:])), int64(binary.LittleEndian.Uint32(tail[end+16:]))
	if offset+length > size {
		return false, nil
	}
	dir := make([]byte, min(length, zipDirectoryBytes))
	if _, err := file.ReadAt(dir, offset); err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	for len(dir) >= 46 && bytes.HasPrefix(dir, []byte("PK\x01\x02")) {
		n := int(binary.LittleEndian.Uint16(dir[28:]))
		next := 46 + n + int(binary.LittleEndian.Uint16(dir[30:])) + int(binary.LittleEndian.Uint16(dir[32:]))
		if len(dir) < next {
			break
		}
		name := string(dir[46 : 46+n])
		if slices.ContainsFunc(prefixes, func(b string) bool { return strings.HasPrefix(name, b) }) {
			return true, nil
		}
		dir = dir[next:]
	}
	return false, nil
}

// maxSVGBytes is how large a drawing may be: all of it is looked through.
const maxSVGBytes = 5 << 20

// isSafeSVG reports whether a drawing has nothing in it that a browser would run, or load as a page. It is for saving all the same.
func isSafeSVG(file io.ReaderAt, size int64) (bool, error) {
	if size > maxSVGBytes {
		return false, nil
	}
	dec := xml.NewDecoder(io.NewSectionReader(file, 0, size))
	for begun := false; ; {
		t, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return begun, nil
		}
		var syntax *xml.SyntaxError
		if errors.As(err, &syntax) {
			return false, nil
		}
		if err != nil {
			return false, nil //nolint:nilerr // another charset: it cannot be looked through
		}
		switch x := t.(type) {
		case xml.Directive:
			if bytes.Contains(bytes.ToUpper(x), []byte("ENTITY")) {
				return false, nil
			}
		case xml.ProcInst:
			if x.Target != "xml" {
				return false, nil
			}
		case xml.StartElement:
			if !begun && x.Name.Local != "svg" {
				return false, nil
			}
			begun = true
			switch strings.ToLower(x.Name.Local) {
			case "script", "foreignobject", "iframe", "object", "embed", "handler", "listener", "set", "animate":
				return false, nil
			}
			for _, a := range x.Attr {
				value := strings.ToLower(strings.Map(func(r rune) rune {
					if r <= ' ' {
						return -1
					}
					return r
				}, a.Value))
				if strings.HasPrefix(strings.ToLower(a.Name.Local), "on") || strings.Contains(value, "javascript:") ||
					strings.HasPrefix(value, "data:text") {
					return false, nil
				}
			}
		}
	}
}
