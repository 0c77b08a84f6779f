package body

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"parley/app/platform/fail"
)

// ReadAnonymousForm reads the form of a page that everybody can open: 16 KiB and 100 fields at most, and no files.
func ReadAnonymousForm(c echo.Context) error {
	b := Of(c)
	if b == nil {
		return nil
	}
	b.LowerLimit(maxAnonymousForm)
	if b.length > b.limit {
		return b.tooLarge(b.limit)
	}
	if contentType(c) == echo.MIMEMultipartForm {
		return fail.New(fail.Invalid, "This form cannot be read. Reload the page and try again.")
	}
	return readForm(c, maxAnonymousFields)
}

// ReadStaffForm lets somebody who is logged in send what the route takes, and reads a form. A body of a route that takes more than MaxForm
// is left to the handler. hidden is how many bytes the hidden fields of the pages themselves, whose names begin with _, may take besides.
func ReadStaffForm(c echo.Context, hidden int64) error {
	b := Of(c)
	if b != nil && b.routeLimit <= MaxForm && contentType(c) == echo.MIMEApplicationForm {
		most := b.routeLimit
		b.routeLimit += hidden
		if err := b.RaiseLimit(b.routeLimit); err != nil {
			return err
		}
		if err := readForm(c, maxStaffFields); err != nil {
			return err
		}
		if b.read-min(hiddenBytes(c.Request().PostForm), hidden) > most {
			return b.tooLarge(most)
		}
		return nil
	}
	if err := b.RaiseLimit(1 << 40); err != nil || b == nil || b.routeLimit > MaxForm || contentType(c) != echo.MIMEMultipartForm {
		return err
	}
	if err := c.Request().ParseMultipartForm(b.limit); err != nil {
		return ReadError(err)
	}
	return nil
}

// ReadSmallForm reads a form without files at an address that takes files, too: DefaultLimit bytes at most.
func ReadSmallForm(c echo.Context) error {
	Of(c).LowerLimit(DefaultLimit)
	return readForm(c, maxStaffFields)
}

// hiddenBytes returns how many bytes of a form its fields take whose names begin with _.
func hiddenBytes(form url.Values) (n int64) {
	for name, values := range form {
		if strings.HasPrefix(name, "_") {
			for _, v := range values {
				n += int64(len(url.QueryEscape(name)) + len(url.QueryEscape(v)) + 2)
			}
		}
	}
	return n
}

func contentType(c echo.Context) string {
	kind, _, _ := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	return kind
}

// readForm reads a form of so many fields at most: each takes far more memory than bytes.
func readForm(c echo.Context, fields int) error {
	r := c.Request()
	if contentType(c) != echo.MIMEApplicationForm {
		return nil
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return ReadError(err)
	}
	if bytes.Count(raw, []byte("&")) >= fields {
		return ErrFields
	}
	was := r.Body
	r.Body = io.NopCloser(bytes.NewReader(raw))
	r.ParseForm() //nolint:errcheck // fields that cannot be read are not there
	r.Body = was
	return nil
}

// ReadError returns why a body could not be read in words for a person.
func ReadError(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) || fail.As(err) != nil {
		return err
	}
	return errTruncated
}
