package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/domain/conversation"
	"parley/app/domain/visitor"
	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
)

// TestAdminAddress shows that the operator's own address has metrics for Prometheus and profiles, and that the
// public address has neither.
func TestAdminAddress(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, func(c *serve.Config) { c.AdminAddr = "127.0.0.1:0" })
	v := newVisitor(t, s, o, "")
	v.send("Hello")
	res, err := http.Get("http://" + s.AdminAddress + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`parley_sockets_open{kind="visitors"} 1`, `parley_messages_committed_total 1`, `parley_commit_messages_count 1`,
		`parley_bus_up 1`, `parley_ready 1`, `parley_refusals_total{limit="address"} 0`, "go_goroutines ",
	} {
		if !strings.Contains(string(body), want) {
			t.Errorf("no %s", want)
		}
	}
	if get(t, "http://"+s.AdminAddress+"/debug/pprof/heap") != 200 || get(t, s.URL+"/metrics") != 404 ||
		get(t, s.URL+"/debug/pprof/") != 404 {
		t.Error("profiles and metrics are not where they should be, or where they should not be")
	}
}

// TestLogsWithoutText shows that no log line has what people write, whatever goes wrong with it.
func TestLogsWithoutText(t *testing.T) {
	var out bytes.Buffer
	var mu sync.Mutex
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(writerFunc(func(b []byte) { mu.Lock(); out.Write(b); mu.Unlock() }),
		&slog.HandlerOptions{Level: slog.LevelDebug})))
	defer slog.SetDefault(before)
	o := testkit.NewOrg(t)
	s := startServer(t, nil)
	const text = "my card is 4111-1111"
	v := newVisitor(t, s, o, "")
	v.send(text)
	ctx, cancel := context.WithTimeout(context.Background(), time.Nanosecond) // it cannot be stored in time
	defer cancel()
	who, _, err := visitor.NewTokens(testSecret).Verify(v.token, o.ID, o.Website, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	s.Conversations.SendAsVisitor(ctx, who, conversation.VisitorMessage{ID: uuid.New(), Body: text, Customer: o.Customer})
	s.Conversations.SendAsVisitor(context.Background(), access.Visitor(o.ID, uuid.New(), uuid.New()),
		conversation.VisitorMessage{ID: uuid.New(), Body: text, Customer: o.Customer})
	v.WriteRaw([]byte(`{"type":"send","id":17,"text":"` + text + `"}`))
	v.await("refused")
	mu.Lock()
	defer mu.Unlock()
	if strings.Contains(out.String(), "4111") {
		t.Errorf("logged: %s", out.String())
	}
	for line := range strings.Lines(out.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
}

type writerFunc func([]byte)

func (w writerFunc) Write(b []byte) (int, error) { w(b); return len(b), nil }
