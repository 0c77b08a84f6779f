package e2e

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"parley/app/domain/files"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// storedBytes returns how many bytes an organization and its website count as stored.
func storedBytes(t testing.TB, s *serve.Server, o testkit.Org) (organization, website int64) {
	t.Helper()
	all, err := s.Files.GetStorageUse(context.Background(), o.As(access.Owner), uuid.Nil)
	one, err2 := s.Files.GetStorageUse(context.Background(), o.As(access.Owner), o.Website)
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	return all.Used, one.Used
}

// TestStorageQuotas shows that quotas hold whatever comes at once, to whichever server.
func TestStorageQuotas(t *testing.T) {
	t.Parallel()
	o, neighbor := testkit.NewOrg(t), testkit.NewOrg(t)
	dir := t.TempDir()
	small := func(c *serve.Config) {
		c.FilesURL, c.Quotas = dir, files.Quotas{Organization: 5000, Website: 3500}
	}
	servers := []*serve.Server{startServer(t, small), startServer(t, small)}
	v := newVisitor(t, servers[0], o, "")
	v.send("Hello")
	var taken atomic.Int32
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			body := bytes.Repeat([]byte{byte('a' + i)}, 1000)
			status, answer, err := sendFile(servers[i%2], o, v, v.conversation, "", 1000, bytes.NewReader(body))
			switch {
			case err == nil && status == http.StatusOK:
				taken.Add(1)
			case err != nil || status != http.StatusConflict && status != http.StatusTooManyRequests ||
				!strings.Contains(answer, `"damaged"`) && status == http.StatusConflict:
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
		if status, answer, err := sendFile(servers[0], o, v, v.conversation, "", 1000,
			bytes.NewReader(bytes.Repeat([]byte{'A' + byte(taken.Add(1))}, 1000))); err != nil || status != http.StatusOK {
			t.Fatal(status, answer, err)
		}
	}
	if status, _, err := sendFile(servers[0], o, v, v.conversation, "", 1000,
		strings.NewReader(strings.Repeat("z", 1000))); err != nil || status != http.StatusConflict {
		t.Errorf("beyond the quota: %d %v", status, err)
	}
	// The website's quota is used up; the organization's is not, and another website has its own.
	if _, err := servers[0].Files.Put(context.Background(), o.As(access.Owner), newFile("a.txt", strings.Repeat("a", 900))); err != nil {
		t.Error(err)
	}
	if _, err := servers[0].Files.Put(context.Background(), o.As(access.Owner), files.Upload{
		ID:       uuid.New(),
		Purpose:  files.ForSnippet,
		Name:     "b.txt",
		Bytes:    bytes.Repeat([]byte("b"), 1500),
		Allowed:  files.Categories,
		MaxBytes: 2000,
	}); err == nil {
		t.Error("an organization stores more than it may")
	}
	n := newVisitor(t, servers[0], neighbor, "")
	n.send("Hello")
	if status, answer, err := sendFile(servers[0], neighbor, n, n.conversation, "", 1000,
		strings.NewReader(strings.Repeat("z", 1000))); err != nil || status != http.StatusOK {
		t.Errorf("a neighbor: %d %s %v", status, answer, err)
	}
}

// TestUploadLimitPerVisitor shows that a visitor can store some megabytes at once, and no more for a while.
func TestUploadLimitPerVisitor(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	var dir string
	at := withFilesIn(t, &dir)
	s := startServer(t, func(c *serve.Config) {
		at(c)
		c.Limits.VisitorBytes.PerSecond, c.Limits.VisitorBytes.Burst = 1, 2500
	})
	v := newVisitor(t, s, o, "")
	v.send("Hello")
	for i, want := range []int{http.StatusOK, http.StatusOK, http.StatusTooManyRequests} {
		if status, answer, err := sendFile(s, o, v, v.conversation, "", 1000,
			bytes.NewReader(bytes.Repeat([]byte{byte('a' + i)}, 1000))); err != nil || status != want {
			t.Errorf("the file %d: %d %s %v", i, status, answer, err)
		}
	}
}

// TestStorageIsShown shows that the organization's page and a website's say how much is stored.
func TestStorageIsShown(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	v := newVisitor(t, s, o, "")
	v.send("Hello")
	if status, answer, err := sendFile(s, o, v, v.conversation, "", -1, strings.NewReader(strings.Repeat("Words", 1000))); err != nil || status != http.StatusOK {
		t.Fatal(status, answer, err)
	}
	client := loggedIn(t, s, o.Users[access.Owner].Email)
	for path, want := range map[string]string{
		"/admin/organization":                               "use 4 kB of 20.0 GB file storage.",
		"/admin/websites/" + o.Website.String() + "/widget": "use 4 kB of 10.0 GB file storage.",
	} {
		if page := pageAt(t, client, s.URL+path); !strings.Contains(page, want) {
			t.Errorf("%s does not say %q", path, want)
		}
	}
}
