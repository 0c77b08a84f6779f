package page

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"parley/app/front/web/body"
	"parley/app/platform/fail"
	"parley/app/platform/forms"
)

// submission is a form that somebody who is logged in sends. Its id makes it do its work once; the snapshot of what was stored when it was
// shown keeps it from saving over what somebody else has changed meanwhile. Both are in hidden fields, see hiddenFields.
type submission struct {
	id, key, page string              // see the hidden fields formID, formKey and formPage
	path          string              // to which it is sent
	snapshot      *snapshot           // nil: the form did not say
	snapshotText  string              // the same as it came
	entered       map[string][]string // its fields, without the hidden ones
	save          *forms.Submission

	errors    map[string]string // why it was refused, by field
	message   string            // why it was refused as a whole
	stale     *staleError       // why it was refused at last
	duplicate bool              // it was sent before
}

var (
	errDuplicate   = errors.New("this form was sent before")
	errBadSnapshot = errors.New("what the form says that it showed is not from here")
)

// repeatable are the addresses of forms that do the same however often they are sent. An import finds out by itself what is new in a file.
var repeatable = []string{"/login", "/login/organization", "/logout", "/faq/import"}

// Handle answers the request by h, around which a form's work is done once, and not at all if it is older than what is stored. The form
// is read before, unless it may be larger than 1 MiB: h does that by ReadMultipart.
func (req *Request) Handle(h Handler) error {
	if err := body.ReadStaffForm(req, maxHiddenBytes); err != nil {
		return err
	}
	if req.Request().Method != http.MethodPost {
		return h(req)
	}
	s := req.pages
	if req.Request().PostForm != nil {
		if err := s.beginForm(req); err != nil {
			return s.finishForm(req, err)
		}
	}
	err := RecoverPanics(func(echo.Context) error { return h(req) })(req)
	return s.finishForm(req, err)
}

// beginForm checks a form whose fields have been read, before its work. It answers one that was sent before, and returns errDuplicate.
func (s *Service) beginForm(req *Request) error {
	r := req.Request()
	given := r.PostForm
	if given.Get(formID) == "" || req.form != nil || slices.Contains(repeatable, r.URL.Path) {
		return nil
	}
	f := &submission{id: given.Get(formID), key: given.Get(formKey), page: given.Get(formPage), path: r.URL.Path,
		snapshotText: given.Get(formWas), entered: map[string][]string{}}
	req.form = f
	req.Set(contextKeyForm, f)
	for name, values := range given {
		if !strings.HasPrefix(name, "_") {
			f.entered[name] = values
		}
	}
	if f.snapshotText != "" {
		if f.snapshot = s.snapshotKey.read(f.snapshotText, req.snapshotScope(f.page, f.key)); f.snapshot == nil {
			return errBadSnapshot
		}
	}
	ctx := r.Context()
	f.save = &forms.Submission{Form: truncate(f.path, 500), Lock: req.saveLock(), Hash: f.hash(req)}
	answer, done, err := s.forms.FindAnswer(ctx, req.Actor, f.save.Hash)
	if err != nil {
		return err
	}
	if done {
		f.duplicate = true
		if answer == "" {
			return s.awaitAnswer(req)
		}
		return s.repeatAnswer(req, answer)
	}
	if theirs := given[formTheirs]; len(theirs) > 0 {
		if err := s.useStoredValues(ctx, req, theirs); err != nil {
			return err
		}
	}
	f.save.Check = func(ctx context.Context) ([]string, error) { return s.checkSnapshot(ctx, req) }
	req.SetRequest(r.WithContext(s.forms.Begin(ctx, req.Actor, f.save)))
	req.Response().Before(func() {
		if req.Response().Status < http.StatusBadRequest {
			s.markSaved(req, f.id)
		}
	})
	return nil
}

// contextKeyForm has the form that a request saves.
const contextKeyForm = "form"

// isPartlySaved reports whether something that the form of a request changes is committed.
func isPartlySaved(c echo.Context) bool {
	f, is := c.Get(contextKeyForm).(*submission)
	return is && f.save != nil && f.save.Committed()
}

// finishForm answers a form whose work has ended with err, and notes how it was answered.
func (s *Service) finishForm(req *Request, err error) error {
	f := req.form
	if f == nil {
		return err
	}
	switch {
	case errors.Is(err, errBadSnapshot):
		return s.refuseBadSnapshot(req)
	case f.duplicate:
		return ignoreDuplicate(err)
	case errors.Is(err, forms.ErrDuplicate): // at the same time as this one
		f.duplicate = true
		return ignoreDuplicate(s.awaitAnswer(req))
	case f.stale != nil && err != nil && !req.Response().Committed:
		return s.refuseStale(req, f.stale)
	case f.save != nil && f.save.Committed() && (err != nil || req.Response().Status >= http.StatusBadRequest):
		s.discard(req)
		return err
	case fail.KindOf(err) == fail.NotFound && f.page != "" && !req.Response().Committed:
		return s.refuseStale(req, &staleError{deleted: true})
	case err == nil && req.Response().Status < http.StatusBadRequest:
		s.recordAnswer(req)
	}
	return err
}

// noteTimeout is the time in which a form's answer is noted, also when the browser has gone.
const noteTimeout = 5 * time.Second

// discard notes that a part of the form's work has failed after another was committed.
func (s *Service) discard(req *Request) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(req.Request().Context()), noteTimeout)
	defer cancel()
	if err := s.forms.Discard(ctx, req.Actor, req.form.save); err != nil {
		slog.Warn("note that a form's work failed", "error", err)
	}
}

// recordAnswer notes where the request was redirected to. If that fails, the change itself is noted already.
func (s *Service) recordAnswer(req *Request) {
	to := req.Response().Header().Get("Location")
	if to == "" {
		to = req.form.page
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(req.Request().Context()), noteTimeout)
	defer cancel()
	if err := s.forms.RecordAnswer(ctx, req.Actor, req.form.save, truncate(to, 2000)); err != nil {
		slog.Warn("note how a form was answered", "error", err)
	}
}
