package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/faq"
	"parley/app/domain/files"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// maxMemory is what the server may take beyond what it takes when idle, whatever anybody does.
const maxMemory = 200 << 20

// peakHeap runs something and returns by how many bytes the heap of this process, clients included, has grown
// meanwhile at most.
func peakHeap(do func()) int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	heap := func() int64 {
		metrics.Read(sample)
		return int64(sample[0].Value.Uint64())
	}
	runtime.GC()
	before, most := heap(), int64(0)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			most = max(most, heap()-before)
			select {
			case <-done:
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	}()
	do()
	close(done)
	<-ended
	return most
}

// endlessBody is a body of so many bytes that nobody holds in memory.
func endlessBody(n int64) io.Reader { return io.LimitReader(repeatedText{}, n) }

type repeatedText struct{}

func (repeatedText) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = "a=b&"[i%4]
	}
	return len(p), nil
}

// TestMemoryUnderAbuse bounds the memory of the server while strangers and members send and fetch as much as they
// can. It runs alone, because the work of others would count.
func TestMemoryUnderAbuse(t *testing.T) {
	ctx := context.Background()
	var dir string
	s := startServer(t, withFilesIn(t, &dir))
	o := testkit.NewOrg(t)
	manager := loggedIn(t, s, o.Users[access.Manager].Email)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}, Timeout: time.Minute}
	post := func(path, kind string, size int64, body io.Reader) {
		r, err := http.NewRequest(http.MethodPost, s.URL+path, body)
		if err != nil {
			t.Error(err)
			return
		}
		r.ContentLength = size
		r.Header.Set("Content-Type", kind)
		if res, err := client.Do(r); err == nil { // or it was cut off
			res.Body.Close()
			if res.StatusCode < 300 {
				t.Errorf("%s: %d", path, res.StatusCode)
			}
		}
	}
	together := func(n int, do func(i int)) func() {
		return func() {
			var all sync.WaitGroup
			for i := range n {
				all.Go(func() { do(i) })
			}
			all.Wait()
		}
	}
	const form = "application/x-www-form-urlencoded"
	head := "--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"a\"\r\n\r\n"
	long := longConversation(t, s, o, 50_000)
	table := catalogueOf(faq.MaxImportBytes - 4096)
	for _, c := range []struct {
		what string
		do   func()
	}{
		{"8 posts of 48 MB to /reset/files", together(8, func(int) {
			post("/reset/files", "multipart/form-data; boundary=x", 48<<20,
				io.MultiReader(strings.NewReader(head), endlessBody(48<<20-int64(len(head)))))
		})},
		{"8 posts of 48 MB without a length", together(8, func(int) { post("/reset/files", form, -1, endlessBody(48<<20)) })},
		{"100 bodies of 1 MB to /login", together(100, func(int) { post("/login", form, 1<<20, endlessBody(1<<20)) })},
		{"100 bodies of 1 MB to the poll transport", together(100, func(int) { post("/widget/v1/frames?key="+o.Key, "text/plain", -1, endlessBody(1<<20)) })},
		{"24 slow uploads", func() { slowUploads(t, s, o, 24, dir) }},
		{"8 uploads of 25 MB by an agent", together(8, func(i int) {
			f := files.Upload{
				ID:       uuid.New(),
				Purpose:  files.ForSnippet,
				Name:     "a.txt",
				Content:  endlessBody(25<<20 - int64(i)),
				Size:     25<<20 - int64(i),
				Allowed:  files.Categories,
				MaxBytes: 25 << 20,
			}
			if _, err := s.Files.Put(ctx, o.As(access.Agent), f); err != nil {
				t.Error(err)
			}
		})},
		{"5 imports of 16 MB", together(5, func(int) { importTable(t, manager, s.URL, table) })},
		{"the pages of 50,000 messages", func() { readLong(t, manager, s.URL+"/archive/"+long.String()) }},
		{"their export as JSON", func() { exportLong(t, manager, s.URL+"/archive/"+long.String()+"/export/json", 50_000) }},
		{"their export as text", func() { exportLong(t, manager, s.URL+"/archive/"+long.String()+"/export/txt", 0) }},
	} {
		begun := time.Now()
		most := peakHeap(c.do)
		t.Logf("%-42s +%4d MiB, %v", c.what, most>>20, time.Since(begun).Round(10*time.Millisecond))
		if most > maxMemory {
			t.Errorf("%s: %d MiB", c.what, most>>20)
		}
	}
}

// longConversation inserts a closed conversation with so many messages.
func longConversation(t testing.TB, s *serve.Server, o testkit.Org, messages int) uuid.UUID {
	t.Helper()
	v := newVisitor(t, s, o, "")
	v.send("The first")
	id := uuid.MustParse(v.conversation)
	db := s.DB.As(access.System(o.ID, "test"))
	for _, sql := range []string{
		`insert into messages (org_id, conversation_id, seq, id, visitor_id, kind, author, author_id, body, created_at)
			select org_id, id, n, gen_random_uuid(), visitor_id, 'text', 'visitor', visitor_id, 'Message ' || n || repeat(' and some words of it', 10), now()
			from conversations, generate_series(2, $2::integer) n where id = $1`,
		`update conversations set last_seq = $2::integer, state = 'closed', closed_at = now(), waiting_since = null where id = $1`,
	} {
		if _, err := db.Exec(context.Background(), sql, id, messages); err != nil {
			t.Fatal(err)
		}
	}
	return id
}

