package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"

	"parley/app/tools/traffic"
)

// floodOrder is the JSON that a flood reads from its standard input.
type floodOrder struct {
	Name         string
	Server       string
	Organization traffic.Organization
	Long         string // a conversation with very many messages
}

// startFlood starts a flood in a process of its own, which yields to the server and to what is measured as another machine
// would. stop ends it and returns what it counted.
func startFlood(o floodOrder) (stop func() string, err error) {
	binary, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(binary, "chaos", "-scenario", "flood")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	syscall.Setpriority(syscall.PRIO_PROCESS, cmd.Process.Pid, 19) // it also works without
	return func() string {
		in.Close()
		time.AfterFunc(40*time.Second, func() { cmd.Process.Kill() })
		cmd.Wait()
		return strings.TrimSpace(out.String())
	}, json.NewEncoder(in).Encode(o)
}

// flood does what the order on in names until in ends, and then writes how often each status was answered.
func flood(ctx context.Context, in io.Reader, out io.Writer) error {
	decoder := json.NewDecoder(in)
	var o floodOrder
	if err := decoder.Decode(&o); err != nil {
		return err
	}
	f := &flooder{organization: o.Organization, server: o.Server, long: o.Long, counts: map[int]int{}}
	f.n = int(time.Now().UnixNano() % 1e9) // files and addresses that were not there before
	var err error
	if f.manager, err = traffic.LogIn(ctx, o.Server, o.Organization.ManagerEmail, o.Organization.Password); err != nil {
		return err
	}
	if f.agent, err = traffic.LogIn(ctx, o.Server, o.Organization.AgentEmail, o.Organization.Password); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	for _, x := range floods {
		for n := range x.workers {
			if x.name == o.Name {
				all.Go(func() {
					for ctx.Err() == nil {
						x.do(f, ctx, n)
					}
				})
			}
		}
	}
	io.Copy(io.Discard, io.MultiReader(decoder.Buffered(), in))
	f.mu.Lock()
	counts := maps.Clone(f.counts)
	f.mu.Unlock()
	stop()
	all.Wait()
	var list []string
	for _, status := range slices.Sorted(maps.Keys(counts)) {
		list = append(list,
			fmt.Sprintf("%d× %s", counts[status], map[bool]string{true: "no answer", false: fmt.Sprint(status)}[status == 0]))
	}
	_, err = fmt.Fprintln(out, strings.Join(list, ", "))
	return err
}

// flooder is an organization that sends as much as it can.
type flooder struct {
	organization traffic.Organization
	server       string
	manager      *traffic.Agent
	agent        *traffic.Agent
	long         string // a conversation with very many messages

	mu     sync.Mutex
	counts map[int]int // by status; 0: no answer
	n      int
}

func (f *flooder) count(status int, _ string, _ error) {
	f.mu.Lock()
	f.counts[status]++
	f.mu.Unlock()
	if status == http.StatusTooManyRequests || status == 0 {
		time.Sleep(20 * time.Millisecond)
	}
}

func (f *flooder) next() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n++
	return f.n
}

var floods = []struct {
	name    string
	workers int
	do      func(f *flooder, ctx context.Context, worker int)
}{
	{"messages", 20, func(f *flooder, ctx context.Context, _ int) {
		v, err := f.organization.Site(f.server).Open(ctx, nil, "")
		if err != nil {
			f.count(0, "", err)
			return
		}
		defer v.Close()
		conversation := ""
		for ctx.Err() == nil {
			if v.SendMessage(uuid.NewString(), conversation, "Where is my parcel? I have been waiting for it for a week now.") != nil {
				return
			}
			for {
				frame, err := v.Next(time.Now().Add(5 * time.Second))
				if err != nil {
					return
				}
				if frame.Type == "ack" {
					conversation = frame.ConversationID()
					f.count(200, "", nil)
					break
				}
				if frame.Type == "refused" {
					f.count(429, "", nil)
					break
				}
			}
		}
	}},
	{"uploads", 12, func(f *flooder, ctx context.Context, _ int) {
		v, err := f.organization.Site(f.server).Open(ctx, nil, "")
		if err != nil {
			f.count(0, "", err)
			return
		}
		defer v.Close()
		welcome, err := v.Await("welcome", time.Now().Add(5*time.Second))
		if err != nil {
			f.count(0, "", err)
			return
		}
		v.SendMessage(uuid.NewString(), "", "Here are my files.")
		ack, err := v.Await("ack", time.Now().Add(5*time.Second))
		if err != nil {
			f.count(0, "", err)
			return
		}
		file := append([]byte("%PDF-1.4\n"), bytes.Repeat([]byte("parcel "), 600_000)...)
		for range 20 {
			if ctx.Err() != nil {
				return
			}
			address := fmt.Sprintf("%s/widget/v1/files?key=%s&id=%s&name=a.pdf&conversation=%s", f.server,
				f.organization.Key, uuid.NewString(), ack.ConversationID())
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(file))
			if err != nil {
				return
			}
			req.Header.Set("Authorization", "Bearer "+welcome.Token)
			f.count(traffic.Anonymous(f.server).DoFrom(req, map[string]string{"Origin": "https://" + f.organization.Host}))
		}
	}},
	{"imports", 13, func(f *flooder, ctx context.Context, _ int) {
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		part, _ := form.CreateFormFile("file", "faq.csv")
		part.Write(f.catalog())
		form.WriteField("language", "en")
		form.Close()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.server+"/faq/import", &b)
		if err != nil {
			return
		}
		req.Header.Set("Content-Type", form.FormDataContentType())
		f.count(f.manager.Do(req))
	}},
	{"searches", 12, func(f *flooder, ctx context.Context, worker int) {
		f.count(f.manager.Get(ctx, "/archive?q="+url.QueryEscape(fmt.Sprintf("parcel refund page%d", f.next()%100))))
	}},
	{"exports", 8, func(f *flooder, ctx context.Context, worker int) {
		path := "/archive/" + f.long + "/export/json"
		if worker%2 == 1 {
			path = "/faq/export?format=csv"
		}
		f.count(f.manager.Get(ctx, path))
	}},
	{"sockets", 50, func(f *flooder, ctx context.Context, worker int) {
		if worker%2 == 0 {
			desk, err := f.agent.OpenDesk(ctx)
			if err != nil {
				f.count(0, "", err)
				return
			}
			defer desk.Close()
			f.count(200, "", nil)
			pause(ctx, 200*time.Millisecond)
			return
		}
		v, err := f.organization.Site(f.server).Open(ctx, nil, "")
		if err != nil {
			f.count(0, "", err)
			return
		}
		defer v.Close()
		f.count(200, "", nil)
		pause(ctx, 200*time.Millisecond)
	}},
	{"mails", 8, func(f *flooder, ctx context.Context, _ int) {
		f.count(f.manager.Post(ctx, "/admin/team/invite", url.Values{
			"email": {fmt.Sprintf("somebody%d@shop.example", f.next())},
			"name":  {"Somebody"},
			"role":  {"agent"},
		}))
	}},
}

// catalog is a new FAQ file.
func (f *flooder) catalog() []byte {
	n := f.next()
	var b bytes.Buffer
	b.WriteString("question,answer\n")
	for i := range entriesOfFlood {
		fmt.Fprintf(&b,
			"Question %d of file %d about parcels and refunds?,Answer %d which is as long as answers are: please have a "+
				"look at your account.\n",
			i, n, i)
	}
	return b.Bytes()
}
