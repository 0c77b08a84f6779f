package main

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
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/access"
	"parley/app/apptest"
	"parley/app/files"
)

// sendFile sends a visitor's file to a conversation, from an address. body may come slowly; size -1: it is not said.
func sendFile(s *server, o apptest.Org, v *visitor, conversation, address string, size int64, body io.Reader) (status int, answer string, err error) {
	return sendFileAs(s, o, v, uuid.New(), conversation, address, size, body)
}

func sendFileAs(s *server, o apptest.Org, v *visitor, id uuid.UUID, conversation, address string, size int64, body io.Reader) (status int, answer string, err error) {
	r, err := http.NewRequest(http.MethodPost, s.url+"/widget/v1/files?"+url.Values{"key": {o.Key}, "id": {id.String()}, "name": {"a.txt"}, "conversation": {conversation}}.Encode(), body)
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

// stored counts the files on disk: those in the store, and those that are coming.
func stored(t testing.TB, dir string) (kept, coming int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return err
		case err == nil && d.Type().IsRegular() && strings.HasPrefix(d.Name(), "upload-"):
			coming++
		case err == nil && d.Type().IsRegular():
			kept++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return kept, coming
}

// storedBytes is what an organization counts as stored.
func storedBytes(t testing.TB, s *server, o apptest.Org) (organization, website int64) {
	t.Helper()
	all, err := s.files.Used(context.Background(), o.As(access.Owner), uuid.Nil)
	one, err2 := s.files.Used(context.Background(), o.As(access.Owner), o.Website)
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	return all.Used, one.Used
}

func filesAt(t testing.TB, dir *string) func(*config) {
	*dir = t.TempDir()
	return func(c *config) { c.FilesURL = *dir }
}

// A file for a conversation that is not the visitor's is refused before a byte of it has come, and nothing of it is kept.
func TestFilesNameTheirConversation(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	var dir string
	s := serveTest(t, filesAt(t, &dir))
	v, other := newVisitor(t, s, o, ""), newVisitor(t, s, o, "")
	v.say("Hello")
	other.say("Hello, too")
	closed := newVisitor(t, s, o, "")
	closed.say("Bye")
	if _, err := s.queue.Take(context.Background(), o.As(access.Agent), "Mia", uuid.MustParse(closed.conversation)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.chat.Close(context.Background(), o.As(access.Agent), uuid.MustParse(closed.conversation)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		who          *visitor
		conversation string
	}{"a made-up one": {v, uuid.NewString()}, "another visitor's": {v, other.conversation}, "a closed one": {closed, closed.conversation}} {
		never, end := io.Pipe() // the body never comes
		status, answer, err := sendFile(s, o, c.who, c.conversation, "", 1<<20, never)
		end.Close()
		if err != nil || status != http.StatusConflict {
			t.Errorf("%s: %d %s %v", name, status, answer, err)
		}
	}
	if kept, coming := stored(t, dir); kept+coming > 0 {
		t.Errorf("%d files are kept", kept+coming)
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

// A file whose message is refused when it has come is removed, with its bytes and what it counts; one with the same bytes stays.
func TestRefusedFilesAreRemoved(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := apptest.NewOrg(t)
	var dir string
	s := serveTest(t, filesAt(t, &dir))
	v, other := newVisitor(t, s, o, ""), newVisitor(t, s, o, "")
	v.say("Hello")
	other.say("Hello")
	if _, err := s.queue.Take(ctx, o.As(access.Agent), "Mia", uuid.MustParse(v.conversation)); err != nil {
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
	waitFor(t, "both are on their way", func() bool { _, coming := stored(t, dir); return coming == 2 })
	if status, answer, err := sendFile(s, o, other, other.conversation, "", -1, strings.NewReader("Words of two")); err != nil || status != http.StatusOK {
		t.Fatal(status, answer, err)
	}
	if _, err := s.chat.Close(ctx, o.As(access.Agent), uuid.MustParse(v.conversation)); err != nil {
		t.Fatal(err)
	}
	for _, finish := range []func() (int, string){alone, shared} {
		if status, answer := finish(); status != http.StatusConflict {
			t.Errorf("%d %s", status, answer)
		}
	}
	if kept, coming := stored(t, dir); kept != 1 || coming != 0 {
		t.Errorf("%d files are kept, and %d are coming", kept, coming)
	}
	if all, site := storedBytes(t, s, o); all != 12 || site != 12 {
		t.Errorf("%d and %d bytes count, not 12", all, site)
	}
}

// trickle lets a body come slowly, but quickly enough, until it is closed.
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
	for deadline := time.Now().Add(30 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// Quotas hold whatever comes at once, to whichever server.
func TestQuotas(t *testing.T) {
	t.Parallel()
	o, neighbor := apptest.NewOrg(t), apptest.NewOrg(t)
	dir := t.TempDir()
	small := func(c *config) {
		c.FilesURL, c.Quotas = dir, files.Quotas{Organization: 5000, Website: 3500}
	}
	servers := []*server{serveTest(t, small), serveTest(t, small)}
	v := newVisitor(t, servers[0], o, "")
	v.say("Hello")
	var taken atomic.Int32
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			body := bytes.Repeat([]byte{byte('a' + i)}, 1000)
			status, answer, err := sendFile(servers[i%2], o, v, v.conversation, "", 1000, bytes.NewReader(body))
			switch {
			case err == nil && status == http.StatusOK:
				taken.Add(1)
			case err != nil || status != http.StatusConflict && status != http.StatusTooManyRequests || !strings.Contains(answer, `"damaged"`) && status == http.StatusConflict:
				t.Errorf("%d %s %v", status, answer, err)
			}
		})
	}
	all.Wait()
	_, site := storedBytes(t, servers[1], o)
	if n := taken.Load(); n < 1 || n > 3 || site != int64(n)*1000 {
		t.Errorf("%d files of 1000 bytes were taken, and %d bytes count", n, site)
	}
	for taken.Load() < 3 { // what was refused while others were coming
		if status, answer, err := sendFile(servers[0], o, v, v.conversation, "", 1000, bytes.NewReader(bytes.Repeat([]byte{'A' + byte(taken.Add(1))}, 1000))); err != nil || status != http.StatusOK {
			t.Fatal(status, answer, err)
		}
	}
	if status, _, err := sendFile(servers[0], o, v, v.conversation, "", 1000, strings.NewReader(strings.Repeat("z", 1000))); err != nil || status != http.StatusConflict {
		t.Errorf("beyond the quota: %d %v", status, err)
	}
	// The website has no room; the organization has, and a neighbor all of its own.
	if _, err := servers[0].files.Put(context.Background(), o.As(access.Owner), newFile("a.txt", strings.Repeat("a", 900))); err != nil {
		t.Error(err)
	}
	if _, err := servers[0].files.Put(context.Background(), o.As(access.Owner), files.New{ID: uuid.New(), Use: files.OfSnippet, Name: "b.txt", Bytes: bytes.Repeat([]byte("b"), 1500), Allowed: files.Sorts, Most: 2000}); err == nil {
		t.Error("an organization stores more than it may")
	}
	n := newVisitor(t, servers[0], neighbor, "")
	n.say("Hello")
	if status, answer, err := sendFile(servers[0], neighbor, n, n.conversation, "", 1000, strings.NewReader(strings.Repeat("z", 1000))); err != nil || status != http.StatusOK {
		t.Errorf("a neighbor: %d %s %v", status, answer, err)
	}
}

// A visitor stores some megabytes at once, and no more for a while.
func TestBytesOfOneVisitor(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	var dir string
	at := filesAt(t, &dir)
	s := serveTest(t, func(c *config) {
		at(c)
		c.Limits.VisitorBytes.ASecond, c.Limits.VisitorBytes.AtOnce = 1, 2500
	})
	v := newVisitor(t, s, o, "")
	v.say("Hello")
	for i, want := range []int{http.StatusOK, http.StatusOK, http.StatusTooManyRequests} {
		if status, answer, err := sendFile(s, o, v, v.conversation, "", 1000, bytes.NewReader(bytes.Repeat([]byte{byte('a' + i)}, 1000))); err != nil || status != want {
			t.Errorf("the file %d: %d %s %v", i, status, answer, err)
		}
	}
}

// Slow uploads of three organizations, as many as each may have, leave room for the others', and for each address its own.
func TestSlowUploadsLeaveRoom(t *testing.T) {
	t.Parallel()
	var dir string
	s := serveTest(t, filesAt(t, &dir))
	var slow []*io.PipeWriter
	defer func() {
		for _, end := range slow {
			end.CloseWithError(errors.New("over"))
		}
	}()
	orgs := 3
	for i := range orgs {
		o := apptest.NewOrg(t)
		visitors := newVisitors(t, s, o, 3)
		for j := range 30 {
			v := visitors[j/10]
			if j%10 == 0 {
				v.say("Hello")
			}
			body, end := io.Pipe()
			slow = append(slow, end)
			go sendFile(s, o, v, v.conversation, fmt.Sprintf("203.0.113.%d", 10*i+j/5), 5<<20, body)
			go trickle(end)
		}
	}
	waitFor(t, "each organization has all of its share", func() bool { _, coming := stored(t, dir); return coming >= 3*20 })
	o := apptest.NewOrg(t)
	v := newVisitor(t, s, o, "")
	v.say("Hello")
	if status, answer, err := sendFile(s, o, v, v.conversation, "198.51.100.1", -1, strings.NewReader("Words")); err != nil || status != http.StatusOK {
		t.Errorf("a fourth organization: %d %s %v", status, answer, err)
	}
	if _, coming := stored(t, dir); coming > 3*20+1 {
		t.Errorf("%d uploads at once", coming)
	}
}

// What comes from people who are not logged in is bounded before it is parsed, whatever the address ends with; and a log-in is asked for
// before a large body is read.
func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	never, end := io.Pipe()
	defer end.Close()
	for _, path := range []string{"/login", "/signup", "/forgot", "/reset/files", "/join/snippets", "/signup/aliases", "/snippets", "/faq/import", "/snippets/" + uuid.NewString(),
		"/admin/people/" + uuid.NewString() + "/aliases", "/desk/conversations/" + uuid.NewString() + "/files", "/widget/v1/frames?key=" + o.Key, "/widget/v1/return?key=" + o.Key,
		"/widget/v1/files?key=" + o.Key} {
		for _, kind := range []string{"application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"} {
			r, err := http.NewRequest(http.MethodPost, s.url+path, never)
			if err != nil {
				t.Fatal(err)
			}
			r.ContentLength = 48 << 20
			r.Header.Set("Content-Type", kind)
			r.Header.Set("Origin", "https://shop.example")
			if !strings.HasPrefix(path, "/widget") {
				r.Header.Set("Origin", s.url)
			}
			res, err := (&http.Client{Transport: &http.Transport{}, Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(r)
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
		sent := pour(t, s, path, o.Key)
		if sent > 16<<20 { // some megabytes are on their way between the two
			t.Errorf("%s: %d bytes went in", path, sent)
		}
	}
	// What is small, but much when it is taken apart.
	res, err := http.Post(s.url+"/login", "application/x-www-form-urlencoded", strings.NewReader(strings.Repeat("a&", 5000)))
	if err != nil || res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("thousands of fields: %v %v", err, res.StatusCode)
	}
}

// pour sends a body without end, until the server has enough, and returns how many bytes went into the connection.
func pour(t testing.TB, s *server, path, key string) (sent int64) {
	t.Helper()
	c, err := net.Dial("tcp", s.listening)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(30 * time.Second))
	fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: %s\r\nOrigin: https://shop.example\r\nSec-Fetch-Site: none\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n", path, s.listening)
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

// The organization's page and a website's say how much is stored.
func TestStorageIsShown(t *testing.T) {
	t.Parallel()
	o := apptest.NewOrg(t)
	s := serveTest(t, nil)
	v := newVisitor(t, s, o, "")
	v.say("Hello")
	if status, answer, err := sendFile(s, o, v, v.conversation, "", -1, strings.NewReader(strings.Repeat("Words", 1000))); err != nil || status != http.StatusOK {
		t.Fatal(status, answer, err)
	}
	client := loggedIn(t, s, o.Users[access.Owner].Email)
	for path, want := range map[string]string{"/admin/organization": "store 4 kB of files; the limit is 20.0 GB.", "/admin/websites/" + o.Website.String() + "/widget": "store 4 kB of files; the limit is 10.0 GB."} {
		if page := pageAt(t, client, s.url+path); !strings.Contains(page, want) {
			t.Errorf("%s does not say %q", path, want)
		}
	}
}

// loggedIn is a browser of somebody who has logged in.
func loggedIn(t testing.TB, s *server, email string) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: 2 * time.Minute}
	res, err := client.PostForm(s.url+"/login", url.Values{"email": {email}, "password": {apptest.Password}})
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
