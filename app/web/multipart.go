package web

import (
	"crypto/sha256"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"strings"
)

// filesOfForm is how many files one form can have.
const filesOfForm = 100

// sent is a file of a form, on this machine's disk.
type sent struct {
	*os.File
	name string
	size int64
	sum  []byte // its SHA-256
}

// whole reads a form with files: the files onto this machine's disk, of each at most one byte more than most, the rest into memory.
// One that did not arrive as a whole changes nothing. The returned function removes the files.
func (s *Server) whole(v *visit, most int) (done func(), err error) {
	release, err := s.slots.take(map[string]int{v.Actor.Org().String(): slotsOfOrg, v.ID().String(): slotsOfOne})
	if err != nil {
		return func() {}, err
	}
	defer release()
	v.sent = map[string]sent{}
	done = func() {
		for _, f := range v.sent {
			f.Close()
			os.Remove(f.Name())
		}
	}
	bodyOf(v).paced(s.slots, v.Actor.Org())
	if err := s.readParts(v, most); err != nil {
		done()
		return func() {}, cut(err)
	}
	if err := s.begin(v); err != nil {
		done()
		return func() {}, err
	}
	return done, nil
}

// How many bytes a form can have besides files: in what is typed, and in the hidden fields that every form has.
const (
	textsOfForm = 256 << 10
	hiddenMost  = packedMost + 64<<10
)

// room is how much of a form may still come.
type room struct {
	fields int
	bytes  int64
}

// take counts a field, or says that there is no room for it.
func (r *room) take(n int) bool {
	r.fields--
	r.bytes -= int64(n)
	return r.fields >= 0 && r.bytes >= 0
}

func (s *Server) readParts(v *visit, most int) error {
	r := v.Request()
	parts, err := r.MultipartReader()
	if errors.Is(err, http.ErrNotMultipart) {
		b := bodyOf(v)
		if b != nil {
			b.limit = min(b.limit, usualBody)
		}
		return readForm(v, staffFields)
	}
	if err != nil {
		return err
	}
	values := url.Values{}
	typed, ours := room{fields: staffFields, bytes: textsOfForm}, room{fields: staffFields, bytes: hiddenMost}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			r.PostForm, r.Form = values, values
			for name, list := range r.URL.Query() {
				r.Form[name] = append(r.Form[name], list...)
			}
			return nil
		}
		if err != nil {
			return err
		}
		name := part.FormName()
		if part.FileName() == "" {
			left := &typed
			if strings.HasPrefix(name, "_") {
				left = &ours
			}
			text, err := io.ReadAll(io.LimitReader(part, left.bytes+1))
			if err != nil {
				return err
			}
			if !left.take(len(name) + len(text)) {
				return errFields
			}
			values.Add(name, string(text))
			continue
		}
		if _, twice := v.sent[name]; twice || len(v.sent) >= filesOfForm {
			return errFields
		}
		if err := s.receivePart(v, part, most); err != nil {
			return err
		}
	}
}

func (s *Server) receivePart(v *visit, part *multipart.Part, most int) error {
	f, err := s.files.Spool()
	if err != nil {
		return err
	}
	v.sent[part.FormName()] = sent{f, part.FileName(), 0, nil}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, sum), io.LimitReader(part, int64(most)+1)) // of one that is too large as much as shows it
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	v.sent[part.FormName()] = sent{f, part.FileName(), n, sum.Sum(nil)}
	return nil
}
