package files_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"parley/app/domain/files"
	"parley/app/platform/access"
	"parley/app/tools/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func pngOf(width, height int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// movingPNG is a PNG that says that it is an animation.
func movingPNG() []byte {
	b := pngOf(4, 3)
	control := append(binary.BigEndian.AppendUint32(nil, 8), "acTL\x00\x00\x00\x01\x00\x00\x00\x00"...)
	control = binary.BigEndian.AppendUint32(control, crc32.ChecksumIEEE(control[4:]))
	return slices.Concat(b[:33], control, b[33:])
}

// hugeImage says that it has very many pixels, in very few bytes.
func hugeImage() []byte {
	b := pngOf(1, 1)
	binary.BigEndian.PutUint32(b[16:], 60_000)
	binary.BigEndian.PutUint32(b[20:], 60_000)
	return b
}

// A file is what its bytes say; its name gets the ending that fits; what could be run is not taken.
func TestAcceptedFiles(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	store, err := files.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := files.New(testkit.DB(t), store, files.Options{})
	who := o.As(access.Agent)
	for _, c := range []struct {
		name    string
		bytes   []byte
		allowed []files.Category
		want    string // name and kind; empty: refused
	}{
		{"photo.png", pngOf(4, 3), files.Categories, "photo.png image/png"},
		{"moving.png", movingPNG(), files.Categories, "moving.png image/png"},
		{"photo.exe", pngOf(4, 3), files.Categories, "photo.png image/png"},
		{"../../etc/passwd", pngOf(4, 3), files.Categories, "passwd.png image/png"},
		{`C:\temp\photo` + "\u202egnp.exe", pngOf(4, 3), files.Categories, "photognp.png image/png"},
		{"invoice\u202efdp.exe", []byte("Just words."), files.Categories, "invoicefdp.exe.txt text/plain"},
		{"a\u200e\u200f\u061c\u2066\u2067\u2068\u2069\u202a\u202b\u202c\u202db\u0085\u2028\u2029\ufeff.txt", []byte("Just words."), files.Categories, "ab.txt text/plain"},
		{"می\u200cخواهم.txt", []byte("Just words."), files.Categories, "می\u200cخواهم.txt text/plain"}, // spelling, no direction
		{"huge.png", hugeImage(), files.Categories, ""},
		{"cut.png", pngOf(4, 3)[:20], files.Categories, ""},
		{"page.png", []byte("<!DOCTYPE html><script>alert(1)</script>"), files.Categories, ""},
		{"page.txt", []byte("<html><body onload=alert(1)>"), files.Categories, ""},
		{"picture.svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), files.Categories, ""},
		{"feed.xml", []byte(`<?xml version="1.0"?><x/>`), files.Categories, ""},
		{"run.sh", []byte("#!/bin/sh\nrm -rf /\n"), files.Categories, "run.sh.txt text/plain"},
		{"program", []byte("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x3e\x00"), files.Categories, ""},
		{"notes.txt", []byte("Just words."), files.Categories, "notes.txt text/plain"},
		{"notes.txt", []byte("Just words."), []files.Category{files.Images}, ""},
		{"letter.pdf", []byte("%PDF-1.7\n1 0 obj\n"), files.Categories, "letter.pdf application/pdf"},
		{"", []byte("Words"), files.Categories, "file.txt text/plain"},
		{"empty.txt", nil, files.Categories, ""},
		{"large.txt", bytes.Repeat([]byte("x"), 2000), files.Categories, ""},
	} {
		f, err := s.Put(ctx, who, files.Upload{
			ID:       uuid.New(),
			Purpose:  files.ForSnippet,
			Name:     c.name,
			Bytes:    c.bytes,
			Allowed:  c.allowed,
			MaxBytes: 1500,
		})
		got := ""
		if err == nil {
			got = f.Name + " " + f.MediaType
		}
		if got != c.want {
			t.Errorf("%q: %q (%v), not %q", c.name, got, err, c.want)
		}
	}
}

// The bytes come back from every store, and what was dropped is nobody's any more.
func TestStores(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	backend := s3mem.New()
	if err := backend.CreateBucket("parley"); err != nil {
		t.Fatal(err)
	}
	s3 := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(s3.Close)
	folder := t.TempDir()
	for name, address := range map[string]string{
		"a folder": folder,
		"S3":       "s3://key:secret@" + strings.TrimPrefix(s3.URL, "http://") + "/parley?insecure=1&region=eu-1",
	} {
		checkStore(ctx, t, name, address)
	}
	for _, bad := range []string{"ftp://host/x", "s3://host/bucket", "s3://key:secret@host"} {
		if _, err := files.OpenStore(bad); err == nil {
			t.Errorf("%s was opened", bad)
		}
	}
}

// checkStore checks that a store gives back what was put, also to a copy whose original is gone, and nothing that was dropped or discarded.
func checkStore(ctx context.Context, t *testing.T, name, address string) {
	t.Helper()
	store, err := files.OpenStore(address)
	if err != nil {
		t.Fatal(err)
	}
	o := testkit.NewOrg(t)
	r := files.New(testkit.DB(t), store, files.Options{})
	who, id := o.As(access.Agent), uuid.New()
	in := files.Upload{
		ID:       id,
		Purpose:  files.ForSnippet,
		Name:     "a.txt",
		Bytes:    []byte("Words for " + o.Name),
		Allowed:  files.Categories,
		MaxBytes: 1000,
	}
	drop := func(id uuid.UUID) {
		t.Helper()
		if _, err := testkit.DB(t).As(who).Exec(ctx, "delete from files where id = $1", id); err != nil {
			t.Fatal(err)
		}
	}
	first, err := r.Put(ctx, who, in)
	again, err2 := r.Put(ctx, who, in)
	if err != nil || err2 != nil || first.ID != again.ID {
		t.Fatalf("%s: %v %v", name, err, err2)
	}
	in.Bytes = []byte("Other words")
	if _, err := r.Put(ctx, who, in); err == nil {
		t.Errorf("%s: another file under the same id was taken", name)
	}
	copied, err := r.Copy(ctx, who, id, uuid.New(), uuid.Nil)
	if err != nil {
		t.Fatal(err)
	}
	drop(id)
	_, b, err := r.Open(ctx, who, copied.ID) // its bytes are still somebody's
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	got, err := io.ReadAll(b)
	b.Close()
	if err != nil || string(got) != "Words for "+o.Name {
		t.Errorf("%s: %q %v", name, got, err)
	}
	drop(copied.ID)
	if _, _, err := r.Open(ctx, who, copied.ID); err == nil {
		t.Errorf("%s: what was dropped is there", name)
	}
	refused := in
	refused.ID = uuid.New()
	f, err := r.Put(ctx, who, refused)
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256(refused.Bytes)
	key := o.ID.String() + "/" + hex.EncodeToString(hash[:1]) + "/" + hex.EncodeToString(hash[:])
	for _, there := range []bool{true, false} {
		b, err := store.Get(ctx, key)
		if err == nil {
			b.Close()
		}
		if (err == nil) != there {
			t.Errorf("%s: the bytes of a file are there: %v", name, err == nil)
		}
		r.Discard(ctx, who, f)
	}
}

// What a scanner finds is not taken; nor is anything while it cannot be asked.
func TestScanner(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() { // speaks as clamd does
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				var head [10]byte
				if _, err := io.ReadFull(c, head[:]); err != nil || string(head[:]) != "zINSTREAM\x00" {
					return
				}
				var all []byte
				for {
					var n uint32
					if binary.Read(c, binary.BigEndian, &n) != nil || n == 0 {
						break
					}
					piece := make([]byte, n)
					if _, err := io.ReadFull(c, piece); err != nil {
						return
					}
					all = append(all, piece...)
				}
				answer := "stream: OK\x00"
				if bytes.Contains(all, []byte("a virus")) {
					answer = "stream: Test.Virus FOUND\x00"
				}
				io.WriteString(c, answer)
			}()
		}
	}()
	o := testkit.NewOrg(t)
	store, err := files.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	put := func(clamd, text string) error {
		_, err := files.New(testkit.DB(t), store, files.Options{Scanner: clamd}).Put(ctx, o.As(access.Agent),
			files.Upload{
				ID:       uuid.New(),
				Purpose:  files.ForSnippet,
				Name:     "a.txt",
				Bytes:    []byte(text),
				Allowed:  files.Categories,
				MaxBytes: 1 << 20,
			})
		return err
	}
	if err := put(l.Addr().String(), strings.Repeat("harmless words ", 10_000)); err != nil {
		t.Error(err)
	}
	if err := put(l.Addr().String(), "this is a virus"); err == nil || !strings.Contains(err.Error(), "Test.Virus") {
		t.Errorf("a virus: %v", err)
	}
	if err := put("127.0.0.1:1", "harmless"); err == nil {
		t.Error("taken without being scanned")
	}
}

