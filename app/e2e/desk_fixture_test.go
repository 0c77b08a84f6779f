package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"parley/app/platform/access"
	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

// logInAgent logs the organization's user with a role in at one of several servers.
func logInAgent(t testing.TB, s *serve.Server, o testkit.Org, role access.Role) *traffic.Agent {
	t.Helper()
	a, err := traffic.LogIn(context.Background(), s.URL, o.Users[role].Email, testkit.Password)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// deskScreen is a desk without a browser: it collects the frames of its socket.
type deskScreen struct {
	t      testing.TB
	conn   *websocket.Conn
	frames chan string
	closed chan int // close code
	first  string   // the frame that brought it up to date
}

func openDesk(t testing.TB, a *traffic.Agent) *deskScreen {
	t.Helper()
	return openDeskAt(t, a, nil)
}

// openDeskAt is openDesk for a page that shows threads up to some messages.
func openDeskAt(t testing.TB, a *traffic.Agent, threads map[string]int) *deskScreen {
	t.Helper()
	conn, err := a.OpenDeskAt(context.Background(), threads)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	d := &deskScreen{t: t, conn: conn, frames: make(chan string, 10000), closed: make(chan int, 1)}
	go func() {
		for {
			_, frame, err := conn.ReadMessage()
			if err != nil {
				code := 0
				if e, ok := err.(*websocket.CloseError); ok {
					code = e.Code
				}
				d.closed <- code
				return
			}
			d.frames <- string(frame)
		}
	}()
	d.first = d.until("hx-target=\"#mine\"")
	return d
}

// until waits for a frame that contains a text and returns it.
func (d *deskScreen) until(text string) string {
	d.t.Helper()
	late := time.After(testkit.Patience)
	for {
		select {
		case f := <-d.frames:
			if strings.Contains(f, text) {
				return f
			}
		case <-late:
			d.t.Fatalf("no frame with %q", text)
		}
	}
}

// next waits for the next frame.
func (d *deskScreen) next() string { return d.until("") }
