package faq

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"parley/app/platform/fail"
)

// charset is how the characters of a file are written as bytes.
type charset int

// Charsets that files are read in.
const (
	utf8Charset charset = iota
	utf16Little
	utf16Big
	windows1252
)

// charsetOf finds out in which charset a file is: by the mark at its beginning, by where zeros stand in its first kilobytes, else UTF-8
// if all of it is that, else Windows-1252 if it has none of the bytes that mean nothing there. fail.Invalid if it is none of these.
func charsetOf(file io.ReadSeeker) (charset, error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	in := bufio.NewReaderSize(file, 8192)
	head, err := in.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return utf16Little, nil
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return utf16Big, nil
	}
	zeros := [2]int{}
	for i, b := range head {
		if b == 0 {
			zeros[i%2]++
		}
	}
	most := len(head) / 2 // of them at even or odd places: no text in UTF-8 has any, one in UTF-16 has one in most of its characters
	switch {
	case zeros[1] > most/3 && zeros[0] <= most/20:
		return utf16Little, nil
	case zeros[0] > most/3 && zeros[1] <= most/20:
		return utf16Big, nil
	}
	whole, western := true, true
	for {
		r, n, err := in.ReadRune()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, err
		}
		if r == utf8.RuneError && n == 1 {
			whole = false
			break
		}
	}
	if whole {
		return utf8Charset, nil
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	in.Reset(file)
	for western {
		b, err := in.ReadByte()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, err
		}
		switch b {
		case 0x81, 0x8d, 0x8f, 0x90, 0x9d, 0x7f:
			western = false
		}
		if b < ' ' && b != '\t' && b != '\n' && b != '\r' && b != '\f' && b != '\v' {
			western = false
		}
	}
	if !western {
		return 0, fail.Field("file", "The file is not a text file. Save it as “CSV UTF-8” and try again.")
	}
	return windows1252, nil
}

// reader returns the file as UTF-8, from its beginning. Every end of a line is \n.
func (c charset) reader(file io.Reader) io.Reader {
	switch c {
	case utf16Little:
		file = transform.NewReader(file, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder())
	case utf16Big:
		file = transform.NewReader(file, unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder())
	case windows1252:
		file = transform.NewReader(file, charmap.Windows1252.NewDecoder())
	}
	return &lineEnds{from: file}
}

// notice says what somebody should know about how a file was read.
func (c charset) notice() string {
	if c == windows1252 {
		return "The file is not in UTF-8 and was read as Windows-1252 (Western European). If letters are wrong below, " +
			"save it as “CSV UTF-8” and choose it again."
	}
	return ""
}

// lineEnds reads every end of a line (CR, LF, CR LF) as LF.
type lineEnds struct {
	from io.Reader
	cr   bool // the byte before was a CR
}

func (l *lineEnds) Read(p []byte) (int, error) {
	for {
		n, err := l.from.Read(p)
		written := 0
		for _, b := range p[:n] {
			after := l.cr
			l.cr = b == '\r'
			switch {
			case b == '\r':
				b = '\n'
			case b == '\n' && after:
				continue
			}
			p[written] = b
			written++
		}
		if written > 0 || err != nil || len(p) == 0 {
			return written, err
		}
	}
}