// A link is good for its file and for a day or two.
func TestLinks(t *testing.T) {
	t.Parallel()
	l, org, file, now := files.NewLinks("a secret"), uuid.New(), uuid.New(), time.Now()
	path := l.Path(org, file, "a b/c?.txt", now)
	parts := strings.Split(path, "/")
	if len(parts) != 6 {
		t.Fatalf("the name leaks into the path: %s", path)
	}
	link := parts[4]
	if o, f, err := l.Verify(link, now.Add(23*time.Hour)); err != nil || o != org || f != file {
		t.Errorf("%v %v %v", o, f, err)
	}
	if _, _, err := l.Verify(link, now.Add(49*time.Hour)); err == nil {
		t.Error("a link is good for ever")
	}
	if _, _, err := files.NewLinks("another secret").Verify(link, now); err == nil {
		t.Error("another's link is good")
	}
	for _, bad := range []string{"", "A", link[:len(link)-1], link + "A", strings.ToUpper(link)} {
		if _, _, err := l.Verify(bad, now); err == nil {
			t.Errorf("%q is good", bad)
		}
	}
}

// A photo is stored without where it was taken, and measured as it is seen; and so is everybody's, whatever it is for.
func TestPhotosAreStripped(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	store, err := files.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := files.New(testkit.DB(t), store, files.Options{})
	var plain bytes.Buffer
	if err := jpeg.Encode(&plain, image.NewGray(image.Rect(0, 0, 40, 24)), nil); err != nil {
		t.Fatal(err)
	}
	for turned := range 9 {
		exif := append([]byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x02\x01\x12\x00\x03\x00\x00\x00\x01\x00"), byte(turned))
		exif = append(exif, "\x00\x00\x88\x25\x00\x04\x00\x00\x00\x01\x00\x00\x00\x26\x00\x00\x00\x00GPS 52.5163 13.3777"...)
		photo := append([]byte{0xff, 0xd8, 0xff, 0xe1, 0, byte(len(exif) + 2)}, exif...)
		photo = append(photo, plain.Bytes()[2:]...)
		for _, use := range []files.Purpose{files.ForMessage, files.ForSnippet, files.ForPicture} {
			in := files.Upload{
				ID:       uuid.New(),
				Purpose:  use,
				Name:     "photo.jpg",
				Content:  bytes.NewReader(photo),
				Allowed:  files.Categories,
				MaxBytes: 5000,
			}
			if use == files.ForMessage {
				in.Visitor = o.Visitor().ID()
			}
			f, err := s.Put(ctx, o.As(access.Agent), in)
			if err != nil {
				t.Fatal(err)
			}
			width, height := 40, 24
			if turned >= 5 {
				width, height = 24, 40
			}
			if f.Width != width || f.Height != height {
				t.Errorf("%s, turned %d: %d by %d", use, turned, f.Width, f.Height)
			}
			in.Content = bytes.NewReader(photo)
			if again, err := s.Put(ctx, o.As(access.Agent), in); err != nil || again.ID != f.ID {
				t.Errorf("%s: the same photo again: %v", use, err)
			}
			_, content, err := s.Open(ctx, o.As(access.Agent), f.ID)
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(content)
			content.Close()
			if err != nil || int64(len(b)) != f.Size || len(b) > len(photo) || bytes.Contains(b, []byte("GPS")) ||
				bytes.Contains(b, []byte("Exif")) != (turned > 0) {
				t.Errorf("%s, turned %d: %v, %d bytes of %d: %q", use, turned, err, f.Size, len(photo), b)
			}
		}
	}
	none := append([]byte(nil), plain.Bytes()[:bytes.Index(plain.Bytes(), []byte{0xff, 0xda})]...) // measures, and no pixels
	if _, err := s.Put(ctx, o.As(access.Agent), files.Upload{
		ID:       uuid.New(),
		Purpose:  files.ForSnippet,
		Name:     "a.jpg",
		Bytes:    none,
		Allowed:  files.Categories,
		MaxBytes: 5000,
	}); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("no pixels: %v", err)
	}
}
