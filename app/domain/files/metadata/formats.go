package metadata

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
	"strings"
)

// jpeg reads the segments of a JPEG (ITU T.81, annex B): of the applications' it keeps JFIF without its preview, the color profile and
// Adobe's, which says how the colors are stored. It ends with the picture: behind it phones store films and second pictures.
func (s *stripper) jpeg() error {
	if err := s.copy(2); err != nil {
		return err
	}
	for {
		marker, err := s.marker()
		if err != nil {
			return err
		}
		switch {
		case marker == 0xd9: // the end
			return s.write(0xff, marker)
		case marker == 0x01 || marker >= 0xd0 && marker <= 0xd8: // alone
			if err := s.write(0xff, marker); err != nil {
				return err
			}
			continue
		}
		length, err := s.read(2)
		if err != nil {
			return err
		}
		n := int64(binary.BigEndian.Uint16(length)) - 2
		if n < 0 {
			return ErrDamaged
		}
		switch {
		case marker == 0xe0:
			err = s.jfif(n)
		case marker == 0xe1:
			err = s.app1(n)
		case marker == 0xe2:
			err = s.copyIf("ICC_PROFILE\x00", marker, length, n)
		case marker == 0xee:
			err = s.copyIf("Adobe", marker, length, n)
		case marker > 0xe0 && marker <= 0xef, marker == 0xfe:
			err = s.skip(n)
		default:
			if err = s.write(0xff, marker, length[0], length[1]); err == nil {
				err = s.copy(n)
			}
			if marker == 0xda && err == nil {
				s.hasPixels = true
				err = s.scan()
			}
		}
		if err != nil {
			return err
		}
	}
}

// marker returns the next one. Any number of FF may stand before it; what else does is nobody's.
func (s *stripper) marker() (byte, error) {
	last := byte(0)
	if s.markerStarted {
		last, s.markerStarted = 0xff, false
	}
	for {
		b, err := s.r.ReadByte()
		if err != nil {
			return 0, s.recordError(err)
		}
		if last == 0xff && b != 0xff && b != 0 {
			return b, nil
		}
		last = b
	}
}

// scan copies the pixels up to the next marker that is none of theirs, and leaves that to be read.
func (s *stripper) scan() error {
	for {
		piece, err := s.r.ReadSlice(0xff)
		if err == nil {
			piece = piece[:len(piece)-1]
		}
		if bad := s.write(piece...); bad != nil {
			return bad
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			return s.recordError(err)
		}
		next, err := s.r.Peek(1)
		if err != nil {
			return s.recordError(err)
		}
		if next[0] != 0 && (next[0] < 0xd0 || next[0] > 0xd7) {
			s.markerStarted = true
			return nil
		}
		if _, err := s.r.Discard(1); err != nil {
			return err
		}
		if err := s.write(0xff, next[0]); err != nil {
			return err
		}
	}
}

func (s *stripper) jfif(n int64) error {
	const head = "JFIF\x00"
	if n < 14 {
		return s.skip(n)
	}
	b, err := s.read(14)
	if err != nil {
		return err
	}
	if string(b[:len(head)]) == head {
		b[12], b[13] = 0, 0 // the preview's size
		if err := s.write(append([]byte{0xff, 0xe0, 0, 16}, b...)...); err != nil {
			return err
		}
	}
	return s.skip(n - 14)
}

func (s *stripper) app1(n int64) error {
	head, err := s.r.Peek(int(min(n, int64(len(exifHead)))))
	if err != nil {
		return s.recordError(err)
	}
	if string(head) != exifHead {
		return s.skip(n)
	}
	tiff, err := s.exif(n)
	if err != nil || tiff == nil {
		return err
	}
	segment := append([]byte{0xff, 0xe1, 0, byte(2 + len(exifHead) + tiffSize)}, exifHead...)
	return s.write(append(segment, tiff...)...)
}

func (s *stripper) copyIf(head string, marker byte, length []byte, n int64) error {
	b, err := s.r.Peek(int(min(n, int64(len(head)))))
	if err != nil {
		return s.recordError(err)
	}
	if string(b) != head {
		return s.skip(n)
	}
	if err := s.write(0xff, marker, length[0], length[1]); err != nil {
		return err
	}
	return s.copy(n)
}

// pngChunks are the chunks of a PNG (W3C, third edition) that say how it looks.
var pngChunks = strings.Fields("IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP mDCV cLLI mDCv cLLi sBIT bKGD hIST " +
	"pHYs sPLT acTL fcTL fdAT")

