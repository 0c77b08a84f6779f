package files

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
)

// zipOf is an archive with files of these names.
func zipOf(names ...string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, n := range names {
		f, err := w.Create(n)
		if err == nil {
			_, err = f.Write([]byte("Words"))
		}
		if err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func odtOf(kind string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, _ := w.CreateHeader(&zip.FileHeader{Name: "mimetype", Method: zip.Store})
	f.Write([]byte(kind))
	f, _ = w.Create("content.xml")
	f.Write([]byte("<x/>"))
	w.Close()
	return b.Bytes()
}

// oggOf is an Ogg file whose first packet begins with these bytes.
func oggOf(packet string) []byte {
	const head = "OggS\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x13"
	return []byte(head + packet + strings.Repeat("\x00", 40))
}

// mp4Of is an MP4 file of a brand of four bytes.
func mp4Of(brand string) []byte {
	return []byte("\x00\x00\x00\x18ftyp" + brand + "\x00\x00\x00\x00" + brand + "isom" + strings.Repeat("\x00", 40))
}

const (
	htmlPage   = "<!DOCTYPE html><script>alert(1)</script>"
	elfProgram = "\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x3e\x00"
)

var (
	oleFile   = append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 2000)...)
	pagesFile = zipOf("Index/Document.iwa", "Metadata/Properties.plist")
)

