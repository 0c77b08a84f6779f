// Package bench prints the figures of this program on this machine. It is bounded in time and no part of the tests.
package bench

import (
	"compress/gzip"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"

	"parley/app/tools/traffic"
)

// Target is a server to measure, in this process, so that its statements can be counted.
type Target struct {
	URL    string
	Counts func() (statements, roundTrips int64)
}

// Start brings up a server with demo data on a fresh private database under dir.
type Start func(ctx context.Context, dir string) (Target, func(), error)

// Command runs "parley bench".
func Command(ctx context.Context, args []string, out io.Writer, start Start) error {
	f := flag.NewFlagSet("parley bench", flag.ContinueOnError)
	f.SetOutput(out)
	quick := f.Bool("quick", false, "short, for a look: fewer sockets, shorter measurements")
	sockets := f.Int("sockets", 0, "idle visitors, instead of 1,000, 10,000 and 19,000")
	only := f.String("only", "", "only start, widget, trips, idle, suggest or load")
	if err := f.Parse(args); err != nil {
		if err == flag.ErrHelp {
			return nil
		}
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("%q is not understood; see: parley bench -h", f.Arg(0))
	}
	dir, err := os.MkdirTemp("/tmp", "parley-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	os.Chmod(dir, 0o755) // the private Postgres may run as another user
	want := func(part string) bool { return *only == "" || *only == part }
	if want("start") {
		if err := startTimes(ctx, filepath.Join(dir, "own"), out); err != nil {
			return err
		}
	}
	if want("widget") || want("trips") {
		t, stop, err := start(ctx, filepath.Join(dir, "in"))
		if err != nil {
			return err
		}
		defer stop()
		if err := widgetBytes(ctx, t, out); err != nil {
			return err
		}
		if want("trips") {
			if err := perMessage(ctx, t, out); err != nil {
				return err
			}
		}
		stop()
	}
	if want("idle") {
		if err := idle(ctx, dir, *quick, *sockets, out); err != nil {
			return err
		}
	}
	if want("suggest") {
		if err := suggestionTimes(ctx, dir, *quick, out); err != nil {
			return err
		}
	}
	if want("load") {
		return throughput(ctx, dir, *quick, out)
	}
	return nil
}

// printRow prints one figure.
func printRow(out io.Writer, what, format string, figures ...any) {
	fmt.Fprintf(out, "%-52s %s\n", what, fmt.Sprintf(format, figures...))
}

// startTimes measures from the start of the binary to the first page served: on a fresh database, and again.
func startTimes(ctx context.Context, dir string, out io.Writer) error {
	binary, err := os.Executable()
	if err != nil {
		return err
	}
	for _, what := range []string{"first start (makes the database and demo data)", "second start"} {
		port, err := traffic.FreePort()
		if err != nil {
			return err
		}
		cmd := exec.CommandContext(ctx, binary, "serve", "--demo")
		cmd.Env = append(os.Environ(), "PORT="+strconv.Itoa(port), "DATA_DIR="+dir, "DATABASE_URL=", "PUBLIC_URL=")
		cmd.Stderr = os.Stderr
		begun := time.Now()
		if err := cmd.Start(); err != nil {
			return err
		}
		err = awaitPage(ctx, fmt.Sprintf("http://localhost:%d/login", port))
		took := time.Since(begun)
		rss := residentKB(cmd.Process.Pid)
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%-52s %8.2f s to the first page (goal: under 10 s), server's memory %.0f MiB\n", what,
			took.Seconds(), float64(rss)/1024)
	}
	return nil
}

func residentKB(pid int) int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), "VmRSS:")
	kb, _ := strconv.Atoi(strings.Fields(rest)[0])
	return kb
}

