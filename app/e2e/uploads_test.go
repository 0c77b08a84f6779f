package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// sendFile sends a visitor's file to a conversation, from an address. The body may come slowly; size -1 sends no
// length.
func sendFile(
	s *serve.Server, o testkit.Org, v *visitorClient, conversation, address string, size int64, body io.Reader,
) (status int, answer string, err error) {
	return sendFileAs(s, o, v, uuid.New(), conversation, address, size, body)
}

func sendFileAs(
	s *serve.Server, o testkit.Org, v *visitorClient, id uuid.UUID, conversation, address string, size int64,
	body io.Reader,
) (status int, answer string, err error) {
	r, err := http.NewRequest(http.MethodPost,
		s.URL+"/widget/v1/files?"+url.Values{
			"key":          {o.Key},
			"id":           {id.String()},
			"name":         {"a.txt"},
			"conversation": {conversation},
		}.Encode(),
		body)
	if err != nil {
		return 0, "", err
	}
	r.ContentLength = size
	r.Header.Set("Origin", "https://shop.example")
	r.Header.Set("Authorization", "Bearer "+v.token)
	if address != "" {
		r.Header.Set("X-Forwarded-For", address)
	}
	res, err := (&http.Client{Transport: &http.Transport{}, Timeout: time.Minute}).Do(r)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, string(b), err
}

// countFiles counts the files on disk: those in the store, and those that are coming.
func countFiles(t testing.TB, dir string) (stored, coming int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return err
		case err == nil && d.Type().IsRegular() && strings.HasPrefix(d.Name(), "upload-"):
			coming++
		case err == nil && d.Type().IsRegular():
			stored++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return stored, coming
}

func withFilesIn(t testing.TB, dir *string) func(*serve.Config) {
	*dir = t.TempDir()
	return func(c *serve.Config) { c.FilesURL = *dir }
}

