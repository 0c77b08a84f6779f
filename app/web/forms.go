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

	"parley/app/fail"
	"parley/app/forms"
	"parley/templates/public"
	"parley/templates/ui"
)

// submission is a form that somebody sends: an id, so that it does its work once, and what was stored when it was shown, so that nobody
// saves over what somebody else has changed meanwhile. Both are in hidden fields that rewrite puts into every form of a page.
type submission struct {
	id, key, page string
	path          string              // to which it is sent
	was           *shown              // nil: the form did not say
	wasText       string              // the same as it came
	typed         map[string][]string // what it says, without hidden fields of ours
	save          *forms.Save

	errors  map[string]string // why it was refused, by field
	message string            // why it was refused as a whole
	stale   *staleError       // why it was refused at last
	sent    bool              // it was sent before
}

// staleError says that what a form is about was changed, or is gone, since the form was shown.
type staleError struct {
	gone   bool
	now    *pageForm
	others []*pageForm
	fields []string // that are not what they were
}

func (e *staleError) Error() string { return "the form is older than what is stored" }

var (
	errSent   = errors.New("this form was sent before")
	errUnread = errors.New("what the form says that it showed is not from here")
)

// unnumbered are the addresses of forms that do the same however often they are sent.
// An import finds out by itself what is new in a file.
var unnumbered = []string{"/login", "/login/organization", "/logout", importPath}

// saving is what happens around every form that somebody who is logged in sends.
func (s *Server) saving(v *visit, h func(*Server, *visit) error) error {
	if v.Request().PostForm != nil {
		if err := s.begin(v); err != nil {
			return s.settle(v, err)
		}
	}
	err := recovered(func(echo.Context) error { return h(s, v) })(v)
	return s.settle(v, err)
}

// begin looks at a form whose fields have been read. The work of one that was sent before is not done again.
func (s *Server) begin(v *visit) error {
	r := v.Request()
	given := r.PostForm
	if given.Get(formID) == "" || v.form != nil || slices.Contains(unnumbered, r.URL.Path) {
		return nil
	}
	f := &submission{id: given.Get(formID), key: given.Get(formKey), page: given.Get(formPage), path: r.URL.Path, wasText: given.Get(formWas), typed: map[string][]string{}}
	v.form = f
	v.Set(contextForm, f)
	for name, values := range given {
		if !strings.HasPrefix(name, "_") {
			f.typed[name] = values
		}
	}
	if f.wasText != "" {
		if f.was = s.shown.read(f.wasText, v.shownTo(f.page, f.key)); f.was == nil {
			return errUnread
		}
	}
	ctx := r.Context()
	f.save = &forms.Save{Form: cutTo(f.path, 500), Lock: v.lock(), Hash: f.hash(v)}
	answer, done, err := s.forms.Answer(ctx, v.Actor, f.save.Hash)
	if err != nil {
		return err
	}
	if done {
		f.sent = true
		if answer == "" {
			return s.awaitAnswer(v)
		}
		return s.again(v, answer)
	}
	if theirs := given[useTheir]; len(theirs) > 0 {
		if err := s.takeTheirs(ctx, v, theirs); err != nil {
			return err
		}
	}
	f.save.Check = func(ctx context.Context) ([]string, error) { return s.checkShown(ctx, v) }
	v.SetRequest(r.WithContext(s.forms.Begin(ctx, v.Actor, f.save)))
	v.Response().Before(func() {
		if v.Response().Status < http.StatusBadRequest {
			s.markSaved(v, f.id)
		}
	})
	return nil
}

// contextForm has the form that a request saves.
const contextForm = "form"

// partlyDone reports whether something that the form of a request changes is committed.
func partlyDone(c echo.Context) bool {
	f, is := c.Get(contextForm).(*submission)
	return is && f.save != nil && f.save.Done()
}

