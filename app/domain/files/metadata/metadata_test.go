package metadata_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "golang.org/x/image/webp"

	"parley/app/domain/files/metadata"
)

// secret stands wherever a picture may say more than it shows.
const secret = "GPS 52.5163 13.3777"

// tiff is Exif data with a secret, a preview's place and an orientation.
func tiff(order binary.AppendByteOrder, orientation uint16) []byte {
	b := []byte("MM\x00*")
	if order == binary.LittleEndian {
		b = []byte("II*\x00")
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 3)
	entry := func(tag, kind uint16, count, value uint32) {
		b = order.AppendUint32(order.AppendUint32(order.AppendUint16(order.AppendUint16(b, tag), kind), count), value)
	}
	entry(0x010f, 2, uint32(len(secret)), 50)
	b = order.AppendUint16(order.AppendUint16(b, 0x0112), 3)
	b = order.AppendUint16(order.AppendUint16(order.AppendUint32(b, 1), orientation), 0)
	entry(0x8825, 4, 1, 50)
	return append(order.AppendUint32(b, 0), secret...)
}

func gradientImage() image.Image {
	m := image.NewRGBA(image.Rect(0, 0, 40, 24))
	for i := range m.Pix {
		m.Pix[i] = byte(i * 7)
	}
	return m
}

func segment(marker byte, content string) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(content)+2)), content...)
}

const profile = "ICC_PROFILE\x00\x01\x01a profile"

// jpegImage is a JPEG as phones make it.
func jpegImage(exif []byte) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, gradientImage(), nil); err != nil {
		panic(err)
	}
	out := append([]byte{0xff, 0xd8}, segment(0xe0, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")...)
	if exif != nil {
		out = append(out, segment(0xe1, "Exif\x00\x00"+string(exif))...)
	}
	out = append(out, segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>"+secret)...)
	out = append(out, segment(0xe2, profile)...)
	out = append(out, segment(0xe2, "MPF\x00"+secret)...)
	out = append(out, segment(0xed, "Photoshop 3.0\x008BIM"+secret)...)
	out = append(out, segment(0xee, "Adobe\x00\x64\x00\x00\x00\x00\x01")...)
	out = append(out, segment(0xfe, secret)...)
	out = append(out, b.Bytes()[2:]...)
	return append(out, photoTrailer...)
}

const photoTrailer = "MotionPhoto_Data" + secret

func chunk(name string, content []byte) []byte {
	b := append(binary.BigEndian.AppendUint32(nil, uint32(len(content))), name...)
	b = append(b, content...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// pngImage is a PNG with all that it may carry, and the chunks of an animation.
func pngImage(exif []byte) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, gradientImage()); err != nil {
		panic(err)
	}
	head, rest := b.Bytes()[:33], b.Bytes()[33:]
	out := bytes.Clone(head)
	out = append(out, chunk("acTL", []byte{0, 0, 0, 1, 0, 0, 0, 0})...)
	out = append(out, chunk("gAMA", []byte{0, 0, 0xb1, 0x8f})...)
	out = append(out, chunk("tEXt", []byte("Comment\x00"+secret))...)
	out = append(out, chunk("iTXt", []byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00"+secret))...)
	out = append(out, chunk("tIME", []byte{7, 0xe9, 1, 2, 3, 4, 5})...)
	out = append(out, chunk("prVt", []byte(secret))...)
	if exif != nil {
		out = append(out, chunk("eXIf", exif)...)
	}
	out = append(out, chunk("fcTL", make([]byte, 26))...)
	return append(append(out, rest...), secret...)
}

// gifImage is a GIF of two frames that runs for ever.
func gifImage() []byte {
	var b bytes.Buffer
	m := image.NewPaletted(image.Rect(0, 0, 8, 8), color.Palette{color.Black, color.White})
	if err := gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{m, m}, Delay: []int{7, 9}}); err != nil {
		panic(err)
	}
	at := bytes.Index(b.Bytes(), []byte{0x21})
	out := bytes.Clone(b.Bytes()[:at])
	out = append(out, 0x21, 0xfe, byte(len(secret)))
	out = append(append(out, secret...), 0)
	out = append(out, "\x21\xff\x0bXMP DataXMP"+string(rune(len(secret)))+secret+"\x00"...)
	return append(append(out, b.Bytes()[at:]...), secret...)
}

func riff(chunks ...[]byte) []byte {
	all := append([]byte("WEBP"), bytes.Join(chunks, nil)...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(all))), all...)
}

