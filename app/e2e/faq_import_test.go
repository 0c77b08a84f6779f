package e2e

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/app/domain/faq"
	"parley/app/domain/org"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

// faqNames makes customers, each with websites, and returns the names that an import in the organization can use.
func faqNames(t testing.TB, s *serve.Server, o testkit.Org, customers ...string) (names faq.ScopeNames, ids []uuid.UUID) {
	t.Helper()
	ctx, owner := context.Background(), o.As(access.Owner)
	for _, customer := range customers {
		id, err := s.Org.AddCustomer(ctx, owner, customer)
		if err != nil {
			t.Fatal(err)
		}
		names.Customers, ids = append(names.Customers, faq.NamedScope{ID: id, Name: customer}), append(ids, id)
		for _, website := range []string{"Shop", `=A / "B"`} {
			w, err := s.Org.AddWebsite(ctx, owner, id, org.WebsiteInput{Name: website, Host: "shop.example"})
			if err != nil {
				t.Fatal(err)
			}
			names.Websites, ids = append(names.Websites, faq.NamedScope{
				ID:           w,
				Name:         website,
				Customer:     id,
				CustomerName: customer,
			}), append(ids, w)
		}
	}
	return names, ids
}

// randomText returns a text of everything that can be typed.
func randomText(r *rand.Rand, most int) string {
	pieces := []string{
		"a", "Ö", "日本", "عربي", "🫖", "'", "''", `"`, `""`, "=", "+", "-", "@", ",", ";", "\t", "\n", "\n\n", " ", "  ",
		"\u00a0", "\u200b", "\ufeff", "＝", "sep=;", "\\", "“", "1.", "é", "<b>", "|",
	}
	for {
		var b strings.Builder
		for range 1 + r.IntN(most) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		if text := strings.TrimSpace(b.String()); text != "" {
			return text
		}
	}
}

// TestExportImportRoundTrip shows that an export that is imported again reports nothing to change; that in another
// organization it makes the same catalog, in the scopes of the same names; and that two customers with a website of
// one name each keep their own entries.
func TestExportImportRoundTrip(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o, other := testkit.NewOrg(t), testkit.NewOrg(t)
	s := startServer(t, nil)
	called := []string{"Acme", `Glo"bex / =1`}
	names, ids := faqNames(t, s, o, called...)
	there, otherIDs := faqNames(t, s, other, called...)
	r := rand.New(rand.NewPCG(7, uint64(len(ids))))
	var records []faq.Record
	records = addRandomRecords(names, r, records)
	importIn := func(o testkit.Org, records []faq.Record, names faq.ScopeNames, dry faq.ImportMode) map[string]int {
		t.Helper()
		fates, err := s.FAQ.Import(ctx, o.As(access.Manager), records, names, "en", dry)
		if err != nil {
			t.Fatal(err)
		}
		counts := map[string]int{}
		for _, f := range fates {
			if counts[f.Outcome]++; f.Outcome == faq.ImportInvalid || f.Outcome == faq.ImportDuplicate {
				t.Errorf("line %d, %q: %s", f.Row, f.Question, f.Reason)
			}
		}
		return counts
	}
	if n := importIn(o, records, names, faq.ImportApply); n[faq.ImportNew] != len(records) {
		t.Fatalf("%v of %d", n, len(records))
	}
	export := func(o testkit.Org, format string) []byte {
		t.Helper()
		var b bytes.Buffer
		if err := s.FAQ.Export(ctx, o.As(access.Manager), format, &b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for _, format := range []string{"csv", "json"} {
		file := export(o, format)
		if mark := bytes.HasPrefix(file, []byte("\ufeff")); mark != (format == "csv") {
			t.Errorf("%s begins with %q", format, file[:3])
		}
		for how, file := range map[string][]byte{
			"as it is":              file,
			"by a program of a Mac": bytes.ReplaceAll(file, []byte("\r\n"), []byte("\r")),
		} {
			again, err := faq.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if n := importIn(o, again, names, faq.ImportPreview); n[faq.ImportUnchanged] != len(records) {
				t.Errorf("%s %s, imported again: %v", format, how, n)
			}
		}
	}
	file := export(o, "csv")
	again, err := faq.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if n := importIn(other, again, there, faq.ImportApply); n[faq.ImportNew] != len(records) {
		t.Fatalf("in another organization: %v", n)
	}
	copied := export(other, "csv")
	for i, id := range otherIDs {
		copied = bytes.ReplaceAll(copied, []byte(id.String()), []byte(ids[i].String()))
	}
	if !bytes.Equal(copied, file) {
		a, b := strings.Split(string(file), "\r\n"), strings.Split(string(copied), "\r\n")
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				t.Fatalf("another organization's export differs in line %d:\n%s\n%s", i+1, a[i], b[i])
			}
		}
		t.Fatalf("%d and %d lines", len(a), len(b))
	}

	checkChangedFile(t, o, names, records, importIn, again)
}

