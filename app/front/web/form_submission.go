package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"golang.org/x/net/html"

	"parley/app/platform/fail"
	"parley/app/platform/forms"
	"parley/templates/public"
	"parley/templates/ui"
)

// submission is a form that somebody sends: an id, so that it does its work once, and what was stored when it was shown, so that nobody
// saves over what somebody else has changed meanwhile. Both are in hidden fields that rewrite puts into every form of a page.
type submission struct {
	id, key, page string
	path          string              // to which it is sent
	snapshot      *snapshot           // nil: the form did not say
	snapshotText  string              // the same as it came
	entered       map[string][]string // what it says, without hidden fields of ours
	save          *forms.Submission

	errors    map[string]string // why it was refused, by field
	message   string            // why it was refused as a whole
	stale     *staleError       // why it was refused at last
	duplicate bool              // it was sent before
}

// staleError says that what a form is about was changed, or is gone, since the form was shown.
type staleError struct {
	deleted bool
	current *pageForm
	others  []*pageForm
	changed []string // that are not what they were
}

func (e *staleError) Error() string { return "the form is older than what is stored" }

var (
	errDuplicate   = errors.New("this form was sent before")
	errBadSnapshot = errors.New("what the form says that it showed is not from here")
)

// repeatable are the addresses of forms that do the same however often they are sent.
// An import finds out by itself what is new in a file.
var repeatable = []string{"/login", "/login/organization", "/logout", importPath}

// handleForm is what happens around every form that somebody who is logged in sends.
func (s *Server) handleForm(req *request, h func(*Server, *request) error) error {
	if req.Request().PostForm != nil {
		if err := s.beginForm(req); err != nil {
			return s.finishForm(req, err)
		}
	}
	err := recoverPanics(func(echo.Context) error { return h(s, req) })(req)
	return s.finishForm(req, err)
}

// beginForm looks at a form whose fields have been read. The work of one that was sent before is not done again.
func (s *Server) beginForm(req *request) error {
	r := req.Request()
	given := r.PostForm
	if given.Get(formID) == "" || req.form != nil || slices.Contains(repeatable, r.URL.Path) {
		return nil
	}
	f := &submission{id: given.Get(formID), key: given.Get(formKey), page: given.Get(formPage), path: r.URL.Path, snapshotText: given.Get(formWas), entered: map[string][]string{}}
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

// markSaved tells the page's script that what it has stored of a form was saved.
func (s *Server) markSaved(c echo.Context, id string) {
	name := "saved-" + strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(truncate(id, 32)))
	c.SetCookie(&http.Cookie{Name: name, Value: "1", Path: "/", MaxAge: 600, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(s.cfg.PublicURL, "https://")})
}

// saveLock is which saves wait for each other: those of an organization's management, where one page shows what another changes; elsewhere
// those of a page.
func (req *request) saveLock() string {
	if strings.HasPrefix(req.Request().URL.Path, "/admin/") {
		return ""
	}
	if path := req.Request().URL.Path; path != "/preferences" {
		return path
	}
	return req.ID().String()
}

// hash is the same for two requests of one form with the same fields. Somebody who goes back and writes something else does not send
// the same form again.
func (f *submission) hash(req *request) [32]byte {
	parts := []string{f.id, f.path, req.ID().String()}
	for _, name := range slices.Sorted(maps.Keys(req.files)) {
		parts = append(parts, name, req.files[name].name, string(req.files[name].sum))
	}
	return formHash(req.Request().PostForm, parts...)
}

// formHash is the same for the same fields and parts.
func formHash(fields url.Values, parts ...string) [32]byte {
	h := sha256.New()
	put := func(list ...string) {
		fmt.Fprintf(h, "%d;", len(list))
		for _, s := range list {
			fmt.Fprintf(h, "%d %s ", len(s), s)
		}
	}
	put(parts...)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		put(name)
		put(fields[name]...)
	}
	return [32]byte(h.Sum(nil))
}

func truncate(s string, most int) string { return s[:min(len(s), most)] }