func awaitPage(ctx context.Context, address string) error {
	for range 1500 {
		if res, err := http.Get(address); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return fmt.Errorf("no page at %s within 30 s", address)
}

// widgetBytes counts what a page loads, as it goes over the wire.
func widgetBytes(ctx context.Context, t Target, out io.Writer) error {
	site, err := traffic.FindDemoShop(ctx, t.URL)
	if err != nil {
		return err
	}
	launcher, _, err := fetch(ctx, t.URL+"/widget.js", site.Origin)
	if err != nil {
		return err
	}
	css, _, err := fetch(ctx, t.URL+"/widget.css", site.Origin)
	if err != nil {
		return err
	}
	settings, body, err := fetch(ctx, t.URL+"/widget/v1/site?key="+site.Key, site.Origin)
	if err != nil {
		return err
	}
	path := regexp.MustCompile(`"panel":"([^"]+)"`).FindStringSubmatch(body)
	if path == nil {
		return fmt.Errorf("no panel in %s", body)
	}
	panel, _, err := fetch(ctx, t.URL+path[1], site.Origin)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%-52s %8d bytes gzip (goal: 3,000)\n", "widget: launcher", launcher)
	fmt.Fprintf(out, "%-52s %8d bytes gzip: launcher %d, stylesheet %d, settings %d\n",
		"widget: before the panel is opened", launcher+css+settings, launcher, css, settings)
	fmt.Fprintf(out, "%-56s %4d bytes gzip (goal: 12,000)\n", "widget: for talking and files, besides settings", launcher+css+panel)
	return nil
}

func fetch(ctx context.Context, address, origin string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Origin", origin)
	req.Header.Set("Accept-Encoding", "gzip")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		return 0, "", fmt.Errorf("%s: %s %w", address, res.Status, err)
	}
	n := len(b)
	if res.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(strings.NewReader(string(b)))
		if err != nil {
			return 0, "", err
		}
		if b, err = io.ReadAll(z); err != nil {
			return 0, "", err
		}
	}
	return n, string(b), nil
}

// perMessage counts statements and round trips of one message each way, with an agent's desk open. Each is done several
// times before, so that connections are warm and statements prepared; and several times while counting.
func perMessage(ctx context.Context, t Target, out io.Writer) error {
	site, err := traffic.FindDemoShop(ctx, t.URL)
	if err != nil {
		return err
	}
	agent, err := traffic.LogIn(ctx, t.URL, "mia@parley.demo", "parley demo")
	if err != nil {
		return err
	}
	desk, err := agent.OpenDesk(ctx)
	if err != nil {
		return err
	}
	defer desk.Close()
	go func() {
		for {
			if _, _, err := desk.ReadMessage(); err != nil {
				return
			}
		}
	}()
	v, err := site.Open(ctx, nil, "")
	if err != nil {
		return err
	}
	defer v.Close()
	if _, err := v.Await("welcome", time.Now().Add(10*time.Second)); err != nil {
		return err
	}
	if err := v.SendMessage(uuid.NewString(), "", "The first message"); err != nil {
		return err
	}
	first, err := v.Await("ack", time.Now().Add(10*time.Second))
	if err != nil {
		return err
	}
	conversation := first.ConversationID()
	sayIn := func() error {
		if err := v.SendMessage(uuid.NewString(), conversation, "One message"); err != nil {
			return err
		}
		_, err := v.Await("ack", time.Now().Add(10*time.Second))
		return err
	}
	if err := agent.Take(ctx, conversation); err != nil {
		return err
	}
	reply := func() error { return agent.Reply(ctx, conversation, "One reply") }
	for _, m := range []struct {
		what string
		do   func() error
	}{{"one visitor's message, until it is on the desk", sayIn}, {"one agent's reply, until it is in the panel", reply}} {
		const times, pause = 9, 600 * time.Millisecond // slower than the limit on one visitor
		for range 20 {                                 // every pooled connection prepares each statement once
			if err := m.do(); err != nil {
				return err
			}
			time.Sleep(pause)
		}
		time.Sleep(300 * time.Millisecond)
		var statements, trips []int64
		for range times {
			s0, r0 := t.Counts()
			if err := m.do(); err != nil {
				return err
			}
			time.Sleep(pause)
			s1, r1 := t.Counts()
			statements, trips = append(statements, s1-s0), append(trips, r1-r0)
		}
		slices.Sort(statements)
		slices.Sort(trips)
		fmt.Fprintf(out, "%-52s %8d round trips (goal: 1), %d statements (settings, scope, message); median of %d\n",
			m.what, trips[times/2], statements[times/2], times)
		if most := trips[times-1]; most > trips[times/2] {
			fmt.Fprintf(out, "%-52s %8d round trips at most: a log-in is looked up again every half minute\n", "", most)
		}
	}
	return nil
}
