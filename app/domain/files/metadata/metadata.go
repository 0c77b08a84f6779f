// Package metadata removes from a picture what its camera and its programs wrote beside the pixels: the place and the time, the
// device, its owner, comments, previews. The pixels, the color profile and the frames of an animation stay byte by byte, and so does
// how the picture is to be turned.
package metadata

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
)

// ErrDamaged says that there is no picture in the bytes.
var ErrDamaged = errors.New("the picture is damaged")

// Orientation is how a picture is to be turned to be seen as it was taken, as the Exif tag 0x0112 says: 1 to 8; 0: it says nothing.
type Orientation int

// SwapsDimensions reports whether the picture is turned by 90 degrees, so that its width is its height.
func (o Orientation) SwapsDimensions() bool { return o >= 5 }

// Strip writes a picture of size bytes to w without its metadata, and returns the bytes written. kind is its media type: image/jpeg,
// image/png (also animated), image/gif or image/webp; of any other kind it writes nothing and returns size. It reads one piece after the
// other, needs at most some 100 kB of memory, and never writes more than it has read, so that w may be the place where the picture is.
// A picture whose end is missing stays one, as browsers show what there is; ErrDamaged if there are no pixels at all. Errors of the
// reader and of w are returned as they are.
func Strip(w io.Writer, from io.ReaderAt, size int64, kind string) (Orientation, int64, error) {
	format := map[string]func(*stripper) error{"image/jpeg": (*stripper).jpeg, "image/png": (*stripper).png, "image/gif": (*stripper).gif,
		"image/webp": (*stripper).webp}[kind]
	if format == nil {
		return 0, size, nil
	}
	s := &stripper{}
	if kind == "image/webp" { // its beginning says how long it is
		if err := s.run(io.Discard, from, size, format); err != nil {
			return 0, 0, err
		}
	}
	err := s.run(w, from, size, format)
	return s.orientation, s.written, err
}

// stripper reads a picture once.
type stripper struct {
	r             *bufio.Reader
	w             *bufio.Writer
	written       int64
	ioErr         error // of the reader or the writer
	hasPixels     bool  // there are some
	orientation   Orientation
	markerStarted bool  // the FF of a marker is read
	previousSize  int64 // bytes that an earlier pass has written; 0: there was none
}

func (s *stripper) run(w io.Writer, from io.ReaderAt, size int64, format func(*stripper) error) error {
	*s = stripper{
		r:            bufio.NewReaderSize(io.NewSectionReader(from, 0, size), 32<<10),
		w:            bufio.NewWriterSize(w, 32<<10),
		previousSize: s.written,
	}
	err := format(s)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) { // its end is missing
		err = nil
	}
	if s.ioErr != nil {
		return s.ioErr
	}
	if err != nil {
		return err
	}
	if !s.hasPixels {
		return ErrDamaged
	}
	return s.w.Flush()
}

// read returns the next n bytes, which are few.
func (s *stripper) read(n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(s.r, b)
	return b, s.recordError(err)
}

// recordError remembers an error that is not the picture's.
func (s *stripper) recordError(err error) error {
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && s.ioErr == nil {
		s.ioErr = err
	}
	return err
}

func (s *stripper) write(b ...byte) error {
	n, err := s.w.Write(b)
	s.written += int64(n)
	return s.recordError(err)
}

func (s *stripper) copy(n int64) error {
	copied, err := io.CopyN(s.w, s.r, n)
	s.written += copied
	return s.recordError(err)
}

func (s *stripper) skip(n int64) error {
	_, err := io.CopyN(io.Discard, s.r, n)
	return s.recordError(err)
}

// maxExif is how far into its Exif data the turn of a picture is looked for: all that a JPEG can have.
const maxExif = 64 << 10

// exif reads Exif data of n bytes and returns what is left of it: nothing, or how the picture is turned, if that was not said before.
func (s *stripper) exif(n int64) ([]byte, error) {
	b, err := s.read(int(min(n, maxExif)))
	if err == nil {
		err = s.skip(n - int64(len(b)))
	}
	if err != nil {
		return nil, err
	}
	o := parseOrientation(b)
	if o == 0 || s.orientation != 0 {
		return nil, nil
	}
	s.orientation = o
	return tiffOf(o), nil
}

const exifHead = "Exif\x00\x00"

// parseOrientation reads it from Exif data (TIFF 6.0, “Image File Directory”), with or without its head.
func parseOrientation(b []byte) Orientation {
	if len(b) >= len(exifHead) && string(b[:len(exifHead)]) == exifHead {
		b = b[len(exifHead):]
	}
	if len(b) < tiffSize { // what is written instead is never longer
		return 0
	}
	var order binary.ByteOrder = binary.BigEndian
	switch string(b[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
	default:
		return 0
	}
	at := int64(order.Uint32(b[4:]))
	if at < 8 || at+2 > int64(len(b)) {
		return 0
	}
	for n := order.Uint16(b[at:]); n > 0; n-- {
		entry := at + 2
		if at += 12; entry+12 > int64(len(b)) {
			return 0
		}
		e := b[entry : entry+12]
		if order.Uint16(e) != 0x0112 {
			continue
		}
		if order.Uint16(e[2:]) != 3 || order.Uint32(e[4:]) != 1 { // one SHORT
			return 0
		}
		if v := order.Uint16(e[8:]); v >= 1 && v <= 8 {
			return Orientation(v)
		}
		return 0
	}
	return 0
}

// tiffSize is the length of what tiffOf makes.
const tiffSize = 26

// tiffOf is Exif data that says only how the picture is turned.
func tiffOf(o Orientation) []byte {
	return []byte{'M', 'M', 0, '*', 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, byte(o), 0, 0, 0, 0, 0, 0}
}
