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

	"parley/app/bidi"
	"parley/app/fail"
)

// Many kinds of files are built alike: office documents are ZIP archives, sound and films share containers, and calendars are texts.
// Where the bytes say no more than what a file is built like, the ending of its name says which of the kinds it is, if the bytes bear
// it out. An ending from another family is a lie, and the bytes count.

// decided is what a file counts as.
type decided struct {
	kind    string // media type
	sort    Sort
	known   bool
	endings []string // that fit; a name with none of them gets the first
}

// endingsOf are the endings that fit a kind, the usual one first. Others have the one that mimetype knows.
var endingsOf = map[string][]string{
	"image/jpeg": {".jpg", ".jpeg", ".jpe", ".jfif"}, "image/svg+xml": {".svg"}, "audio/mpeg": {".mp3", ".mpga"}, "audio/wav": {".wav", ".wave"},
	"application/gzip": {".gz", ".tgz"}, "application/msword": {".doc", ".dot"}, "application/vnd.ms-excel": {".xls", ".xlt"},
	"application/vnd.ms-powerpoint": {".ppt", ".pps", ".pot"}, "application/vnd.ms-outlook": {".msg"},
	wordML: {".docx", ".dotx"}, sheetML: {".xlsx", ".xltx"}, slidesML: {".pptx", ".ppsx", ".potx"},
	"application/json": {".json", ".geojson", ".ndjson", ".jsonl", ".har", ".txt", ".log"}, "text/rtf": {".rtf"},
}

const (
	wordML   = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	sheetML  = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	slidesML = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
	openDoc  = "application/vnd.oasis.opendocument."
)

// member is a kind that an ending stands for in a family.
type member struct {
	kind string
	sort Sort
	has  []string // beginnings of names of which one must be in the ZIP archive; none: nothing is looked for
}

var inZip = map[string]member{
	".docx": {wordML, Office, []string{"word/"}}, ".xlsx": {sheetML, Office, []string{"xl/"}}, ".pptx": {slidesML, Office, []string{"ppt/"}},
	".odt": {openDoc + "text", Office, []string{"content.xml"}}, ".ods": {openDoc + "spreadsheet", Office, []string{"content.xml"}},
	".odp": {openDoc + "presentation", Office, []string{"content.xml"}}, ".odg": {openDoc + "graphics", Office, []string{"content.xml"}},
	".pages": {"application/vnd.apple.pages", Office, iWork}, ".numbers": {"application/vnd.apple.numbers", Office, iWork}, ".key": {"application/vnd.apple.keynote", Office, iWork},
	".epub": {"application/epub+zip", Office, []string{"META-INF/container.xml"}}, ".kmz": {"application/vnd.google-earth.kmz", Archives, []string{"doc.kml"}},
}

var iWork = []string{"Index/", "Index.zip", "index.xml", "index.apxl", "preview.jpg"}

var inOLE = map[string]member{
	".doc": {"application/msword", Office, nil}, ".xls": {"application/vnd.ms-excel", Office, nil}, ".ppt": {"application/vnd.ms-powerpoint", Office, nil},
	".pps": {"application/vnd.ms-powerpoint", Office, nil}, ".msg": {"application/vnd.ms-outlook", Office, nil},
}

var inOgg = map[string]member{
	".ogg": {"audio/ogg", Media, nil}, ".oga": {"audio/ogg", Media, nil}, ".opus": {"audio/ogg", Media, nil}, ".spx": {"audio/ogg", Media, nil},
	".ogv": {"video/ogg", Media, nil}, ".ogx": {"application/ogg", Media, nil},
}

var inMP4 = map[string]member{
	".mp4": {"video/mp4", Media, nil}, ".m4v": {"video/mp4", Media, nil}, ".mov": {"video/quicktime", Media, nil}, ".qt": {"video/quicktime", Media, nil},
	".m4a": {"audio/mp4", Media, nil}, ".m4b": {"audio/mp4", Media, nil}, ".3gp": {"video/3gpp", Media, nil}, ".3g2": {"video/3gpp2", Media, nil},
}

var inWebM = map[string]member{".webm": {"video/webm", Media, nil}, ".weba": {"audio/webm", Media, nil}}

var inText = map[string]member{
	".txt": {"text/plain", Texts, nil}, ".log": {"text/plain", Texts, nil}, ".md": {"text/markdown", Texts, nil}, ".csv": {"text/csv", Texts, nil},
	".tsv": {"text/tab-separated-values", Texts, nil}, ".ics": {"text/calendar", Texts, nil}, ".vcf": {"text/vcard", Texts, nil}, ".json": {"text/plain", Texts, nil},
	".rtf": {"text/plain", Texts, nil}, ".ini": {"text/plain", Texts, nil}, ".conf": {"text/plain", Texts, nil}, ".yaml": {"text/plain", Texts, nil}, ".yml": {"text/plain", Texts, nil},
	".toml": {"text/plain", Texts, nil}, ".eml": {"message/rfc822", Texts, nil}, ".srt": {"text/plain", Texts, nil}, ".vtt": {"text/vtt", Texts, nil}, ".diff": {"text/plain", Texts, nil}, ".patch": {"text/plain", Texts, nil},
}

