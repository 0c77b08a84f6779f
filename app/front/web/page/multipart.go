package page

import (
	"crypto/sha256"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"strings"

	"parley/app/front/web/body"
)

// Limits of a form with files, besides the bytes of the files.
const (
	maxFilesOfForm  = 100
	maxFieldsOfForm = 10_000
	maxTextBytes    = 256 << 10                 // of what is typed
	maxHiddenBytes  = maxSnapshotField + 64<<10 // of the hidden fields that every form has
)

// File is a file of a form, on this machine's disk.
type File struct {
	*os.File
	FileName string // as the browser calls it
	Size     int64  // bytes
	sum      []byte // SHA-256
}

// ReadMultipart reads a form with files: the files onto this machine's disk, of each at most one byte more than most, the rest into memory.
// Files then has the files; done removes them. One that did not arrive as a whole changes nothing.
func (req *Request) ReadMultipart(most int) (done func(), err error) {
	uploads, org := req.pages.uploads, req.Actor.Org()
	release, err := uploads.Acquire(body.OfMember(org, req.ID()))
	if err != nil {
		return func() {}, err
	}
	defer release()
	req.Files = map[string]File{}
	done = func() {
		for _, f := range req.Files {
			f.Close()
			os.Remove(f.Name())
		}
	}
	body.Of(req).LimitSpeed(uploads, org)
	if err := req.readParts(most); err != nil {
		done()
		return func() {}, body.ReadError(err)
	}
	if err := req.pages.beginForm(req); err != nil {
		done()
		return func() {}, err
	}
	return done, nil
}

// formAllowance is how much of a form may still come.
type formAllowance struct {
	fields int
	bytes  int64
}

// count counts a field of n bytes; false: there are too many.
func (r *formAllowance) count(n int) bool {
	r.fields--
	r.bytes -= int64(n)
	return r.fields >= 0 && r.bytes >= 0
}

func (req *Request) readParts(most int) error {
	r := req.Request()
	parts, err := r.MultipartReader()
	if errors.Is(err, http.ErrNotMultipart) {
		return body.ReadSmallForm(req)
	}
	if err != nil {
		return err
	}
	values := url.Values{}
	typed, ours := formAllowance{fields: maxFieldsOfForm, bytes: maxTextBytes}, formAllowance{fields: maxFieldsOfForm,
		bytes: maxHiddenBytes}
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
				return body.ErrFields
			}
			values.Add(name, string(text))
			continue
		}
		if _, twice := req.Files[name]; twice || len(req.Files) >= maxFilesOfForm {
			return body.ErrFields
		}
		if err := req.readFile(part, most); err != nil {
			return err
		}
	}
}

// readFile writes the file of a part onto the disk; of one that is larger than most as much as shows it.
func (req *Request) readFile(part *multipart.Part, most int) error {
	f, err := req.pages.createTemp()
	if err != nil {
		return err
	}
	req.Files[part.FormName()] = File{File: f, FileName: part.FileName()}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, sum), io.LimitReader(part, int64(most)+1))
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	req.Files[part.FormName()] = File{File: f, FileName: part.FileName(), Size: n, sum: sum.Sum(nil)}
	return nil
}
