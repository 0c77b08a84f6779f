package serve

import (
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"parley/app/front/live"
)

// outOfFilesListener is a listener whose process may open no more files, some times.
type outOfFilesListener struct {
	net.Listener
	times atomic.Int32
}

func (l *outOfFilesListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil && l.times.Add(-1) >= 0 {
		c.Close() // what comes is lost in this test; in a process it stays in the queue
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return c, err
}

// That no file can be opened closes idle connections, and ends nothing.
func TestListenerOutOfFiles(t *testing.T) {
	t.Parallel()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	short := &outOfFilesListener{Listener: inner}
	l := newBoundedListener(short, ConnectionLimits{}, nil)
	server := &http.Server{Handler: http.NotFoundHandler(), ConnState: l.trackState}
	defer server.Close()
	go server.Serve(l)
	idle, err := net.Dial("tcp", inner.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if open, _ := l.Count(); open == 1 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("not accepted")
		}
	}
	get := func() (int, error) {
		res, err := (&http.Client{
			Timeout:   20 * time.Second,
			Transport: &http.Transport{DisableKeepAlives: true},
		}).Get("http://" + inner.Addr().String())
		if err != nil {
			return 0, err
		}
		res.Body.Close()
		return res.StatusCode, nil
	}
	short.times.Store(1)
	if code, err := get(); err == nil {
		t.Error(code)
	}
	idle.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := idle.Read(make([]byte, 1)); err == nil {
		t.Error("the idle connection is still open")
	}
	if code, err := get(); code != http.StatusNotFound {
		t.Error(code, err)
	}
}

// What a process may open is divided so that something stays in reserve.
func TestDivideOpenFiles(t *testing.T) {
	t.Parallel()
	for _, files := range []int{256, 1024, 20_000, 1 << 20} {
		l, c := live.DefaultLimits(), ConnectionLimits{}
		divideOpenFiles(files, &l, &c)
		if l.AllSockets < files/4 || l.StaffSockets < 32 || c.Total < 64 || files-l.AllSockets-l.StaffSockets-c.Total < min(160, files/4) {
			t.Errorf("of %d files: %d sockets, %d pages of teams, %d connections", files, l.AllSockets, l.StaffSockets, c.Total)
		}
	}
}
