package web

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
)

// serverWithPages is a server that knows its pages only.
func serverWithPages() *Server {
	s := &Server{views: map[string]guard{}}
	for _, r := range Routes {
		if r.Method == get && r.view != nil {
			s.views[r.Path] = r.guard
			s.pagePatterns = append(s.pagePatterns, strings.Split(r.Path, "/"))
		}
	}
	return s
}

// A page is found above any address; however long one is that somebody makes up, looking takes no time.
func TestParentPage(t *testing.T) {
	s, id := serverWithPages(), uuid.NewString()
	for address, want := range map[string]string{
		"":                                      "/",
		"/admin/people":                         "/admin/people",
		"/admin/people/" + id + "/disable":      "/admin/people/" + id,
		"/admin/people/nobody/disable":          "/admin/people",
		"/faq?q=x&changed=2":                    "/faq?q=x",
		"https://elsewhere.example/admin/x":     "/admin",
		"/nowhere":                              "/",
		strings.Repeat("/", 8000):               "/",
		"/admin" + strings.Repeat("/x", 13):     "/",
		"/admin/" + strings.Repeat("x", 600):    "/",
		"/faq?q=" + strings.Repeat("x", 5000):   "/",
		"/" + strings.Repeat("%2F", 1300):       "/",
		"/admin/people/" + id + "/role?saved=1": "/admin/people/" + id,
	} {
		if got := s.pageFor(address); got != want {
			t.Errorf("%.80q: %.80q, not %q", address, got, want)
		}
	}
	if n := testing.AllocsPerRun(1, func() { s.parentPage(strings.Repeat("/x", 100_000)) }); n > 10 {
		t.Errorf("%v allocations for a path without a page", n)
	}
}

// The routes say which pages are drawn again when a form is sent.
func TestPagesWithForms(t *testing.T) {
	s := serverWithPages()
	for path, want := range map[string]bool{"/admin": true, "/faq/:id": true, "/preferences": true, "/faq/export": false, importPath: false,
		"/review": false, "/review/:id/export/:format": false, "/admin/ratings": false, "/desk": false} {
		if got := s.views[path].hasForms; got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}

// What a form has shown is read again only as it was written, for the same person, page and form.
func TestSnapshotRoundTrip(t *testing.T) {
	k := newSnapshotKey("a secret")
	w := snapshot{Fields: map[string][]string{"name": {"Billing"}, "days": {"1", "2"}}, Others: map[string]map[string][]string{"/x": {"a": {"b"}}}}
	text := k.write(w, "olga /admin/groups")
	got := k.read(text, "olga /admin/groups")
	if got == nil || got.Fields["name"][0] != "Billing" || len(got.Fields["days"]) != 2 || got.Others["/x"]["a"][0] != "b" {
		t.Fatalf("%+v", got)
	}
	bomb := func() string { // packed without the key
		var b bytes.Buffer
		z, _ := flate.NewWriter(&b, flate.BestCompression)
		z.Write([]byte(`{"f":{"a":[` + strings.Repeat(`"",`, 1<<20) + `""]}}`))
		z.Close()
		return base64.RawURLEncoding.EncodeToString(append(make([]byte, 32), b.Bytes()...))
	}()
	for name, got := range map[string]*snapshot{
		"another person": k.read(text, "max /admin/groups"), "another page": k.read(text, "olga /admin"), "another key": newSnapshotKey("other").read(text, "olga /admin/groups"),
		"altered": k.read(text[:len(text)-2]+"AA", "olga /admin/groups"), "empty": k.read("", "olga /admin/groups"), "no base64": k.read("!", "olga /admin/groups"),
		"not from here": k.read(bomb, "olga /admin/groups"), "long": k.read(strings.Repeat("A", maxSnapshotField+1), "olga /admin/groups"),
	} {
		if got != nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
	// Of large forms only digests are written; they are compared all the same.
	long := snapshot{Fields: map[string][]string{"name": {"short"}}}
	for i := range 40 {
		long.Fields["answer-"+strconv.Itoa(i)] = []string{strings.Repeat("a line\r\n", 2000) + strconv.Itoa(i)}
	}
	got = k.read(k.write(long, ""), "")
	if got == nil || got.Fields["name"][0] != "short" {
		t.Fatalf("%+v", got)
	}
	for i := range 40 {
		v := strings.Repeat("a line\n", 2000) + strconv.Itoa(i)
		if name := "answer-" + strconv.Itoa(i); !same(got.Fields[name], []string{v}) || !same([]string{v}, got.Fields[name]) || same(got.Fields[name], []string{v + "!"}) {
			t.Errorf("%s is not what it was", name)
		}
	}
}

// The hidden fields of forms do not count toward what a form can have.
func TestHiddenFieldsDoNotCount(t *testing.T) {
	for _, c := range []struct {
		typed, hidden int
		fine          bool
	}{{1000, 0, true}, {defaultBodyLimit - 2000, 200_000, true}, {defaultBodyLimit + 1, 0, false}, {defaultBodyLimit + 1, 200_000, false}, {10, maxHiddenBytes + defaultBodyLimit, false}} {
		form := url.Values{"text": {strings.Repeat("x", c.typed)}, formWas: {strings.Repeat("y", c.hidden)}}.Encode()
		r, w := httptest.NewRequest(http.MethodPost, "/x", nil), httptest.NewRecorder()
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		b := testBody(form)
		r.Body = b
		err := readStaffForm(echo.New().NewContext(r, w))
		if (err == nil) != c.fine || c.fine && len(r.PostForm.Get("text")) != c.typed {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func testBody(text string) *body {
	w := httptest.NewRecorder()
	return &body{source: io.NopCloser(strings.NewReader(text)), control: http.NewResponseController(w), header: w.Header(), routeLimit: defaultBodyLimit, limit: maxAnonymousBody, length: int64(len(text)), budget: newBodyBudget(), network: "n"}
}
