package e2e

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

// formClient is somebody who is logged in and uses forms, at any server.
type formClient struct {
	t      testing.TB
	cookie string
}

func logInFormClient(t testing.TB, s *serve.Server, p testkit.Member) formClient {
	t.Helper()
	a, err := traffic.LogIn(context.Background(), s.URL, p.Email, testkit.Password)
	if err != nil {
		t.Fatal(err)
	}
	return formClient{t, a.Cookie()}
}

// formResponse is a server's answer to a form.
type formResponse struct {
	code      int
	body, to  string
	saved     []string // ids of forms that are said to be saved
	requested string
	session   string // cookie of a log-in
}

func (b formClient) do(s *serve.Server, method, path string, form url.Values) formResponse {
	b.t.Helper()
	req, err := http.NewRequest(method, s.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Cookie", b.cookie)
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", s.URL)
	}
	res, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	a := formResponse{code: res.StatusCode, body: string(body), to: res.Header.Get("Location"), requested: path}
	for _, c := range res.Cookies() {
		if c.Name == "parley" {
			a.session = c.Name + "=" + c.Value
		}
		if id, is := strings.CutPrefix(c.Name, "saved-"); is {
			a.saved = append(a.saved, id)
		}
	}
	return a
}

func (b formClient) get(s *serve.Server, path string) formResponse {
	b.t.Helper()
	a := b.do(s, http.MethodGet, path, nil)
	if a.code != http.StatusOK {
		b.t.Fatalf("GET %s: %d %.300s", path, a.code, a.body)
	}
	return a
}

// htmlForm is a form as a browser would send it.
type htmlForm struct {
	action string
	values url.Values
	text   string // what it says around its fields
}

// form returns a form of a page: the one with this action, or this data-form.
func (a formResponse) form(t testing.TB, name string) htmlForm {
	t.Helper()
	for _, f := range a.forms(t) {
		if f.action == name || f.text == name {
			return f
		}
	}
	t.Fatalf("%s has no form %s: %.2000s", a.requested, name, a.body)
	return htmlForm{}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func textOf(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := range n.ChildNodes() {
		b.WriteString(textOf(c))
	}
	return b.String()
}

func (a formResponse) forms(t testing.TB) (list []htmlForm) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Data != "form" || !strings.EqualFold(attr(n, "method"), "post") {
			continue
		}
		f := htmlForm{action: attr(n, "action"), values: url.Values{}, text: attr(n, "data-form")}
		if f.action == "" {
			f.action = a.requested
		}
		for x := range n.Descendants() {
			name := attr(x, "name")
			if name == "" {
				continue
			}
			switch x.Data {
			case "input":
				switch kind := attr(x, "type"); {
				case kind == "file":
				case (kind == "checkbox" || kind == "radio") && !has(x, "checked"):
				case kind == "checkbox" && !has(x, "value"):
					f.values.Add(name, "on")
				default:
					f.values.Add(name, attr(x, "value"))
				}
			case "textarea":
				f.values.Add(name, strings.ReplaceAll(textOf(x), "\n", "\r\n"))
			case "select":
				value, first := "", true
				for o := range x.Descendants() {
					if o.Data == "option" && (first || has(o, "selected")) {
						value, first = attr(o, "value"), false
					}
				}
				f.values.Add(name, value)
			}
		}
		list = append(list, f)
	}
	return list
}

func (f htmlForm) with(pairs ...string) htmlForm {
	values := url.Values{}
	for name, list := range f.values {
		values[name] = list
	}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	f.values = values
	return f
}

func (b formClient) send(s *serve.Server, f htmlForm) formResponse {
	b.t.Helper()
	return b.do(s, http.MethodPost, f.action, f.values)
}

// noticeIn returns the text of a page's notices.
func noticeIn(body string) string {
	_, after, found := strings.Cut(body, `<div class="notice`)
	if !found {
		_, after, _ = strings.Cut(body, "<main")
	}
	return after[:min(len(after), 1500)]
}
