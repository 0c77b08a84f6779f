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

// maxFilesOfForm is how many files one form can have.
const maxFilesOfForm = 100

// formFile is a file of a form, on this machine's disk.
type formFile struct {
	*os.File
	name string
	size int64
	sum  []byte // its SHA-256
}

// readMultipart reads a form with files: the files onto this machine's disk, of each at most one byte more than most, the rest into memory.
// One that did not arrive as a whole changes nothing. The returned function removes the files.
func (s *Server) readMultipart(req *request, most int) (done func(), err error) {
	release, err := s.uploadSlots.acquire(map[string]int{req.Actor.Org().String(): maxUploadsPerOrg, req.ID().String(): maxUploadsPerSender})
	if err != nil {
		return func() {}, err
	}
	defer release()
	req.files = map[string]formFile{}
	done = func() {
		for _, f := range req.files {
			f.Close()
			os.Remove(f.Name())
		}
	}
	bodyOf(req).limitSpeed(s.uploadSlots, req.Actor.Org())
	if err := s.readParts(req, most); err != nil {
		done()
		return func() {}, bodyReadError(err)
	}
	if err := s.beginForm(req); err != nil {
		done()
		return func() {}, err
	}
	return done, nil
}

// How many bytes a form can have besides files: in what is typed, and in the hidden fields that every form has.
const (
	maxTextBytes   = 256 << 10
	maxHiddenBytes = maxSnapshotField + 64<<10
)

// formAllowance is how much of a form may still come.
type formAllowance struct {
	fields int
	bytes  int64
}

// count counts a field, or says that there is no room for it.
func (r *formAllowance) count(n int) bool {
	r.fields--
	r.bytes -= int64(n)
	return r.fields >= 0 && r.bytes >= 0
}

func (s *Server) readParts(req *request, most int) error {
	r := req.Request()
	parts, err := r.MultipartReader()
	if errors.Is(err, http.ErrNotMultipart) {
		b := bodyOf(req)
		if b != nil {
			b.limit = min(b.limit, defaultBodyLimit)
		}
		return readForm(req, maxStaffFields)
	}
	if err != nil {
		return err
	}
	values := url.Values{}
	typed, ours := formAllowance{fields: maxStaffFields, bytes: maxTextBytes}, formAllowance{fields: maxStaffFields, bytes: maxHiddenBytes}
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
			if !left.count(len(name) + len(text)) {
				return errFields
			}
			values.Add(name, string(text))
			continue
		}
		if _, twice := req.files[name]; twice || len(req.files) >= maxFilesOfForm {
			return errFields
		}
		if err := s.receivePart(req, part, most); err != nil {
			return err
		}
	}
}

func (s *Server) receivePart(req *request, part *multipart.Part, most int) error {
	f, err := s.files.CreateTemp()
	if err != nil {
		return err
	}
	req.files[part.FormName()] = formFile{f, part.FileName(), 0, nil}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, sum), io.LimitReader(part, int64(most)+1)) // of one that is too large as much as shows it
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	req.files[part.FormName()] = formFile{f, part.FileName(), n, sum.Sum(nil)}
	return nil
}
