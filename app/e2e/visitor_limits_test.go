package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/app/serve"
	"parley/app/tools/testkit"
	"parley/app/tools/traffic"
)

// TestLimits shows that what is over a limit is refused with a reason and a time, on the open socket or in the
// answer, and works again after it.
func TestLimits(t *testing.T) {
	t.Parallel()
	o, quiet := testkit.NewOrg(t), testkit.NewOrg(t)
	s := startServer(t, func(c *serve.Config) {
		c.Limits.Visitor.PerSecond, c.Limits.Visitor.Burst = 0.5, 3
		c.Limits.Address.PerSecond, c.Limits.Address.Burst = 0.5, 6
		c.Limits.Website.PerSecond, c.Limits.Website.Burst = 0.5, 9
		c.Limits.AddressSockets, c.Limits.WebsiteSockets = 2, 4
	})
	from := func(org testkit.Org, address string) *rawSocket {
		return openRawFrom(t, s, org, address)
	}
	hello := func(r *rawSocket) string { r.send(`{"type":"hello","protocol":1}`); return r.next() }
	say := func(r *rawSocket) string {
		r.send(fmt.Sprintf(`{"type":"send","id":"%s","text":"Hello"}`, uuid.NewString()))
		return r.next()
	}
	a := from(o, "203.0.113.1")
	hello(a)
	busy := func(what, got string) {
		t.Helper()
		if !strings.Contains(got, `"busy"`) || !strings.Contains(got, `"retry":`) ||
			!strings.Contains(got, "shortly") && !strings.Contains(got, "as soon as") {
			t.Errorf("%s: %s", what, got)
		}
	}
	good := func(what, got string) {
		t.Helper()
		if !strings.Contains(got, `"ack"`) {
			t.Errorf("%s: %s", what, got)
		}
	}
	for range 3 {
		good("within", say(a))
	}
	busy("a visitor's fourth at once", say(a))
	b := from(o, "203.0.113.1") // the same office does not suffer from it
	hello(b)
	for range 3 {
		good("a colleague", say(b))
	}
	busy("a third socket of the address", from(o, "203.0.113.1").next())
	c := from(o, "203.0.113.2")
	hello(c)
	for range 3 {
		good("another address", say(c))
	}
	d := from(o, "203.0.113.3")
	hello(d)
	busy("a tenth of the website", say(d))
	busy("a fifth socket of the website", from(o, "203.0.113.4").next())
	e := from(quiet, "203.0.113.1") // another organization's website is not concerned
	if got := hello(e); !strings.Contains(got, "welcome") {
		// but the address is: it has its two sockets
		busy("the address elsewhere", got)
	}
	g := from(quiet, "203.0.113.5")
	hello(g)
	good("another organization", say(g))
	time.Sleep(2500 * time.Millisecond)
	good("after the wait", say(c))
}

// TestLimitsOfOneVisitor shows that a visitor with very many tabs keeps the newest; that a long history comes in
// pages of bounded size, on a socket and by polling; and that an acknowledgement comes after it.
func TestLimitsOfOneVisitor(t *testing.T) {
	t.Parallel()
	o := testkit.NewOrg(t)
	s := startServer(t, func(c *serve.Config) { c.Limits.Visitor.Burst = 1000; c.Limits.Website.Burst = 1000 })
	v := newVisitor(t, s, o, "")
	for range 80 {
		v.send(strings.Repeat("<", 4000))
	}
	hello := fmt.Sprintf(`{"type":"hello","protocol":1,"token":"%s"}`, v.token)
	var tabs []*rawSocket
	for range 25 {
		tab := openRaw(t, s, o, "")
		tab.send(hello)
		if got := tab.next(); len(got) > 200<<10 {
			t.Fatalf("a welcome of %d bytes", len(got))
		}
		tabs = append(tabs, tab)
	}
	for i := 0; i < 5; i++ { // the oldest have been told to go, v among them
		for {
			tabs[i].conn.SetReadDeadline(time.Now().Add(testkit.Patience))
			if _, _, err := tabs[i].conn.ReadMessage(); err != nil {
				if !strings.Contains(err.Error(), "1008") {
					t.Errorf("tab %d: %v", i, err)
				}
				break
			}
		}
	}
	status, got := postFrames(t, s, o, 0, "",
		[]byte(`[`+hello+`,{"type":"send","id":"`+uuid.NewString()+`","conversation":"`+v.conversation+`","text":"And?"}]`))
	if status != 200 || got[len(got)-1].Type != "ack" && !slices.ContainsFunc(got, func(f traffic.Frame) bool { return f.Type == "ack" }) {
		t.Errorf("%d, %d frames without an acknowledgement", status, len(got))
	}
}
