// Package upload takes in the files of team members and visitors, and hands them out.
//
// Owns: how a file comes with a request and leaves with an answer.
//
// Must not touch: what a file is for, and who may send one; it asks package files for everything that is stored.
//
// Always true: a browser runs nothing of a file that is handed out.
package upload

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"parley/app/domain/files"
	"parley/app/front/web/body"
	"parley/app/front/web/page"
	"parley/app/platform/access"
	"parley/app/platform/bidi"
	"parley/app/platform/fail"
)

// Service receives and sends files.
type Service struct {
	files *files.Service
	links files.Links
	slots *body.Slots
}

// New returns a Service. links verifies links to files; slots bounds how many files come in at once.
func New(f *files.Service, links files.Links, slots *body.Slots) *Service {
	return &Service{files: f, links: links, slots: slots}
}

// Receive passes the file that is the body of a request on to store, in one of the slots that the keys have. The errors are those of store;
// fail.Invalid if the file is empty, too large or not whole; fail.Busy if no slot is free or it comes too slowly.
func (s *Service) Receive(c echo.Context, actor access.Actor, in files.Upload, keys body.Keys, store func(files.Upload) error) error {
	b := body.Of(c)
	if b == nil {
		return fail.New(fail.Invalid, "“%s” is empty. Choose another file.", bidi.Isolate(in.Name)).WithReason("empty")
	}
	if b.Length() > int64(in.MaxBytes) {
		b.CloseConnection()
		return files.TooLarge(in.Name, in.MaxBytes)
	}
	release, err := s.slots.Acquire(keys)
	if err != nil {
		b.CloseConnection()
		return err
	}
	defer release()
	if err := b.RaiseLimit(int64(in.MaxBytes) + 1); err != nil {
		return err
	}
	b.LimitSpeed(s.slots, actor.Org())
	in.Content, in.Size = b, max(0, b.Length())
	err = store(in)
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil || fail.As(err) != nil:
	case errors.As(err, &tooLarge):
		err = files.TooLarge(in.Name, in.MaxBytes)
	case b.IsTruncated():
		err = fail.New(fail.Invalid, "The file did not arrive completely. Send it again.").WithReason("damaged")
	}
	return err
}

// FormFile returns a file of a form that ReadMultipart has read; nil if none was chosen.
func FormFile(req *page.Request, field string) *files.Upload {
	from, there := req.Files[field]
	if !there {
		return nil
	}
	return &files.Upload{Name: from.FileName, Content: from, Size: from.Size}
}

// Categories returns the kinds of files that a website's settings name.
func Categories(names []string) []files.Category {
	list := make([]files.Category, len(names))
	for i, n := range names {
		list[i] = files.Category(n)
	}
	return list
}