// markSaved tells the page's script that what it has stored of a form was saved.
func (s *Server) markSaved(c echo.Context, id string) {
	name := "saved-" + strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(cutTo(id, 32)))
	c.SetCookie(&http.Cookie{Name: name, Value: "1", Path: "/", MaxAge: 600, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(s.cfg.PublicURL, "https://")})
}

// lock is which saves wait for each other: those of an organization's management, where one page shows what another changes; elsewhere
// those of a page.
func (v *visit) lock() string {
	if strings.HasPrefix(v.Request().URL.Path, "/admin/") {
		return ""
	}
	if path := v.Request().URL.Path; path != "/preferences" {
		return path
	}
	return v.ID().String()
}

// hash is the same for two requests of one form with the same fields. Somebody who goes back and writes something else does not send
// the same form again.
func (f *submission) hash(v *visit) [32]byte {
	parts := []string{f.id, f.path, v.ID().String()}
	for _, name := range slices.Sorted(maps.Keys(v.sent)) {
		parts = append(parts, name, v.sent[name].name, string(v.sent[name].sum))
	}
	return formHash(v.Request().PostForm, parts...)
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

func cutTo(s string, most int) string { return s[:min(len(s), most)] }

// settle ends what begin began.
func (s *Server) settle(v *visit, err error) error {
	f := v.form
	if f == nil {
		return err
	}
	if errors.Is(err, errUnread) {
		return s.refuseUnread(v)
	}
	if f.sent {
		if errors.Is(err, errSent) {
			return nil // it is answered
		}
		return err
	}
	if errors.Is(err, forms.ErrSent) { // at the same time as this one
		f.sent = true
		return ignoreSent(s.awaitAnswer(v))
	}
	if f.stale != nil && err != nil && !v.Response().Committed {
		return s.refuseStale(v, f.stale)
	}
	if f.save != nil && f.save.Done() && (err != nil || v.Response().Status >= http.StatusBadRequest) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(v.Request().Context()), 5*time.Second)
		defer cancel()
		if err := s.forms.Forget(ctx, v.Actor, f.save); err != nil {
			slog.Warn("note that a form's work failed", "error", err)
		}
		return err
	}
	if fail.KindOf(err) == fail.NotFound && f.page != "" && !v.Response().Committed {
		return s.refuseStale(v, &staleError{gone: true})
	}
	if err == nil && v.Response().Status < http.StatusBadRequest {
		to := v.Response().Header().Get("Location")
		if to == "" {
			to = f.page
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(v.Request().Context()), 5*time.Second)
		defer cancel()
		if err := s.forms.End(ctx, v.Actor, f.save, cutTo(to, 2000)); err != nil { // the change itself is noted already
			slog.Warn("note how a form was answered", "error", err)
		}
	}
	return err
}

func ignoreSent(err error) error {
	if errors.Is(err, errSent) {
		return nil
	}
	return err
}

