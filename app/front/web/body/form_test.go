package body

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
)

// The hidden fields of forms do not count toward what a form can have.
func TestHiddenFieldsDoNotCount(t *testing.T) {
	const maxHidden = 576 << 10
	for _, c := range []struct {
		typed, hidden int
		fine          bool
	}{
		{1000, 0, true},
		{DefaultLimit - 2000, 200_000, true},
		{DefaultLimit + 1, 0, false},
		{DefaultLimit + 1, 200_000, false},
		{10, maxHidden + DefaultLimit, false},
	} {
		form := url.Values{"text": {strings.Repeat("x", c.typed)}, "_was": {strings.Repeat("y", c.hidden)}}.Encode()
		r, w := httptest.NewRequest(http.MethodPost, "/x", nil), httptest.NewRecorder()
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		b := testBody(form)
		r.Body = b
		err := ReadStaffForm(echo.New().NewContext(r, w), maxHidden)
		if (err == nil) != c.fine || c.fine && len(r.PostForm.Get("text")) != c.typed {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func testBody(text string) *Body {
	w := httptest.NewRecorder()
	return &Body{
		source:     io.NopCloser(strings.NewReader(text)),
		control:    http.NewResponseController(w),
		header:     w.Header(),
		routeLimit: DefaultLimit,
		limit:      MaxAnonymous,
		length:     int64(len(text)),
		budget:     NewBudget(),
		network:    "n",
	}
}
