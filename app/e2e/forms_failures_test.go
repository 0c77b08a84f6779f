package e2e

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"parley/app/platform/access"
	"parley/app/platform/forms"
	"parley/app/platform/pg"
	"parley/app/tools/testkit"
)

// TestImportSentTwice shows that an import that is sent again by the same form, such as of a corrected file, is done
// again.
func TestImportSentTwice(t *testing.T) {
	t.Parallel()
	s, o := startServer(t, nil), testkit.NewOrg(t)
	olga := logInFormClient(t, s, o.Users[access.Owner])
	f := olga.get(s, "/faq/import").form(t, "/faq/import")
	f.values.Set("_form", "as a script numbers it")
	for _, file := range []string{"question,answer\nHow A?,So.\n", "question,answer\nHow B?,So.\n", "question,answer\nHow A?,So.\n"} {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		for name := range f.values {
			w.WriteField(name, f.values.Get(name))
		}
		part, err := w.CreateFormFile("file", "faq.csv")
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(part, file)
		w.Close()
		req, err := http.NewRequest(http.MethodPost, s.URL+"/faq/import", &b)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{
			"Cookie":       olga.cookie,
			"Origin":       s.URL,
			"Content-Type": w.FormDataContentType(),
			"HX-Request":   "true",
		} {
			req.Header.Set(name, value)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if question, _, _ := strings.Cut(strings.Split(file, "\n")[1], ","); err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(body), question) {
			t.Errorf("%d %v %.300s", res.StatusCode, err, body)
		}
	}
}

// TestFormsFailHalfway shows that a log-in is disabled as a whole or not at all, and that what failed is done when
// the same form comes again.
func TestFormsFailHalfway(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, o := startServer(t, nil), testkit.NewOrg(t)
	olga := logInFormClient(t, s, o.Users[access.Owner])
	agent := o.As(access.Agent).ID()
	disabled := func() (is bool) {
		t.Helper()
		if err := owner(t).QueryRow(ctx, "select disabled_at is not null from users where id = $1", agent).Scan(&is); err != nil {
			t.Fatal(err)
		}
		return is
	}
	f := olga.get(s, "/admin/team").form(t, "/admin/team/"+agent.String()+"/disable")
	err := s.DB.As(access.System(o.ID, "test")).Tx(ctx, func(tx *pg.Tenant) error {
		if _, err := tx.Exec(ctx, "select set_config('idle_in_transaction_session_timeout', '0', true)"); err != nil {
			return err
		}
		// so that its availability cannot be changed
		tag, err := tx.Exec(ctx, "update agents set status = status where user_id = $1", agent)
		if err != nil || tag.RowsAffected() != 1 {
			t.Errorf("%v %v", tag, err)
		}
		a := olga.send(s, f)
		if a.code < 400 || disabled() {
			t.Errorf("%d, disabled: %v %s", a.code, disabled(), noticeIn(a.body))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if a := olga.send(s, f); a.code != http.StatusSeeOther || !disabled() {
		t.Errorf("%d %s, disabled: %v", a.code, noticeIn(a.body), disabled())
	}
	// What was committed before something else failed is not the whole work of a form.
	r, who := forms.New(s.DB), o.As(access.Owner)
	save := &forms.Submission{Hash: [32]byte{1}, Form: "/x", Check: func(context.Context) ([]string, error) { return nil, nil }}
	work := r.Begin(ctx, who, save)
	if err := r.Discard(ctx, who, save); err != nil || save.Committed() {
		t.Errorf("%v %v", err, save.Committed())
	}
	if _, err := s.DB.As(access.System(o.ID, "test")).Exec(work, "update customers set name = name where id = $1",
		o.Customer); err != nil || !save.Committed() {
		t.Errorf("%v %v", err, save.Committed())
	}
	if _, done, err := r.FindAnswer(ctx, who, save.Hash); err != nil || !done {
		t.Errorf("%v %v", done, err)
	}
	if err := r.Discard(ctx, who, save); err != nil {
		t.Error(err)
	}
	if _, done, err := r.FindAnswer(ctx, who, save.Hash); err != nil || done {
		t.Errorf("%v %v", done, err)
	}
}