// TestUploadToForeignConversation shows that a file for a conversation that is not the visitor's is refused before a
// byte of it has come, and that nothing of it is stored.
func TestUploadToForeignConversation(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	var dir string
	s := startServer(t, withFilesIn(t, &dir))
	v, other := newVisitor(t, s, o, ""), newVisitor(t, s, o, "")
	v.send("Hello")
	other.send("Hello, too")
	closed := newVisitor(t, s, o, "")
	closed.send("Bye")
	if _, err := s.Routing.Take(context.Background(), o.As(access.Agent), "Mia", uuid.MustParse(closed.conversation)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Conversations.Close(context.Background(), o.As(access.Agent), uuid.MustParse(closed.conversation)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		who          *visitorClient
		conversation string
	}{"a made-up one": {v, uuid.NewString()}, "another visitor's": {v, other.conversation}, "a closed one": {closed, closed.conversation}} {
		never, end := io.Pipe() // the body never comes
		status, answer, err := sendFile(s, o, c.who, c.conversation, "", 1<<20, never)
		end.Close()
		if err != nil || status != http.StatusConflict {
			t.Errorf("%s: %d %s %v", name, status, answer, err)
		}
	}
	if stored, coming := countFiles(t, dir); stored+coming > 0 {
		t.Errorf("%d files are kept", stored+coming)
	}
	if all, site := storedBytes(t, s, o); all != 0 || site != 0 {
		t.Errorf("%d and %d bytes count", all, site)
	}
	if status, answer, err := sendFile(s, o, v, v.conversation, "", -1, strings.NewReader("Words")); err != nil || status != http.StatusOK {
		t.Errorf("its own: %d %s %v", status, answer, err)
	}
	if all, site := storedBytes(t, s, o); all != 5 || site != 5 {
		t.Errorf("%d and %d bytes count, not 5", all, site)
	}
}

// TestRefusedUploadsAreRemoved shows that a file whose message is refused after it has come is removed, with its
// bytes and its count, while one with the same bytes stays.
func TestRefusedUploadsAreRemoved(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	var dir string
	s := startServer(t, withFilesIn(t, &dir))
	v, other := newVisitor(t, s, o, ""), newVisitor(t, s, o, "")
	v.send("Hello")
	other.send("Hello")
	if _, err := s.Routing.Take(ctx, o.As(access.Agent), "Mia", uuid.MustParse(v.conversation)); err != nil {
		t.Fatal(err)
	}
	// The conversation is closed while the file is on its way.
	begun := func(words string) (finish func() (int, string)) {
		body, end := io.Pipe()
		answered := make(chan func() (int, string), 1)
		go func() {
			status, answer, err := sendFile(s, o, v, v.conversation, "", -1, body)
			answered <- func() (int, string) { return status, fmt.Sprint(answer, err) }
		}()
		io.WriteString(end, words)
		return func() (int, string) { end.Close(); return (<-answered)() }
	}
	alone, shared := begun("Nobody else's words"), begun("Words of two")
	waitFor(t, "both are on their way", func() bool { _, coming := countFiles(t, dir); return coming == 2 })
	if status, answer, err := sendFile(s, o, other, other.conversation, "", -1, strings.NewReader("Words of two")); err != nil || status != http.StatusOK {
		t.Fatal(status, answer, err)
	}
	if _, err := s.Conversations.Close(ctx, o.As(access.Agent), uuid.MustParse(v.conversation)); err != nil {
		t.Fatal(err)
	}
	for _, finish := range []func() (int, string){alone, shared} {
		if status, answer := finish(); status != http.StatusConflict {
			t.Errorf("%d %s", status, answer)
		}
	}
	if stored, coming := countFiles(t, dir); stored != 1 || coming != 0 {
		t.Errorf("%d files are kept, and %d are coming", stored, coming)
	}
	if all, site := storedBytes(t, s, o); all != 12 || site != 12 {
		t.Errorf("%d and %d bytes count, not 12", all, site)
	}
}

// trickle sends a body slowly, but quickly enough, until it is closed.
func trickle(end *io.PipeWriter) {
	for {
		if _, err := end.Write(bytes.Repeat([]byte("words "), 2000)); err != nil {
			return
		}
		time.Sleep(500 * time.Millisecond)
	}
}

func waitFor(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(testkit.Patience); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// TestSlowUploadsLeaveCapacity shows that slow uploads of three organizations, as many as each may have, leave
// capacity for others, and for each address its own.
func TestSlowUploadsLeaveCapacity(t *testing.T) {
	t.Parallel()
	var dir string
	s := startServer(t, withFilesIn(t, &dir))
	var slow []*io.PipeWriter
	defer func() {
		for _, end := range slow {
			end.CloseWithError(errors.New("over"))
		}
	}()
	orgs := 3
	for i := range orgs {
		o := testkit.NewOrg(t)
		visitors := newVisitors(t, s, o, 3)
		for j := range 30 {
			v := visitors[j/10]
			if j%10 == 0 {
				v.send("Hello")
			}
			body, end := io.Pipe()
			slow = append(slow, end)
			go sendFile(s, o, v, v.conversation, fmt.Sprintf("203.0.113.%d", 10*i+j/5), 5<<20, body)
			go trickle(end)
		}
	}
	waitFor(t, "each organization has all of its share", func() bool { _, coming := countFiles(t, dir); return coming >= 3*20 })
	o := testkit.NewOrg(t)
	v := newVisitor(t, s, o, "")
	v.send("Hello")
	if status, answer, err := sendFile(s, o, v, v.conversation, "198.51.100.1", -1, strings.NewReader("Words")); err != nil || status != http.StatusOK {
		t.Errorf("a fourth organization: %d %s %v", status, answer, err)
	}
	if _, coming := countFiles(t, dir); coming > 3*20+1 {
		t.Errorf("%d uploads at once", coming)
	}
}

// TestBodyLimits shows that bodies of people who are not logged in are bounded before they are parsed, whatever the
// address ends with, and that a log-in is required before a large body is read.
func TestBodyLimits(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	never, end := io.Pipe()
	defer end.Close()
	for _, path := range []string{
		"/login",
		"/signup",
		"/forgot",
		"/reset/files",
		"/join/snippets",
		"/signup/aliases",
		"/snippets",
		"/faq/import",
		"/snippets/" + uuid.NewString(),
		"/admin/team/" + uuid.NewString() + "/aliases",
		"/desk/conversations/" + uuid.NewString() + "/files",
		"/widget/v1/frames?key=" + o.Key,
		"/widget/v1/return?key=" + o.Key,
		"/widget/v1/files?key=" + o.Key,
	} {
		for _, kind := range []string{"application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"} {
			r, err := http.NewRequest(http.MethodPost, s.URL+path, never)
			if err != nil {
				t.Fatal(err)
			}
			r.ContentLength = 48 << 20
			r.Header.Set("Content-Type", kind)
			r.Header.Set("Origin", "https://shop.example")
			if !strings.HasPrefix(path, "/widget") {
				r.Header.Set("Origin", s.URL)
			}
			res, err := (&http.Client{
				Transport:     &http.Transport{},
				Timeout:       30 * time.Second,
				CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			}).Do(r)
			if err != nil {
				t.Errorf("%s, %s: %v", path, kind, err)
				continue
			}
			res.Body.Close()
			if res.StatusCode < 300 {
				t.Errorf("%s, %s: %d", path, kind, res.StatusCode)
			}
		}
	}
	// Without a length: as much is read as is taken, and the rest is not.
	for _, path := range []string{"/login", "/reset/files", "/widget/v1/frames?key=" + o.Key} {
		sent := sendEndlessBody(t, s, path, o.Key)
		if sent > 16<<20 { // some megabytes are on their way between the two
			t.Errorf("%s: %d bytes went in", path, sent)
		}
	}
	// What is small, but much when it is taken apart.
	res, err := http.Post(s.URL+"/login", "application/x-www-form-urlencoded", strings.NewReader(strings.Repeat("a&", 5000)))
	if err != nil || res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("thousands of fields: %v %v", err, res.StatusCode)
	}
}

// sendEndlessBody sends a body without end until the server refuses it, and returns how many bytes went into the
// connection.
func sendEndlessBody(t testing.TB, s *serve.Server, path, key string) (sent int64) {
	t.Helper()
	c, err := net.Dial("tcp", s.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(testkit.Patience))
	fmt.Fprintf(c,
		"POST %s HTTP/1.1\r\nHost: %s\r\nOrigin: https://shop.example\r\nSec-Fetch-Site: none\r\nContent-Type: "+
			"application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n",
		path, s.Address)
	piece := []byte("1000\r\n" + strings.Repeat("x", 0x1000) + "\r\n")
	for sent < 64<<20 {
		n, err := c.Write(piece)
		sent += int64(n)
		if err != nil {
			return sent
		}
	}
	return sent
}

// loggedIn is a browser of somebody who has logged in.
func loggedIn(t testing.TB, s *serve.Server, email string) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: 2 * time.Minute}
	res, err := client.PostForm(s.URL+"/login", url.Values{"email": {email}, "password": {testkit.Password}})
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal("log in: ", err, res)
	}
	res.Body.Close()
	return client
}

// pageAt returns a page.
func pageAt(t testing.TB, client *http.Client, address string) string {
	t.Helper()
	res, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v", address, res.StatusCode, err)
	}
	return string(b)
}