func webpChunk(name string, content []byte) []byte {
	b := append(binary.LittleEndian.AppendUint32([]byte(name), uint32(len(content))), content...)
	return append(b, make([]byte, len(content)&1)...)
}

// webpImage is a WebP in the extended format.
func webpImage(exif []byte) []byte {
	one, err := base64.StdEncoding.DecodeString("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
	if err != nil {
		panic(err)
	}
	chunks := [][]byte{webpChunk("VP8X", []byte{0x2c, 0, 0, 0, 0, 0, 0, 0, 0, 0}), webpChunk("ICCP", []byte("a profile")), one[12:]}
	if exif != nil {
		chunks = append(chunks, webpChunk("EXIF", exif))
	}
	return append(riff(append(chunks, webpChunk("XMP ", []byte(secret)), webpChunk("ABCD", []byte(secret)))...), secret...)
}

func strip(t *testing.T, b []byte, kind string) (metadata.Orientation, []byte) {
	t.Helper()
	var out bytes.Buffer
	o, n, err := metadata.Strip(&out, bytes.NewReader(b), int64(len(b)), kind)
	if err != nil || n != int64(out.Len()) {
		t.Fatalf("%s: %v, %d bytes of %d", kind, err, n, out.Len())
	}
	return o, out.Bytes()
}

// Of what a picture carries, what shows it stays, and nothing else.
func TestStrip(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, kind string
		make       func(exif []byte) []byte
		stays      []string
	}{
		{"a photo", "image/jpeg", jpegImage, []string{profile, "JFIF", "Adobe"}},
		{"a drawing", "image/png", pngImage, []string{"gAMA", "acTL", "fcTL", "IDAT", "IEND"}},
		{"a small one", "image/webp", webpImage, []string{"VP8L", "ICCP", "a profile"}},
		{"a moving one", "image/gif", func([]byte) []byte { return gifImage() }, []string{"NETSCAPE2.0", "\x21\xf9\x04\x00\x07\x00", "\x21\xf9\x04\x00\x09\x00"}},
	} {
		for o := range uint16(10) { // 0: no Exif data; 9: no orientation that there is
			for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
				var exif []byte
				if o > 0 {
					exif = tiff(order, o)
				}
				before := c.make(exif)
				orientation, after := strip(t, before, c.kind)
				want := metadata.Orientation(o % 9)
				if c.kind == "image/gif" || c.kind == "image/webp" { // browsers do not turn them
					want = 0
				}
				if orientation != want || orientation.SwapsDimensions() != (want >= 5) {
					t.Errorf("%s, %d: turned %d", c.name, o, orientation)
				}
				if bytes.Contains(after, []byte(secret)) || bytes.Contains(after, []byte("xmp")) {
					t.Errorf("%s, %d: it says too much: %q", c.name, o, after)
				}
				for _, x := range c.stays {
					if !bytes.Contains(after, []byte(x)) {
						t.Errorf("%s, %d: %q is gone", c.name, o, x)
					}
				}
				was, _, err := image.Decode(bytes.NewReader(before))
				is, _, err2 := image.Decode(bytes.NewReader(after))
				if err != nil || err2 != nil || !samePixels(was, is) {
					t.Errorf("%s, %d: the pixels are others (%v, %v)", c.name, o, err, err2)
				}
				again, twice := strip(t, after, c.kind)
				if again != orientation || !bytes.Equal(twice, after) {
					t.Errorf("%s, %d: the second time it is another", c.name, o)
				}
			}
		}
	}
	if _, n, err := metadata.Strip(nil, strings.NewReader("%PDF"), 4, "application/pdf"); n != 4 || err != nil {
		t.Errorf("no picture: %d %v", n, err)
	}
}