func (s *stripper) png() error {
	if err := s.copy(8); err != nil {
		return err
	}
	for {
		head, err := s.read(8)
		if err != nil {
			return err
		}
		n, name := int64(binary.BigEndian.Uint32(head)), string(head[4:])
		if n >= 1<<31 {
			return ErrDamaged
		}
		switch {
		case slices.Contains(pngChunks, name):
			s.hasPixels = s.hasPixels || name == "IDAT"
			if err = s.write(head...); err == nil {
				err = s.copy(n + 4)
			}
		case name == "eXIf":
			var tiff []byte
			if tiff, err = s.exif(n); err == nil {
				err = s.skip(4)
			}
			if err == nil && tiff != nil {
				chunk := append([]byte{0, 0, 0, tiffSize, 'e', 'X', 'I', 'f'}, tiff...)
				err = s.write(binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))...)
			}
		default:
			err = s.skip(n + 4)
		}
		if err != nil || name == "IEND" {
			return err
		}
	}
}

// gif reads the blocks of a GIF (89a): of the applications' it keeps how often an animation runs, and the color profile.
func (s *stripper) gif() error {
	head, err := s.read(13)
	if err != nil {
		return err
	}
	if err := s.write(head...); err != nil {
		return err
	}
	if err := s.copy(colorTableSize(head[10])); err != nil {
		return err
	}
	for {
		kind, err := s.r.ReadByte()
		if err != nil {
			return s.recordError(err)
		}
		switch kind {
		case 0x2c: // a frame
			d, err := s.read(9)
			if err != nil {
				return err
			}
			s.hasPixels = true
			if err := s.write(append([]byte{kind}, d...)...); err != nil {
				return err
			}
			if err := s.copy(colorTableSize(d[8]) + 1); err != nil {
				return err
			}
			if err := s.blocks(true); err != nil {
				return err
			}
		case 0x21:
			label, err := s.r.ReadByte()
			if err != nil {
				return s.recordError(err)
			}
			retain := label == 0xf9 // how long a frame is shown
			if label == 0xff {
				b, err := s.r.Peek(12)
				if err != nil {
					return s.recordError(err)
				}
				retain = bytes.HasPrefix(b, []byte("\x0bNETSCAPE2.0")) ||
					bytes.HasPrefix(b, []byte("\x0bANIMEXTS1.0")) || bytes.HasPrefix(b, []byte("\x0bICCRGBG1012"))
			}
			if retain {
				if err := s.write(kind, label); err != nil {
					return err
				}
			}
			if err := s.blocks(retain); err != nil {
				return err
			}
		default: // the end, or nothing that a browser reads on from
			return s.write(0x3b)
		}
	}
}

// colorTableSize is how many bytes the table of colors has of which a byte of flags speaks.
func colorTableSize(flags byte) int64 {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

// blocks copies or skips pieces that say their length, up to an empty one.
func (s *stripper) blocks(retain bool) error {
	for {
		n, err := s.r.ReadByte()
		if err != nil {
			return s.recordError(err)
		}
		if retain {
			if err = s.write(n); err == nil {
				err = s.copy(int64(n))
			}
		} else {
			err = s.skip(int64(n))
		}
		if err != nil || n == 0 {
			return err
		}
	}
}

var webpChunks = []string{"VP8X", "ICCP", "ANIM", "ANMF", "ALPH", "VP8 ", "VP8L"}

// webp reads the chunks of a WebP (RFC 9649). No browser turns one as its Exif data says.
func (s *stripper) webp() error {
	head, err := s.read(12)
	if err != nil {
		return err
	}
	left := int64(binary.LittleEndian.Uint32(head[4:])) - 4
	binary.LittleEndian.PutUint32(head[4:], uint32(max(0, s.previousSize-8)))
	if err := s.write(head...); err != nil {
		return err
	}
	for left >= 8 {
		head, err := s.read(8)
		if err != nil {
			return err
		}
		n, name := int64(binary.LittleEndian.Uint32(head[4:])), string(head[:4])
		odd := n & 1
		left -= 8 + n + odd
		switch {
		case name == "VP8X" && n >= 10:
			var flags []byte
			if flags, err = s.read(1); err == nil {
				flags[0] &^= 0x0c // Exif, XMP
				if err = s.write(append(head, flags[0])...); err == nil {
					err = s.copy(n - 1 + odd)
				}
			}
		case slices.Contains(webpChunks, name):
			s.hasPixels = s.hasPixels || name == "VP8 " || name == "VP8L" || name == "ANMF"
			if err = s.write(head...); err == nil {
				err = s.copy(n + odd)
			}
		default:
			err = s.skip(n + odd)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
