package main

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

	"parley/app/access"
	"parley/app/apptest"
	"parley/app/faq"
	"parley/app/org"
	"parley/app/traffic"
)

// placesOf makes customers, each with websites, and returns the names that an import in the organization has.
func placesOf(t testing.TB, s *server, o apptest.Org, customers ...string) (names faq.Names, ids []uuid.UUID) {
	t.Helper()
	ctx, owner := context.Background(), o.As(access.Owner)
	for _, customer := range customers {
		id, err := s.org.AddCustomer(ctx, owner, customer)
		if err != nil {
			t.Fatal(err)
		}
		names.Customers, ids = append(names.Customers, faq.Place{ID: id, Name: customer}), append(ids, id)
		for _, website := range []string{"Shop", `=A / "B"`} {
			w, err := s.org.AddWebsite(ctx, owner, id, org.NewWebsite{Name: website, Host: "shop.example"})
			if err != nil {
				t.Fatal(err)
			}
			names.Websites, ids = append(names.Websites, faq.Place{ID: w, Name: website, Customer: id, CustomerName: customer}), append(ids, w)
		}
	}
	return names, ids
}

// wild is a text of all that can be typed.
func wild(r *rand.Rand, most int) string {
	pieces := []string{"a", "Ö", "日本", "عربي", "🫖", "'", "''", `"`, `""`, "=", "+", "-", "@", ",", ";", "\t", "\n", "\n\n", " ", "  ", "\u00a0", "\u200b", "\ufeff", "＝", "sep=;", "\\", "“", "1.", "é", "<b>", "|"}
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

// An export that is imported again says that there is nothing to change; in another organization it makes the same catalogue, in the
// places with the same names. Two customers with a website of one name keep what is theirs.
func TestExportsComeBackTheSame(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o, other := apptest.NewOrg(t), apptest.NewOrg(t)
	s := serveTest(t, nil)
	called := []string{"Acme", `Glo"bex / =1`}
	names, ids := placesOf(t, s, o, called...)
	there, otherIDs := placesOf(t, s, other, called...)
	r := rand.New(rand.NewPCG(7, uint64(len(ids))))
	var records []faq.Record
	for i := range 120 {
		x := faq.Record{ID: uuid.Must(uuid.NewV7()).String(), State: faq.States[r.IntN(len(faq.States))]}
		if r.IntN(3) > 0 {
			x.Category = strings.Map(func(r rune) rune {
				if r == '\n' || r == '\t' {
					return '_'
				}
				return r
			}, wild(r, 5))
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
			question := strings.NewReplacer("\n", " ", "\t", " ").Replace(wild(r, 20))
			answer := wild(r, 60)
			if i == 0 {
				answer = strings.Repeat("'=\"é\n", 799) + "'"
			}
			x.Texts = append(x.Texts, faq.Text{Language: language, Question: fmt.Sprint(question, " ", i), Answer: answer})
		}
		records = append(records, x)
	}
	importIn := func(o apptest.Org, records []faq.Record, names faq.Names, dry faq.Dry) map[string]int {
		t.Helper()
		fates, err := s.faq.Import(ctx, o.As(access.Manager), records, names, "en", dry)
		if err != nil {
			t.Fatal(err)
		}
		counts := map[string]int{}
		for _, f := range fates {
			if counts[f.What]++; f.What == faq.FateWrong || f.What == faq.FateDouble {
				t.Errorf("line %d, %q: %s", f.Row, f.Question, f.Why)
			}
		}
		return counts
	}
	if n := importIn(o, records, names, faq.Really); n[faq.FateNew] != len(records) {
		t.Fatalf("%v of %d", n, len(records))
	}
	export := func(o apptest.Org, format string) []byte {
		t.Helper()
		var b bytes.Buffer
		if err := s.faq.Export(ctx, o.As(access.Manager), format, &b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for _, format := range []string{"csv", "json"} {
		file := export(o, format)
		if mark := bytes.HasPrefix(file, []byte("\ufeff")); mark != (format == "csv") {
			t.Errorf("%s begins with %q", format, file[:3])
		}
		for how, file := range map[string][]byte{"as it is": file, "by a program of a Mac": bytes.ReplaceAll(file, []byte("\r\n"), []byte("\r"))} {
			again, err := faq.Read(file)
			if err != nil {
				t.Fatal(err)
			}
			if n := importIn(o, again, names, faq.OnlyLook); n[faq.FateSame] != len(records) {
				t.Errorf("%s %s, imported again: %v", format, how, n)
			}
		}
	}
	file := export(o, "csv")
	again, err := faq.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	if n := importIn(other, again, there, faq.Really); n[faq.FateNew] != len(records) {
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

	// A question that was changed in the file is a change of its entry; without an id it is a new one.
	again[3].Texts[0].Question, again[4].ID = "Quite another question", ""
	again[4].Texts = []faq.Text{{Language: "en", Question: "A new question", Answer: "A"}}
	if n := importIn(o, again, names, faq.OnlyLook); n[faq.FateChange] != 1 || n[faq.FateNew] != 1 || n[faq.FateSame] != len(records)-2 {
		t.Errorf("a changed question: %v", n)
	}
}

// A name that fits two websites is refused before anything is done, with both.
func TestImportOfAnAmbiguousName(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	placesOf(t, s, o, "Acme", "Globex")
	manager, err := traffic.LogIn(ctx, s.url, o.Users[access.Manager].Email, apptest.Password)
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string][]string{
		"question,answer,website\nQ,A,Shop\n":                        {"“Shop” fits more than one website", "“Acme / Shop”, “Globex / Shop”", "1 wrong"},
		"question,answer,website\nQ,A,Acme / Shop\n":                 {"1 new"},
		"question,answer,customer,website\nQ,A,globex,Acme / Shop\n": {"belongs to another customer", "1 wrong"},
		"question;answer;tags\nQ;caf\xe9;x\n":                        {"read as Windows-1252", "These columns are not read: tags.", "1 new"},
	} {
		body := uploadCatalog(t, s, manager.Cookie(), file)
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%q is not said of %q: %s", w, file, body)
			}
		}
	}
}

// uploadCatalog has a look at a file as the import's page does, and returns what it says.
func uploadCatalog(t testing.TB, s *server, cookie, file string) string {
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
	req, err := http.NewRequest(http.MethodPost, s.url+"/faq/import", &b)
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