// finishForm ends what begin began.
func (s *Server) finishForm(req *request, err error) error {
	f := req.form
	if f == nil {
		return err
	}
	if errors.Is(err, errBadSnapshot) {
		return s.refuseBadSnapshot(req)
	}
	if f.duplicate {
		if errors.Is(err, errDuplicate) {
			return nil // it is answered
		}
		return err
	}
	if errors.Is(err, forms.ErrDuplicate) { // at the same time as this one
		f.duplicate = true
		return ignoreDuplicate(s.awaitAnswer(req))
	}
	if f.stale != nil && err != nil && !req.Response().Committed {
		return s.refuseStale(req, f.stale)
	}
	if f.save != nil && f.save.Committed() && (err != nil || req.Response().Status >= http.StatusBadRequest) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(req.Request().Context()), 5*time.Second)
		defer cancel()
		if err := s.forms.Discard(ctx, req.Actor, f.save); err != nil {
			slog.Warn("note that a form's work failed", "error", err)
		}
		return err
	}
	if fail.KindOf(err) == fail.NotFound && f.page != "" && !req.Response().Committed {
		return s.refuseStale(req, &staleError{deleted: true})
	}
	if err == nil && req.Response().Status < http.StatusBadRequest {
		to := req.Response().Header().Get("Location")
		if to == "" {
			to = f.page
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(req.Request().Context()), 5*time.Second)
		defer cancel()
		if err := s.forms.RecordAnswer(ctx, req.Actor, f.save, truncate(to, 2000)); err != nil { // the change itself is noted already
			slog.Warn("note how a form was answered", "error", err)
		}
	}
	return err
}

func ignoreDuplicate(err error) error {
	if errors.Is(err, errDuplicate) {
		return nil
	}
	return err
}