// readLong opens a conversation's page, the next, and the one before.
func readLong(t testing.TB, client *http.Client, address string) {
	t.Helper()
	first := pageAt(t, client, address)
	second := pageAt(t, client, address+"?after=200")
	again := pageAt(t, client, address+"?before=201")
	if !strings.Contains(first, `id="m-200"`) || strings.Contains(first, `id="m-201"`) ||
		!strings.Contains(first, "after=200") || strings.Contains(first, `rel="prev"`) {
		t.Error("the first page is not of the first 200 messages")
	}
	if !strings.Contains(second, `id="m-201"`) || !strings.Contains(second, "before=201") || !strings.Contains(second, "after=400") {
		t.Error("the second page is not of the next")
	}
	if !strings.Contains(again, `id="m-1"`) || !strings.Contains(again, `id="m-200"`) ||
		strings.Contains(again, `rel="prev"`) || !strings.Contains(again, "after=200") {
		t.Error("the page before the second is not the first")
	}
}

// exportLong fetches an export, and counts the messages of one in JSON without holding it.
func exportLong(t testing.TB, client *http.Client, address string, messages int) {
	t.Helper()
	res, err := client.Get(address)
	if err != nil {
		t.Error(err)
		return
	}
	defer res.Body.Close()
	if messages == 0 {
		n := 0
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			if strings.HasPrefix(lines.Text(), "  Message ") {
				n++
			}
		}
		if n != 49_999 {
			t.Errorf("%d messages in the text", n)
		}
		return
	}
	n, dec := 0, json.NewDecoder(res.Body)
	for depth := 0; ; {
		token, err := dec.Token()
		if err != nil {
			break
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
			if depth == 3 && token == json.Delim('{') {
				n++
			}
		case json.Delim('}'), json.Delim(']'):
			if depth--; depth == 0 {
				if dec.More() || n < messages || n > messages+1 { // and one who had it
					t.Errorf("%d messages in the JSON", n)
				}
				return
			}
		}
	}
	t.Error("the JSON does not end")
}

// slowUploads begins so many uploads, each of which sends a little and then waits.
func slowUploads(t testing.TB, s *serve.Server, o testkit.Org, n int, dir string) {
	t.Helper()
	visitors := newVisitors(t, s, o, 3)
	for _, v := range visitors {
		v.send("Hello")
	}
	var ends []*io.PipeWriter
	for i := range n {
		body, end := io.Pipe()
		ends = append(ends, end)
		go sendFile(s, o, visitors[i%3], visitors[i%3].conversation, fmt.Sprintf("203.0.113.%d", i), 10<<20, body)
		go func() {
			end.Write(bytes.Repeat([]byte("words "), 100_000))
			trickle(end)
		}()
	}
	waitFor(t, "they come", func() bool { _, coming := countFiles(t, dir); return coming >= min(n, 20) })
	time.Sleep(300 * time.Millisecond) // what has come is held or not
	for _, end := range ends {
		end.CloseWithError(io.ErrClosedPipe)
	}
}

// catalogueOf returns a table of FAQ entries of about so many bytes.
func catalogueOf(size int) []byte {
	var b bytes.Buffer
	b.Grow(size)
	b.WriteString("question,answer\n")
	answer := strings.Repeat("Some words of an answer. ", 40)
	for i := 0; b.Len() < size-len(answer)-100; i++ {
		fmt.Fprintf(&b, "Question number %d of the catalogue?,%s\n", i, answer)
	}
	return b.Bytes()
}

// importTable sends a table to the import's page, which checks it.
func importTable(t testing.TB, client *http.Client, server string, table []byte) {
	t.Helper()
	var head bytes.Buffer
	form := multipart.NewWriter(&head)
	if _, err := form.CreateFormFile("file", "a.csv"); err != nil {
		t.Error(err)
		return
	}
	tail := "\r\n--" + form.Boundary() + "--\r\n"
	r, err := http.NewRequest(http.MethodPost, server+"/faq/import",
		io.MultiReader(bytes.NewReader(head.Bytes()), bytes.NewReader(table), strings.NewReader(tail)))
	if err != nil {
		t.Error(err)
		return
	}
	r.ContentLength = int64(head.Len() + len(table) + len(tail))
	r.Header.Set("Content-Type", form.FormDataContentType())
	res, err := client.Do(r)
	if err != nil {
		t.Error(err)
		return
	}
	defer res.Body.Close()
	io.Copy(io.Discard, res.Body)
	if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusTooManyRequests { // others of the organization's are worked on
		t.Errorf("an import: %d", res.StatusCode)
	}
}

// TestExportIsComplete shows that a conversation that was edited, with suggestions and a note, reads the same in an
// export by pages and at once.
func TestExportIsComplete(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	v := newVisitor(t, s, o, "")
	v.send("Hello")
	id, agent := uuid.MustParse(v.conversation), o.As(access.Agent)
	if _, err := s.Routing.Take(ctx, agent, "Mia", id); err != nil {
		t.Fatal(err)
	}
	m, err := s.Conversations.SendAsAgent(ctx, agent, id, uuid.New(), conversation.Text, "A first reply")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Conversations.EditReply(ctx, agent, id, m.Seq, uuid.New(), "A better <reply>"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Conversations.Close(ctx, agent, id); err != nil {
		t.Fatal(err)
	}
	c, err := s.Archive.Get(ctx, o.As(access.Manager), id, "")
	if err != nil {
		t.Fatal(err)
	}
	want, err := c.JSON()
	if err != nil || !json.Valid(want) {
		t.Fatal(err, string(want))
	}
	client := loggedIn(t, s, o.Users[access.Manager].Email)
	if got := pageAt(t, client, s.URL+"/archive/"+id.String()+"/export/json"); got != string(want) {
		t.Errorf("%s\nis not\n%s", got, want)
	}
	if got := pageAt(t, client, s.URL+"/archive/"+id.String()+"/export/txt"); got != c.Text() {
		t.Errorf("%s\nis not\n%s", got, c.Text())
	}
}