// detectCases are files as they come, and the names and kinds under which they are kept.
var detectCases = []struct {
	name  string
	bytes []byte
	want  string // name and kind; empty: refused
}{
	{"Brief.pages", pagesFile, "Brief.pages application/vnd.apple.pages"},
	{"Zahlen.NUMBERS", pagesFile, "Zahlen.NUMBERS application/vnd.apple.numbers"},
	{"talk.key", pagesFile, "talk.key application/vnd.apple.keynote"},
	{"Brief.pages", zipOf("a.txt"), "Brief.zip application/zip"},
	{"a.odt", odtOf("application/vnd.oasis.opendocument.text"), "a.odt application/vnd.oasis.opendocument.text"},
	{"a.ods", odtOf("application/vnd.oasis.opendocument.spreadsheet"), "a.ods application/vnd.oasis.opendocument.spreadsheet"},
	{"a.odt", zipOf("META-INF/manifest.xml", "content.xml"), "a.odt application/vnd.oasis.opendocument.text"},
	{"a.odt", odtOf("application/vnd.oasis.opendocument.spreadsheet"), "a.ods application/vnd.oasis.opendocument.spreadsheet"},
	{"a.docx", zipOf("docProps/app.xml", "word/document.xml"), "a.docx application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
	{"a.xlsm", zipOf("x.bin", "xl/workbook.xml"), ""}, {"A.DOCM", zipOf("docProps/app.xml", "word/document.xml"), ""}, {"a.pptm", zipOf("[Content_Types].xml", "ppt/presentation.xml"), ""},
	{"a.docx", zipOf("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), ""}, {"a.xlsm", []byte("%PDF-1.7\n"), "a.pdf application/pdf"},
	{"mail.eml", []byte("Return-Path: <a@b.example>\r\nFrom: A <a@b.example>\r\nSubject: x\r\n\r\n<html>words</html>"), "mail.eml message/rfc822"},
	{"mail.eml", []byte("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\nwords"), "mail.eml message/rfc822"}, {"mail.EML", []byte(elfProgram), ""},
	{"mail.eml", []byte("Received: from x by y\r\nX-Y: caf\xe9\r\n\r\nwords"), "mail.eml message/rfc822"}, {"mail.eml", []byte("From a@b.example Mon\nSubject: x\n\nwords"), "mail.eml message/rfc822"},
	{cleanName("x.txt."), []byte("words"), "x.txt text/plain"}, {cleanName(" x.txt. . "), []byte("words"), "x.txt text/plain"}, {cleanName("x.pdf.."), []byte("%PDF-1.7\n"), "x.pdf application/pdf"},
	{"a.docx", zipOf("evil.exe"), "a.zip application/zip"},
	{"book.epub", zipOf("x", "META-INF/container.xml"), "book.epub application/epub+zip"},
	{"a.jar", zipOf("x.class"), "a.zip application/zip"},
	{"archive.zip", zipOf("a.txt"), "archive.zip application/zip"},
	{"a.doc", oleFile, "a.doc application/msword"}, {"a.xls", oleFile, "a.xls application/vnd.ms-excel"}, {"mail.msg", oleFile, "mail.msg application/vnd.ms-outlook"},
	{"setup.msi", oleFile, ""}, {"a.pdf", oleFile, ""},
	{"a.ogg", oggOf("\x01vorbis"), "a.ogg audio/ogg"}, {"a.oga", oggOf("\x01vorbis"), "a.oga audio/ogg"}, {"a.opus", oggOf("OpusHead"), "a.opus audio/ogg"},
	{"a.ogv", oggOf("\x80theora"), "a.ogv video/ogg"}, {"a.ogg", oggOf("fishead\x00"), "a.ogg audio/ogg"}, {"a.txt", oggOf("\x01vorbis"), "a.oga audio/ogg"},
	{"a.m4a", mp4Of("M4A "), "a.m4a audio/mp4"}, {"a.m4a", mp4Of("isom"), "a.m4a audio/mp4"}, {"a.mp4", mp4Of("isom"), "a.mp4 video/mp4"}, {"a.MOV", mp4Of("qt  "), "a.MOV video/quicktime"},
	{"a.csv", []byte("a,b\n1,2\n"), "a.csv text/csv"}, {"a.csv", []byte("just words"), "a.csv text/csv"}, {"README.md", []byte("# Title\n"), "README.md text/markdown"},
	{"a.log", []byte("a\n"), "a.log text/plain"}, {"a.json", []byte(`{"a": 1}`), "a.json application/json"}, {"map.geojson", []byte(`{"type": "Feature", "geometry": null}`), "map.geojson application/json"},
	{"a.ics", []byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"), "a.ics text/calendar"}, {"a.vcf", []byte("BEGIN:VCARD\nVERSION:3.0\nEND:VCARD\n"), "a.vcf text/vcard"},
	{"run.bat", []byte("@echo off\n"), "run.bat.txt text/plain"}, {"page.html", []byte("just words"), "page.html.txt text/plain"},
	{"logo.svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><circle r="4"/></svg>`), "logo.svg image/svg+xml"},
	{"logo.svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), ""},
	{"logo.svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><a href="&#106;ava&#10;script:alert(1)">x</a></svg>`), ""},
	{"logo.svg", []byte(`<!DOCTYPE svg [<!ENTITY x "y">]><svg xmlns="http://www.w3.org/2000/svg"/>`), "logo.svg.txt text/plain"},
	{"logo.svg", []byte("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"x.dtd\">\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), "logo.svg image/svg+xml"},
	{"feed.svg", []byte(`<?xml version="1.0"?><x/>`), ""},
	{"logo.png", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><circle r="4"/></svg>`), "logo.svg image/svg+xml"},
	{"letter.pdf", []byte(htmlPage), ""}, {"letter.pdf", []byte(elfProgram), ""}, {"photo.jpg", []byte(htmlPage), ""}, {"letter.docx", []byte(htmlPage), ""}, {"a.csv", []byte(elfProgram), ""},
	{"Rechnung Nr. 5", []byte("%PDF-1.7\n1 0 obj\n"), "Rechnung Nr. 5.pdf application/pdf"}, {"report v1.2 final", []byte("%PDF-1.7\n"), "report v1.2 final.pdf application/pdf"},
	{"photo.docx", []byte("%PDF-1.7\n"), "photo.pdf application/pdf"},
}

// A file keeps the kind that its user has given it where its bytes bear that out; a lie is what the bytes say. The kind decides whether
// a website allows it.
func TestDetectType(t *testing.T) {
	t.Parallel()
	for _, c := range detectCases {
		l, name, err := inspect(bytes.NewReader(c.bytes), int64(len(c.bytes)), c.name, Categories)
		got := ""
		if err == nil {
			got = name + " " + l.mediaType
		}
		if got != c.want {
			t.Errorf("%q: %q (%v), not %q", c.name, got, err, c.want)
		}
		if err != nil && !strings.Contains(err.Error(), "Allowed: images, PDF") && !strings.Contains(err.Error(), "macros") {
			t.Errorf("%q is refused without saying what can be sent: %v", c.name, err)
		}
		if IsDisplayable(l.mediaType) {
			t.Errorf("%q is shown inside a page", c.name)
		}
	}
	for _, c := range []struct {
		name    string
		bytes   []byte
		allowed []Category
		taken   bool
	}{
		{"a.pages", pagesFile, []Category{Office}, true}, {"a.zip", pagesFile, []Category{Office}, false}, {"a.docx", zipOf("evil.exe"), []Category{Office}, false},
		{"a.pages", pagesFile, []Category{Archives}, false}, {"a.ogg", oggOf("\x01vorbis"), []Category{Media}, true}, {"a.csv", []byte("a,b"), []Category{Texts}, true},
	} {
		if _, _, err := inspect(bytes.NewReader(c.bytes), int64(len(c.bytes)), c.name, c.allowed); (err == nil) != c.taken {
			t.Errorf("%q where %v is allowed: %v", c.name, c.allowed, err)
		}
	}
}

// A directory that lies about itself ends the search.
func TestZipContainsWithBrokenDirectory(t *testing.T) {
	t.Parallel()
	whole := zipOf("a", "word/document.xml")
	for n := range whole {
		for _, b := range [][]byte{whole[:n], whole[n:], append(bytes.Clone(whole[:n]), bytes.Repeat([]byte{0xff}, len(whole)-n)...)} {
			if _, err := zipContains(bytes.NewReader(b), int64(len(b)), []string{"word/"}); err != nil {
				t.Fatalf("%d: %v", n, err)
			}
		}
	}
}