func samePixels(a, b image.Image) bool {
	if a.Bounds() != b.Bounds() {
		return false
	}
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			if a.At(x, y) != b.At(x, y) {
				return false
			}
		}
	}
	return true
}

// A picture can be stripped where it is.
func TestStripInPlace(t *testing.T) {
	t.Parallel()
	for kind, b := range map[string][]byte{
		"image/jpeg": jpegImage(tiff(binary.BigEndian, 6)),
		"image/png":  pngImage(tiff(binary.BigEndian, 8)),
		"image/webp": webpImage(tiff(binary.BigEndian, 3)),
		"image/gif":  gifImage(),
	} {
		_, want := strip(t, b, kind)
		f, err := os.Create(filepath.Join(t.TempDir(), "picture"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.Write(b); err != nil {
			t.Fatal(err)
		}
		_, n, err := metadata.Strip(io.NewOffsetWriter(f, 0), f, int64(len(b)), kind)
		got := make([]byte, n)
		if _, bad := f.ReadAt(got, 0); err != nil || bad != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v %v, or it is another", kind, err, bad)
		}
	}
}

// What is cut short stays a picture from its first pixels on; what has none is damaged; and a disk that fails is no damage.
func TestStripTruncated(t *testing.T) {
	t.Parallel()
	for kind, b := range map[string][]byte{
		"image/jpeg": jpegImage(nil),
		"image/png":  pngImage(nil),
		"image/webp": webpImage(nil),
		"image/gif":  gifImage(),
	} {
		for n := range b {
			_, written, err := metadata.Strip(io.Discard, bytes.NewReader(b[:n]), int64(n), kind)
			if err != nil && !errors.Is(err, metadata.ErrDamaged) || written > int64(n) {
				t.Fatalf("%s, %d of %d: %d %v", kind, n, len(b), written, err)
			}
			if n == len(b)-1 && err != nil {
				t.Errorf("%s: the last byte is missing: %v", kind, err)
			}
		}
		if _, _, err := metadata.Strip(io.Discard, brokenIO{}, int64(len(b)), kind); !errors.Is(err, errDisk) {
			t.Errorf("%s: %v", kind, err)
		}
		if _, _, err := metadata.Strip(brokenIO{}, bytes.NewReader(b), int64(len(b)), kind); !errors.Is(err, errDisk) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

var errDisk = errors.New("the disk")

type brokenIO struct{}

func (brokenIO) ReadAt([]byte, int64) (int, error) { return 0, errDisk }
func (brokenIO) Write([]byte) (int, error)         { return 0, errDisk }

// Whatever comes: it ends, it never grows, and what is stripped has nothing more to strip.
func FuzzStrip(f *testing.F) {
	kinds := []string{"image/jpeg", "image/png", "image/webp", "image/gif"}
	for _, e := range [][]byte{nil, tiff(binary.BigEndian, 6), tiff(binary.LittleEndian, 1), []byte("MM\x00*\x00\x00\x00\x08\xff\xff")} {
		f.Add(jpegImage(e), 0)
		f.Add(pngImage(e), 1)
		f.Add(webpImage(e), 2)
	}
	f.Add(gifImage(), 3)
	f.Fuzz(func(t *testing.T, b []byte, which int) {
		kind := kinds[uint(which)%4]
		var once, twice bytes.Buffer
		o, n, err := metadata.Strip(&once, bytes.NewReader(b), int64(len(b)), kind)
		if err != nil {
			return
		}
		if n > int64(len(b)) || n != int64(once.Len()) || o < 0 || o > 8 {
			t.Fatalf("%d bytes become %d, turned %d", len(b), n, o)
		}
		again, _, err := metadata.Strip(&twice, bytes.NewReader(once.Bytes()), n, kind)
		if err != nil || again != o || !bytes.Equal(once.Bytes(), twice.Bytes()) {
			t.Fatalf("%s: the second time %v, turned %d and %d\n%q\n%q", kind, err, o, again, once.Bytes(), twice.Bytes())
		}
	})
}