// checkChangedFile checks that a changed question is a change of its entry, and an entry without an id is new.
func checkChangedFile(t *testing.T, o testkit.Org, names faq.ScopeNames, records []faq.Record, importIn func(o testkit.Org, records []faq.Record, names faq.ScopeNames, dry faq.ImportMode) map[string]int, again []faq.Record) {
	t.Helper()
	// A question that was changed in the file is a change of its entry; without an id it is a new one.
	again[3].Texts[0].Question, again[4].ID = "Quite another question", ""
	again[4].Texts = []faq.Text{{Language: "en", Question: "A new question", Answer: "A"}}
	if n := importIn(o, again, names, faq.ImportPreview); n[faq.ImportChanged] != 1 || n[faq.ImportNew] != 1 || n[faq.ImportUnchanged] != len(records)-2 {
		t.Errorf("a changed question: %v", n)
	}
}

// addRandomRecords adds entries with texts that are hard to export.
func addRandomRecords(names faq.ScopeNames, r *rand.Rand, records []faq.Record) []faq.Record {
	for i := range 120 {
		x := faq.Record{ID: uuid.Must(uuid.NewV7()).String(), State: faq.States[r.IntN(len(faq.States))]}
		if r.IntN(3) > 0 {
			x.Category = strings.Map(func(r rune) rune {
				if r == '\n' || r == '\t' {
					return '_'
				}
				return r
			}, randomText(r, 5))
		}
		switch w := names.Websites[r.IntN(len(names.Websites))]; r.IntN(4) {
		case 0:
			x.CustomerID, x.WebsiteID = w.Customer.String(), w.ID.String()
		case 1:
			x.WebsiteID = w.ID.String()
		case 2:
			x.CustomerID = w.Customer.String()
		}
		for _, language := range []string{"en", "de", "pt-br"}[:1+r.IntN(3)] {
			question := strings.NewReplacer("\n", " ", "\t", " ").Replace(randomText(r, 20))
			answer := randomText(r, 60)
			if i == 0 {
				answer = strings.Repeat("'=\"é\n", 799) + "'"
			}
			x.Texts = append(x.Texts, faq.Text{Language: language, Question: fmt.Sprint(question, " ", i), Answer: answer})
		}
		records = append(records, x)
	}
	return records
}

// TestImportAmbiguousName shows that a name that fits two websites is refused before anything is done, and that both
// are named.
func TestImportAmbiguousName(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	faqNames(t, s, o, "Acme", "Globex")
	manager, err := traffic.LogIn(ctx, s.URL, o.Users[access.Manager].Email, testkit.Password)
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string][]string{
		"question,answer,website\nQ,A,Shop\n":                        {"“Shop” matches more than one website", "“Acme / Shop”, “Globex / Shop”", "1 error"},
		"question,answer,website\nQ,A,Acme / Shop\n":                 {"1 new"},
		"question,answer,customer,website\nQ,A,globex,Acme / Shop\n": {"belongs to a different customer", "1 error"},
		"question;answer;tags\nQ;caf\xe9;x\n":                        {"read as Windows-1252", "These columns are ignored: tags.", "1 new"},
	} {
		body := uploadCatalog(t, s, manager.Cookie(), file)
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%q is not said of %q: %s", w, file, body)
			}
		}
	}
}

// uploadCatalog sends a file to the import's page, which checks it, and returns what the page says.
func uploadCatalog(t testing.TB, s *serve.Server, cookie, file string) string {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile("file", "faq.csv")
	if err != nil {
		t.Fatal(err)
	}
	part.Write([]byte(file))
	form.WriteField("language", "en")
	form.Close()
	req, err := http.NewRequest(http.MethodPost, s.URL+"/faq/import", &b)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Cookie", cookie)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("%d %v %s", res.StatusCode, err, body)
	}
	return html.UnescapeString(string(body))
}