// familyOf returns the kinds that a file of a kind may be as well.
func familyOf(kind string) map[string]member {
	switch kind {
	case "application/zip":
		return inZip
	case "application/x-ole-storage":
		return inOLE
	case "application/ogg", "audio/ogg", "video/ogg":
		return inOgg
	case "video/mp4", "audio/mp4", "audio/x-m4a", "video/x-m4v", "video/quicktime", "video/3gpp", "video/3gpp2":
		return inMP4
	case "video/webm":
		return inWebM
	}
	return nil
}

// decide returns what a file counts as, by its bytes and then by its name.
func decide(m *mimetype.MIME, file io.ReaderAt, size int64, name string) (d decided, err error) {
	kind, _, _ := strings.Cut(m.String(), ";")
	if kind == "message/rfc822" { // a mail is a text: its ending says that it is more
		kind, m = "text/plain", m.Parent()
	}
	ending := strings.ToLower(path.Ext(name))
	usual := m.Extension()
	if drawing := "image/svg+xml"; kind == drawing || ending == ".svg" && (kind == "text/xml" || kind == "text/plain") {
		if harmless, err := harmlessSVG(file, size); harmless || err != nil || kind == drawing {
			return decided{drawing, Images, harmless, endingsOf[drawing]}, err
		}
	}
	if x, is := familyOf(kind)[ending]; is {
		fits := len(x.has) == 0
		if !fits {
			if fits, err = zipHas(file, size, x.has); err != nil {
				return d, err
			}
		}
		if fits {
			return decided{x.kind, x.sort, true, []string{ending}}, nil
		}
	}
	d.sort, d.known = sortOf[kind]
	for p := m.Parent(); !d.known && p != nil && (strings.HasPrefix(kind, "text/") && harmlessText(kind) || isJSON(p)); p = p.Parent() {
		kind, _, _ = strings.Cut(p.String(), ";")
		d.sort, d.known = sortOf[kind]
	}
	d.kind, d.endings = kind, endingsOf[kind]
	switch {
	case d.sort == Texts && strings.HasPrefix(kind, "text/") && kind != "text/rtf":
		d.endings = []string{".txt"}
		if x, is := inText[ending]; is {
			d.kind, d.endings = x.kind, []string{ending}
		}
	case len(d.endings) == 0 && usual != "":
		d.endings = []string{usual}
	}
	return d, nil
}

// macros are endings of documents that can have programs in them, and the ending of the same without.
var macros = map[string]string{".docm": ".docx", ".dotm": ".docx", ".xlsm": ".xlsx", ".xltm": ".xlsx", ".xlam": ".xlsx", ".pptm": ".pptx", ".ppsm": ".pptx", ".potm": ".pptx", ".ppam": ".pptx"}

// withoutMacros refuses a document that has a program in it, or one of a kind that is for those.
func withoutMacros(m *mimetype.MIME, file io.ReaderAt, size int64, name string) error {
	for !m.Is("application/zip") {
		if m = m.Parent(); m == nil {
			return nil
		}
	}
	plain, is := macros[strings.ToLower(path.Ext(name))]
	if !is {
		var err error
		if is, err = zipHas(file, size, []string{"word/vbaProject.bin", "xl/vbaProject.bin", "ppt/vbaProject.bin"}); err != nil || !is {
			return err
		}
		plain = ".docx, .xlsx or .pptx"
	}
	return fail.New(fail.Invalid, "“%s” cannot be sent here: documents of this kind contain macros, which are programs. Save it as %s, without macros, and send that.", bidi.Isolate(name), plain).Because("kind")
}

func isJSON(m *mimetype.MIME) bool { return m.Is("application/json") }

// named gives a name an ending that fits. What can be run and is text gets one that nothing runs, behind its own.
func (d decided) named(name string) string {
	ending := path.Ext(name)
	if len(d.endings) == 0 || slices.Contains(d.endings, strings.ToLower(ending)) {
		return name
	}
	if d.sort != Texts && isEnding(ending) {
		name = strings.TrimSuffix(name, ending)
	}
	return name + d.endings[0]
}

// isEnding reports whether what stands behind the last dot of a name is an ending: “Invoice No. 5” has none.
func isEnding(s string) bool {
	return len(s) > 1 && len(s) <= 10 && !strings.ContainsFunc(s[1:], func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) }) &&
		strings.ContainsFunc(s, unicode.IsLetter)
}

const (
	zipTail  = 66 << 10 // bytes in which the end of a ZIP archive's directory begins
	zipNames = 1 << 20  // bytes of the directory that are read
)

// zipHas reports whether an archive has a file whose name begins so. It reads the archive's directory, as far as a document needs one.
func zipHas(file io.ReaderAt, size int64, beginnings []string) (bool, error) {
	tail := make([]byte, min(size, zipTail))
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
	dir := make([]byte, min(length, zipNames))
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
		if slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(name, b) }) {
			return true, nil
		}
		dir = dir[next:]
	}
	return false, nil
}

// svgMost is how large a drawing may be: all of it is looked through.
const svgMost = 5 << 20

// harmlessSVG reports whether a drawing has nothing in it that a browser would run, or load as a page. It is for saving all the same.
func harmlessSVG(file io.ReaderAt, size int64) (bool, error) {
	if size > svgMost {
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
				if strings.HasPrefix(strings.ToLower(a.Name.Local), "on") || strings.Contains(value, "javascript:") || strings.HasPrefix(value, "data:text") {
					return false, nil
				}
			}
		}
	}
}