// awaitAnswer answers as another request with the same form is, which is being answered just now.
func (s *Server) awaitAnswer(v *visit) error {
	ctx := v.Request().Context()
	for range 50 {
		answer, done, err := s.forms.Answer(ctx, v.Actor, v.form.save.Hash)
		if err != nil {
			return err
		}
		if !done {
			return fail.New(fail.Busy, "This form is being saved already. Please try again in a moment.")
		}
		if answer != "" {
			return s.again(v, answer)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return s.again(v, "")
}

// again answers a form that was sent before as it was answered then.
func (s *Server) again(v *visit, answer string) error {
	s.markSaved(v, v.form.id)
	if v.Request().Header.Get("HX-Request") != "" {
		if err := v.NoContent(http.StatusNoContent); err != nil {
			return err
		}
		return errSent
	}
	if answer == "" {
		answer = v.form.page
	}
	if !ownAddress(answer) {
		answer = "/"
	}
	if err := v.Redirect(http.StatusSeeOther, answer); err != nil {
		return err
	}
	return errSent
}

// stored returns the forms of a page as they are stored now; in the transaction to which the context belongs, if there is one.
func (s *Server) stored(ctx context.Context, v *visit, page string) ([]*pageForm, error) {
	text, path, err := s.drawn(ctx, v, page)
	if err != nil {
		return nil, err
	}
	return formsOf(path, text), nil
}

// drawn draws a page for who sends a form.
func (s *Server) drawn(ctx context.Context, v *visit, address string) (text, path string, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Host != "" || !strings.HasPrefix(u.Path, "/") || len(u.Path) > pathMost {
		return "", "", fail.Missing("page")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.RequestURI(), http.NoBody)
	if err != nil {
		return "", "", fail.Missing("page")
	}
	r.Host, r.RemoteAddr = v.Request().Host, v.Request().RemoteAddr
	c := v.Echo().NewContext(r, httptest.NewRecorder())
	v.Echo().Router().Find(http.MethodGet, u.Path, c)
	page, there := s.views[c.Path()]
	if !there || !page.forms || !v.Actor.May(page.right) {
		return "", "", fail.Missing("page")
	}
	seen := &visit{Context: c, Person: v.Person, login: v.login, drawing: true}
	if err := page.view(s, seen); err != nil {
		return "", "", err
	}
	return seen.drawn, u.Path, nil
}

func find(list []*pageForm, key string) *pageForm {
	for _, f := range list {
		if f.key == key {
			return f
		}
	}
	return nil
}

// removes returns the forms of a page about what a form deletes: their addresses are at or below its own without /remove.
func removes(list []*pageForm, action string) (others []*pageForm) {
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

// checkShown finds out whether a form is still good, and which fields it changes.
func (s *Server) checkShown(ctx context.Context, v *visit) ([]string, error) {
	f := v.form
	if f.page == "" || f.was == nil {
		return nil, nil
	}
	stale := func(e *staleError) ([]string, error) {
		f.stale = e
		return nil, e
	}
	list, err := s.stored(ctx, v, f.page)
	if kind := fail.KindOf(err); err != nil && (kind == fail.NotFound || kind == fail.Forbidden) {
		return stale(&staleError{gone: true})
	}
	if err != nil {
		return nil, fmt.Errorf("see what is stored: %w", err)
	}
	now := find(list, f.key)
	if now == nil {
		return stale(&staleError{gone: true})
	}
	e := &staleError{now: now, fields: changedFields(f.was.Fields, now, f.typed)}
	for _, o := range removes(list, now.action) {
		if was, there := f.was.Others[o.key]; there && len(changedFields(was, o, nil)) > 0 {
			e.others = append(e.others, o)
		}
	}
	if len(e.fields) > 0 || len(e.others) > 0 {
		return stale(e)
	}
	var fields []string
	for _, name := range now.names {
		if now.fields[name].of == "" && !same(f.typed[name], now.fields[name].values) {
			fields = append(fields, name)
		}
	}
	return fields, nil
}

// changedFields lists the fields that are not what they were, but for those that are what was typed. typed nil: nothing was.
func changedFields(was map[string][]string, now *pageForm, typed map[string][]string) (names []string) {
	is := func(name string, stored []string) {
		before, known := was[name]
		if c := now.fields[name]; c != nil && c.of != "" && !slices.Contains(typed[c.of], c.value) {
			return // of what was not chosen
		}
		if same(before, stored) || !known && (now.rows || len(strings.Join(stored, "")) == 0) || typed != nil && same(typed[name], stored) {
			return
		}
		names = append(names, name)
	}
	for _, name := range now.names {
		is(name, now.fields[name].values)
	}
	for _, name := range slices.Sorted(maps.Keys(was)) {
		if _, there := now.fields[name]; !there && !now.rows && !strings.Contains(name, " ") && strings.Join(was[name], "") != "" {
			is(name, nil)
		}
	}
	return names
}

// takeTheirs puts what is stored in place of what was typed.
func (s *Server) takeTheirs(ctx context.Context, v *visit, names []string) error {
	list, err := s.stored(ctx, v, v.form.page)
	if err != nil {
		return err
	}
	now := find(list, v.form.key)
	if now == nil {
		return nil // that it is gone is said when it is saved
	}
	r := v.Request()
	for _, name := range names {
		values := []string{}
		if c := now.fields[name]; c != nil {
			values = c.values
		}
		delete(r.PostForm, name)
		delete(r.Form, name)
		v.form.typed[name] = values
		if len(values) > 0 {
			r.PostForm[name], r.Form[name] = values, values
		}
	}
	return nil
}

// refuseStale answers a form that is older than what is stored: what was changed, by whom and when, with everything that was typed.
func (s *Server) refuseStale(v *visit, e *staleError) error {
	f, ctx := v.form, forms.Beside(v.Request().Context())
	var since time.Time
	var about, fields []string
	if f.was != nil { // else it is not known whether who sends it has ever seen it
		since, about = f.was.At.Add(-clockSkew), []string{f.path, f.key, pathOf(f.page), pathOf(f.page) + "/remove", f.key + "/remove"}
	}
	for _, name := range e.fields {
		if hasID(name) {
			fields = append(fields, name)
		}
	}
	for _, o := range e.others {
		about = append(about, o.action)
	}
	if e.now != nil {
		about = append(about, e.now.action)
		for _, name := range e.fields {
			if c := e.now.fields[name]; c != nil && c.of != "" {
				about = append(about, pathOf(f.page)+"/"+c.value)
			}
		}
	}
	var edits []forms.Edit
	if f.was != nil {
		var err error
		if edits, err = s.forms.Edits(ctx, v.Actor, since, about, fields); err != nil {
			return err
		}
	}
	who := func(matches func(forms.Edit) bool) public.Author {
		for _, x := range edits {
			if matches(x) {
				return v.author(x)
			}
		}
		return public.Author{}
	}
	if e.gone {
		by := who(func(x forms.Edit) bool { return strings.HasSuffix(x.Form, "/remove") })
		return s.draw(v, http.StatusNotFound, public.Gone(by, f.forReading(), s.upward(f.page)))
	}
	by := who(func(forms.Edit) bool { return true })
	c := public.Changes{By: by, Deletes: strings.HasSuffix(f.path, "/remove")}
	for _, name := range e.fields {
		field := e.now.fields[name]
		if field == nil {
			field = &control{name: name, label: name}
		}
		change := public.Change{Field: name, Label: field.label, Before: field.show(f.was.Fields[name]), After: field.show(field.values),
			By: who(func(x forms.Edit) bool { return slices.Contains(x.Fields, name) })}
		if field.of != "" {
			c.Fields = append(c.Fields, public.Change{Label: field.label, Before: "as you saw it", After: "changed", By: who(func(x forms.Edit) bool { return strings.HasSuffix(x.Form, field.value) })})
			continue
		}
		_, wasThere := f.was.Fields[name]
		change.Mine = e.now.fields[name] != nil && !same(f.typed[name], f.was.Fields[name]) && (wasThere || f.typed[name] != nil)
		c.Fields = append(c.Fields, change)
	}
	for _, o := range e.others {
		for _, name := range changedFields(f.was.Others[o.key], o, nil) {
			field := o.fields[name]
			if field == nil {
				field = &control{name: name, label: name}
			}
			c.Fields = append(c.Fields, public.Change{Label: field.label, Before: field.show(f.was.Others[o.key][name]), After: field.show(field.values),
				By: who(func(x forms.Edit) bool { return x.Form == o.action && slices.Contains(x.Fields, name) })})
		}
	}
	var notice strings.Builder
	if err := public.Stale(c).Render(ctx, &notice); err != nil {
		return err
	}
	text, path, err := s.drawn(ctx, v, f.page)
	if err != nil {
		return err
	}
	fill := &filling{typed: f.typed, notice: notice.String(), stored: true, leave: func(name string) bool {
		if before, known := f.was.Fields[name]; known {
			return same(f.typed[name], before) // not touched: it shows what is stored
		}
		return f.typed[name] == nil
	}}
	text = rewrite(path, text, s.hiddenOf(v, formsOf(path, text), f.page, nil), map[string]*filling{f.key: fill})
	v.Response().Header().Set("Cache-Control", "no-store")
	return v.HTML(http.StatusConflict, text)
}

// refuseUnread answers a form that says of itself that it showed what this server has not shown to who sends it. Whether somebody else
// has changed something cannot be seen, so the page is shown as it is now, with what was typed.
func (s *Server) refuseUnread(v *visit) error {
	f := v.form
	f.wasText = ""
	text, path, err := s.drawn(forms.Beside(v.Request().Context()), v, f.page)
	if err != nil && fail.KindOf(err) != fail.NotFound && fail.KindOf(err) != fail.Forbidden {
		return err
	}
	const words = "This form could not be checked against what is stored now. Nothing was saved. Check what you entered, then save again."
	fill := &filling{typed: f.typed, stored: true, leave: func(name string) bool { return f.typed[name] == nil },
		notice: `<p class="notice bad" role="alert" data-stale tabindex="-1">` + words + `</p>`}
	list := formsOf(path, text)
	if find(list, f.key) == nil {
		return fail.New(fail.Conflict, "This form could not be checked against what is stored now, so nothing was saved. Open the page again.")
	}
	text = rewrite(path, text, s.hiddenOf(v, list, f.page, nil), map[string]*filling{f.key: fill})
	v.Response().Header().Set("Cache-Control", "no-store")
	return v.HTML(http.StatusConflict, text)
}

// clockSkew is how far the clocks of servers and of the database may be apart.
const clockSkew = 5 * time.Second

// author says who made a change, and when.
func (v *visit) author(x forms.Edit) public.Author {
	a := public.Author{Name: x.ByName, When: ago(time.Since(x.At))}
	if x.By == v.ID() {
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

// forReading lists what was typed into a form that cannot be shown any more.
func (f *submission) forReading() (list []public.AgainField) {
	for _, name := range slices.Sorted(maps.Keys(f.typed)) {
		for _, value := range f.typed[name] {
			if f.was != nil && same([]string{value}, f.was.Fields[name]) || strings.TrimSpace(value) == "" || uuid.Validate(value) == nil || secretName(name) {
				continue
			}
			list = append(list, public.AgainField{Name: name, Value: value})
		}
	}
	return list
}

func pathOf(page string) string {
	path, _, _ := strings.Cut(page, "?")
	return path
}

// pathMost and partsMost bound what is looked at as the path of a page.
const (
	pathMost  = 500
	partsMost = 12
)

// partsOf divides the path of an address; nil if there is no page at one like this.
func partsOf(path string) []string {
	if len(path) > pathMost || strings.Count(path, "/") > partsMost {
		return nil
	}
	return strings.Split(path, "/")
}

// upward is the next page above one.
func (s *Server) upward(page string) string {
	parts := partsOf(pathOf(page))
	for n := len(parts) - 1; n > 1; n-- {
		if s.isView(parts[:n]) {
			return strings.Join(parts[:n], "/")
		}
	}
	return "/"
}

// isView reports whether there is a page at a path.
func (s *Server) isView(parts []string) bool {
	for _, pattern := range s.patterns {
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

// pageAt is the page to go back to from an address that a form may have been sent to.
func (s *Server) pageAt(address string) string {
	u, err := url.Parse(address)
	if err != nil || len(address) > addressMost || !strings.HasPrefix(u.Path, "/") {
		return "/"
	}
	if s.isView(partsOf(u.Path)) {
		return pageAddress(u)
	}
	return s.upward(u.Path)
}

// passing are parameters of addresses that say what has just happened.
var passing = []string{"saved", "limited", "members", "changed", "removed", "ended"}

// pageAddress is the address of a page without what has just happened.
func pageAddress(u *url.URL) string {
	q := u.Query()
	for _, name := range passing {
		q.Del(name)
	}
	if len(q) == 0 {
		return u.Path
	}
	return u.Path + "?" + q.Encode()
}

// dress puts the hidden fields into the forms of a page; into one that was refused, everything that was typed, and why it was refused.
func (s *Server) dress(c echo.Context, status int, text string) string {
	if !strings.Contains(text, `method="post"`) {
		return text
	}
	r := c.Request()
	v, known := c.(*visit)
	page := pageAddress(r.URL)
	if r.Method != http.MethodGet {
		page = s.pageAt(r.URL.Path)
	}
	if !known {
		return rewrite(r.URL.Path, text, func(_, action string) string {
			if slices.Contains(unnumbered, action) {
				return ""
			}
			return hiddenField(formID, rand.Text())
		}, nil)
	}
	var fillings map[string]*filling
	var posted *submission
	if f := v.form; f != nil && status >= http.StatusBadRequest && f.page != "" {
		page, posted = f.page, f
		fill := &filling{typed: f.typed, errors: map[string]string{}}
		if f.was != nil {
			fill.leave = func(name string) bool { _, was := f.was.Fields[name]; return !was && f.typed[name] == nil }
		}
		form := find(formsOf(pathOf(page), text), f.key)
		var unplaced []string
		for name, message := range f.errors {
			if form != nil && form.fields[name] == nil {
				name = firstOfRow(form, name)
			}
			there := strings.Contains(text, html.EscapeString(message)) || strings.Contains(text, message)
			if there {
				fill.errors[name] = said
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
		fillings = map[string]*filling{f.key: fill}
	}
	return rewrite(pathOf(page), text, s.hiddenOf(v, formsOf(pathOf(page), text), page, posted), fillings)
}

// firstOfRow is the first field of a row for which an error is given, such as 2-text for greeting-2; else the name itself.
func firstOfRow(form *pageForm, name string) string {
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

// hiddenOf returns what makes the hidden fields of a page's forms. A form that was refused is still as old as it was.
func (s *Server) hiddenOf(v *visit, list []*pageForm, page string, posted *submission) func(key, action string) string {
	now := time.Now()
	return func(key, action string) string {
		if slices.Contains(unnumbered, action) {
			return ""
		}
		out := hiddenField(formID, rand.Text()) + hiddenField(formPage, page) + hiddenField(formKey, key)
		if posted != nil && posted.key == key {
			out = strings.Replace(out, "<input", "<input data-refused", 1)
			if posted.wasText != "" {
				return out + hiddenField(formWas, posted.wasText)
			}
		}
		form := find(list, key)
		if form == nil {
			return out
		}
		w := shown{At: now, Fields: form.values()}
		for _, o := range removes(list, action) {
			if w.Others == nil {
				w.Others = map[string]map[string][]string{}
			}
			w.Others[o.key] = o.values()
		}
		return out + hiddenField(formWas, s.shown.write(w, v.shownTo(page, key)))
	}
}

func hiddenField(name, value string) string {
	return `<input type="hidden" name="` + name + `" value="` + html.EscapeString(value) + `" autocomplete="off">`
}

// noteRefused notes why a form was refused, for the page that shows it again.
func noteRefused(c echo.Context, f ui.Form) {
	if v, known := c.(*visit); known && v.form != nil {
		v.form.errors, v.form.message = f.Errors, f.Message
	}
}

// ended reports whether a refusal is one that no form shows: the work was done already, or the form is old.
func ended(c echo.Context, err error) bool {
	v, known := c.(*visit)
	return known && v.form != nil && (v.form.stale != nil || v.form.sent || errors.Is(err, forms.ErrSent))
}