// awaitAnswer answers as another request with the same form is, which is being answered just now.
func (s *Server) awaitAnswer(req *request) error {
	ctx := req.Request().Context()
	for range 50 {
		answer, done, err := s.forms.FindAnswer(ctx, req.Actor, req.form.save.Hash)
		if err != nil {
			return err
		}
		if !done {
			return fail.New(fail.Busy, "This form is being saved already. Please try again in a moment.")
		}
		if answer != "" {
			return s.repeatAnswer(req, answer)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return s.repeatAnswer(req, "")
}

// repeatAnswer answers a form that was sent before as it was answered then.
func (s *Server) repeatAnswer(req *request, answer string) error {
	s.markSaved(req, req.form.id)
	if req.Request().Header.Get("HX-Request") != "" {
		if err := req.NoContent(http.StatusNoContent); err != nil {
			return err
		}
		return errDuplicate
	}
	if answer == "" {
		answer = req.form.page
	}
	if !isLocalAddress(answer) {
		answer = "/"
	}
	if err := req.Redirect(http.StatusSeeOther, answer); err != nil {
		return err
	}
	return errDuplicate
}

// currentForms returns the forms of a page as they are stored now; in the transaction to which the context belongs, if there is one.
func (s *Server) currentForms(ctx context.Context, req *request, page string) ([]*pageForm, error) {
	text, path, err := s.renderPage(ctx, req, page)
	if err != nil {
		return nil, err
	}
	return parseForms(path, text), nil
}

// renderPage draws a page for who sends a form.
func (s *Server) renderPage(ctx context.Context, req *request, address string) (text, path string, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Host != "" || !strings.HasPrefix(u.Path, "/") || len(u.Path) > maxPathLength {
		return "", "", fail.Missing("page")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.RequestURI(), http.NoBody)
	if err != nil {
		return "", "", fail.Missing("page")
	}
	r.Host, r.RemoteAddr = req.Request().Host, req.Request().RemoteAddr
	c := req.Echo().NewContext(r, httptest.NewRecorder())
	req.Echo().Router().Find(http.MethodGet, u.Path, c)
	page, there := s.views[c.Path()]
	if !there || !page.hasForms || !req.Actor.Can(page.action) {
		return "", "", fail.Missing("page")
	}
	seen := &request{Context: c, TeamMember: req.TeamMember, sessionKey: req.sessionKey, renderOnly: true}
	if err := page.view(s, seen); err != nil {
		return "", "", err
	}
	return seen.rendered, u.Path, nil
}

func findForm(list []*pageForm, key string) *pageForm {
	for _, f := range list {
		if f.key == key {
			return f
		}
	}
	return nil
}

// formsDeletedBy returns the forms of a page about what a form deletes: their addresses are at or below its own without /remove.
func formsDeletedBy(list []*pageForm, action string) (others []*pageForm) {
	object, is := strings.CutSuffix(action, "/remove")
	if !is {
		return nil
	}
	for _, f := range list {
		if f.action != action && (f.action == object || f.key == object || strings.HasPrefix(f.action, object+"/")) && len(f.fields) > 0 {
			others = append(others, f)
		}
	}
	return others
}

// checkSnapshot finds out whether a form is still good, and which fields it changes.
func (s *Server) checkSnapshot(ctx context.Context, req *request) ([]string, error) {
	f := req.form
	if f.page == "" || f.snapshot == nil {
		return nil, nil
	}
	stale := func(e *staleError) ([]string, error) {
		f.stale = e
		return nil, e
	}
	list, err := s.currentForms(ctx, req, f.page)
	if kind := fail.KindOf(err); err != nil && (kind == fail.NotFound || kind == fail.Forbidden) {
		return stale(&staleError{deleted: true})
	}
	if err != nil {
		return nil, fmt.Errorf("see what is stored: %w", err)
	}
	now := findForm(list, f.key)
	if now == nil {
		return stale(&staleError{deleted: true})
	}
	e := &staleError{current: now, changed: changedFields(f.snapshot.Fields, now, f.entered)}
	for _, o := range formsDeletedBy(list, now.action) {
		if was, there := f.snapshot.Others[o.key]; there && len(changedFields(was, o, nil)) > 0 {
			e.others = append(e.others, o)
		}
	}
	if len(e.changed) > 0 || len(e.others) > 0 {
		return stale(e)
	}
	var fields []string
	for _, name := range now.names {
		if now.fields[name].versionOf == "" && !same(f.entered[name], now.fields[name].values) {
			fields = append(fields, name)
		}
	}
	return fields, nil
}

// changedFields lists the fields that are not what they were, but for those that are what was typed. typed nil: nothing was.
func changedFields(was map[string][]string, now *pageForm, typed map[string][]string) (names []string) {
	is := func(name string, stored []string) {
		before, known := was[name]
		if c := now.fields[name]; c != nil && c.versionOf != "" && !slices.Contains(typed[c.versionOf], c.value) {
			return // of what was not chosen
		}
		if same(before, stored) || !known && (now.independentRows || len(strings.Join(stored, "")) == 0) || typed != nil && same(typed[name], stored) {
			return
		}
		names = append(names, name)
	}
	for _, name := range now.names {
		is(name, now.fields[name].values)
	}
	for _, name := range slices.Sorted(maps.Keys(was)) {
		if _, there := now.fields[name]; !there && !now.independentRows && !strings.Contains(name, " ") && strings.Join(was[name], "") != "" {
			is(name, nil)
		}
	}
	return names
}

// useStoredValues puts what is stored in place of what was typed.
func (s *Server) useStoredValues(ctx context.Context, req *request, names []string) error {
	list, err := s.currentForms(ctx, req, req.form.page)
	if err != nil {
		return err
	}
	now := findForm(list, req.form.key)
	if now == nil {
		return nil // that it is gone is said when it is saved
	}
	r := req.Request()
	for _, name := range names {
		values := []string{}
		if c := now.fields[name]; c != nil {
			values = c.values
		}
		delete(r.PostForm, name)
		delete(r.Form, name)
		req.form.entered[name] = values
		if len(values) > 0 {
			r.PostForm[name], r.Form[name] = values, values
		}
	}
	return nil
}

// refuseStale answers a form that is older than what is stored: what was changed, by whom and when, with everything that was typed.
func (s *Server) refuseStale(req *request, e *staleError) error {
	f, ctx := req.form, forms.WithoutSubmission(req.Request().Context())
	var since time.Time
	var about, fields []string
	if f.snapshot != nil { // else it is not known whether who sends it has ever seen it
		since, about = f.snapshot.At.Add(-clockSkew), []string{f.path, f.key, pathOf(f.page), pathOf(f.page) + "/remove", f.key + "/remove"}
	}
	for _, name := range e.changed {
		if hasID(name) {
			fields = append(fields, name)
		}
	}
	for _, o := range e.others {
		about = append(about, o.action)
	}
	if e.current != nil {
		about = append(about, e.current.action)
		for _, name := range e.changed {
			if c := e.current.fields[name]; c != nil && c.versionOf != "" {
				about = append(about, pathOf(f.page)+"/"+c.value)
			}
		}
	}
	var edits []forms.Edit
	if f.snapshot != nil {
		var err error
		if edits, err = s.forms.ListEdits(ctx, req.Actor, since, about, fields); err != nil {
			return err
		}
	}
	who := func(matches func(forms.Edit) bool) public.Author {
		for _, x := range edits {
			if matches(x) {
				return req.author(x)
			}
		}
		return public.Author{}
	}
	if e.deleted {
		by := who(func(x forms.Edit) bool { return strings.HasSuffix(x.Form, "/remove") })
		return s.render(req, http.StatusNotFound, public.Deleted(by, f.enteredFields(), s.parentPage(f.page)))
	}
	by := who(func(forms.Edit) bool { return true })
	c := public.Changes{By: by, Deletes: strings.HasSuffix(f.path, "/remove")}
	for _, name := range e.changed {
		field := e.current.fields[name]
		if field == nil {
			field = &formField{name: name, label: name}
		}
		change := public.Change{Field: name, Label: field.label, Before: field.display(f.snapshot.Fields[name]), After: field.display(field.values),
			By: who(func(x forms.Edit) bool { return slices.Contains(x.Fields, name) })}
		if field.versionOf != "" {
			c.Fields = append(c.Fields, public.Change{Label: field.label, Before: "as you saw it", After: "changed", By: who(func(x forms.Edit) bool { return strings.HasSuffix(x.Form, field.value) })})
			continue
		}
		_, wasThere := f.snapshot.Fields[name]
		change.Edited = e.current.fields[name] != nil && !same(f.entered[name], f.snapshot.Fields[name]) && (wasThere || f.entered[name] != nil)
		c.Fields = append(c.Fields, change)
	}
	for _, o := range e.others {
		for _, name := range changedFields(f.snapshot.Others[o.key], o, nil) {
			field := o.fields[name]
			if field == nil {
				field = &formField{name: name, label: name}
			}
			c.Fields = append(c.Fields, public.Change{Label: field.label, Before: field.display(f.snapshot.Others[o.key][name]), After: field.display(field.values),
				By: who(func(x forms.Edit) bool { return x.Form == o.action && slices.Contains(x.Fields, name) })})
		}
	}
	var notice strings.Builder
	if err := public.Stale(c).Render(ctx, &notice); err != nil {
		return err
	}
	text, path, err := s.renderPage(ctx, req, f.page)
	if err != nil {
		return err
	}
	fill := &prefill{entered: f.entered, notice: notice.String(), showsStored: true, skip: func(name string) bool {
		if before, known := f.snapshot.Fields[name]; known {
			return same(f.entered[name], before) // not touched: it shows what is stored
		}
		return f.entered[name] == nil
	}}
	text = rewriteForms(path, text, s.hiddenFields(req, parseForms(path, text), f.page, nil), map[string]*prefill{f.key: fill})
	req.Response().Header().Set("Cache-Control", "no-store")
	return req.HTML(http.StatusConflict, text)
}

// refuseBadSnapshot answers a form that says of itself that it showed what this server has not shown to who sends it. Whether somebody else
// has changed something cannot be seen, so the page is shown as it is now, with what was typed.
func (s *Server) refuseBadSnapshot(req *request) error {
	f := req.form
	f.snapshotText = ""
	text, path, err := s.renderPage(forms.WithoutSubmission(req.Request().Context()), req, f.page)
	if err != nil && fail.KindOf(err) != fail.NotFound && fail.KindOf(err) != fail.Forbidden {
		return err
	}
	const words = "This form could not be checked against what is stored now. Nothing was saved. Check what you entered, then save again."
	fill := &prefill{entered: f.entered, showsStored: true, skip: func(name string) bool { return f.entered[name] == nil },
		notice: `<p class="notice bad" role="alert" data-stale tabindex="-1">` + words + `</p>`}
	list := parseForms(path, text)
	if findForm(list, f.key) == nil {
		return fail.New(fail.Conflict, "This form could not be checked against what is stored now, so nothing was saved. Open the page again.")
	}
	text = rewriteForms(path, text, s.hiddenFields(req, list, f.page, nil), map[string]*prefill{f.key: fill})
	req.Response().Header().Set("Cache-Control", "no-store")
	return req.HTML(http.StatusConflict, text)
}

// clockSkew is how far the clocks of servers and of the database may be apart.
const clockSkew = 5 * time.Second

// author says who made a change, and when.
func (req *request) author(x forms.Edit) public.Author {
	a := public.Author{Name: x.ByName, When: ago(time.Since(x.At))}
	if x.By == req.ID() {
		a.Name = "You"
	}
	return a
}

// ago words how long ago something was.
func ago(d time.Duration) string {
	n, unit := int(d.Minutes()), "minute"
	switch {
	case d < time.Minute:
		n, unit = max(1, int(d.Seconds())), "second"
	case d >= 48*time.Hour:
		n, unit = int(d.Hours())/24, "day"
	case d >= time.Hour:
		n, unit = int(d.Hours()), "hour"
	}
	if n != 1 {
		unit += "s"
	}
	return strconv.Itoa(n) + " " + unit + " ago"
}

// hasID reports whether a field's name has the id of what it belongs to: it means the same in other forms.
func hasID(name string) bool {
	return len(name) > 36 && uuid.Validate(name[len(name)-36:]) == nil
}

// enteredFields lists what was typed into a form that cannot be shown any more.
func (f *submission) enteredFields() (list []public.FormField) {
	for _, name := range slices.Sorted(maps.Keys(f.entered)) {
		for _, value := range f.entered[name] {
			if f.snapshot != nil && same([]string{value}, f.snapshot.Fields[name]) || strings.TrimSpace(value) == "" || uuid.Validate(value) == nil || isSecretField(name) {
				continue
			}
			list = append(list, public.FormField{Name: name, Value: value})
		}
	}
	return list
}

func pathOf(page string) string {
	path, _, _ := strings.Cut(page, "?")
	return path
}

// maxPathLength and partsMost bound what is looked at as the path of a page.
const (
	maxPathLength   = 500
	maxPathSegments = 12
)

// splitPath divides the path of an address; nil if there is no page at one like this.
func splitPath(path string) []string {
	if len(path) > maxPathLength || strings.Count(path, "/") > maxPathSegments {
		return nil
	}
	return strings.Split(path, "/")
}

// parentPage is the next page above one.
func (s *Server) parentPage(page string) string {
	parts := splitPath(pathOf(page))
	for n := len(parts) - 1; n > 1; n-- {
		if s.isPage(parts[:n]) {
			return strings.Join(parts[:n], "/")
		}
	}
	return "/"
}

// isPage reports whether there is a page at a path.
func (s *Server) isPage(parts []string) bool {
	for _, pattern := range s.pagePatterns {
		if matchesRoute(pattern, parts) {
			return true
		}
	}
	return false
}

func matchesRoute(p, q []string) bool {
	if len(p) != len(q) {
		return false
	}
	for i := range p {
		if p[i] != q[i] && (!strings.HasPrefix(p[i], ":") || uuid.Validate(q[i]) != nil) {
			return false
		}
	}
	return true
}

// pageFor is the page to go back to from an address that a form may have been sent to.
func (s *Server) pageFor(address string) string {
	u, err := url.Parse(address)
	if err != nil || len(address) > maxAddressLength || !strings.HasPrefix(u.Path, "/") {
		return "/"
	}
	if s.isPage(splitPath(u.Path)) {
		return pageAddress(u)
	}
	return s.parentPage(u.Path)
}

// flashParams are parameters of addresses that say what has just happened.
var flashParams = []string{"saved", "limited", "members", "changed", "removed", "ended"}

// pageAddress is the address of a page without what has just happened.
func pageAddress(u *url.URL) string {
	q := u.Query()
	for _, name := range flashParams {
		q.Del(name)
	}
	if len(q) == 0 {
		return u.Path
	}
	return u.Path + "?" + q.Encode()
}

// prepareForms puts the hidden fields into the forms of a page; into one that was refused, everything that was typed, and why it was refused.
func (s *Server) prepareForms(c echo.Context, status int, text string) string {
	if !strings.Contains(text, `method="post"`) {
		return text
	}
	r := c.Request()
	req, known := c.(*request)
	page := pageAddress(r.URL)
	if r.Method != http.MethodGet {
		page = s.pageFor(r.URL.Path)
	}
	if !known {
		return rewriteForms(r.URL.Path, text, func(_, action string) string {
			if slices.Contains(repeatable, action) {
				return ""
			}
			return hiddenField(formID, rand.Text())
		}, nil)
	}
	var fillings map[string]*prefill
	var posted *submission
	if f := req.form; f != nil && status >= http.StatusBadRequest && f.page != "" {
		page, posted = f.page, f
		fill := &prefill{entered: f.entered, errors: map[string]string{}}
		if f.snapshot != nil {
			fill.skip = func(name string) bool { _, was := f.snapshot.Fields[name]; return !was && f.entered[name] == nil }
		}
		form := findForm(parseForms(pathOf(page), text), f.key)
		var unplaced []string
		for name, message := range f.errors {
			if form != nil && form.fields[name] == nil {
				name = firstFieldOfRow(form, name)
			}
			there := strings.Contains(text, html.EscapeString(message)) || strings.Contains(text, message)
			if there {
				fill.errors[name] = shownInPage
			} else {
				fill.errors[name] = message
			}
			if !there && (form == nil || form.fields[name] == nil) {
				unplaced = append(unplaced, message)
			}
		}
		if f.message != "" && !strings.Contains(text, html.EscapeString(f.message)) && !strings.Contains(text, f.message) {
			unplaced = append(unplaced, f.message)
		}
		slices.Sort(unplaced)
		for _, message := range unplaced {
			fill.notice += `<p class="notice bad" role="alert">` + html.EscapeString(message) + `</p>`
		}
		fillings = map[string]*prefill{f.key: fill}
	}
	return rewriteForms(pathOf(page), text, s.hiddenFields(req, parseForms(pathOf(page), text), page, posted), fillings)
}

// firstFieldOfRow is the first field of a row for which an error is given, such as 2-text for greeting-2; else the name itself.
func firstFieldOfRow(form *pageForm, name string) string {
	at := strings.LastIndexByte(name, '-')
	if _, err := strconv.Atoi(name[at+1:]); at < 0 || err != nil {
		return name
	}
	for _, field := range form.names {
		if strings.HasPrefix(field, name[at+1:]+"-") {
			return field
		}
	}
	return name
}

// hiddenFields returns what makes the hidden fields of a page's forms. A form that was refused is still as old as it was.
func (s *Server) hiddenFields(req *request, list []*pageForm, page string, posted *submission) func(key, action string) string {
	now := time.Now()
	return func(key, action string) string {
		if slices.Contains(repeatable, action) {
			return ""
		}
		out := hiddenField(formID, rand.Text()) + hiddenField(formPage, page) + hiddenField(formKey, key)
		if posted != nil && posted.key == key {
			out = strings.Replace(out, "<input", "<input data-refused", 1)
			if posted.snapshotText != "" {
				return out + hiddenField(formWas, posted.snapshotText)
			}
		}
		form := findForm(list, key)
		if form == nil {
			return out
		}
		w := snapshot{At: now, Fields: form.values()}
		for _, o := range formsDeletedBy(list, action) {
			if w.Others == nil {
				w.Others = map[string]map[string][]string{}
			}
			w.Others[o.key] = o.values()
		}
		return out + hiddenField(formWas, s.snapshotKey.write(w, req.snapshotScope(page, key)))
	}
}

func hiddenField(name, value string) string {
	return `<input type="hidden" name="` + name + `" value="` + html.EscapeString(value) + `" autocomplete="off">`
}

// recordRefusal notes why a form was refused, for the page that shows it again.
func recordRefusal(c echo.Context, f ui.Form) {
	if req, known := c.(*request); known && req.form != nil {
		req.form.errors, req.form.message = f.Errors, f.Message
	}
}

// isFinalRefusal reports whether a refusal is one that no form shows: the work was done already, or the form is old.
func isFinalRefusal(c echo.Context, err error) bool {
	req, known := c.(*request)
	return known && req.form != nil && (req.form.stale != nil || req.form.duplicate || errors.Is(err, forms.ErrDuplicate))
}
