package testkit

import (
	"net"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

// Redis starts a real Redis on a free port, until the test ends or stop is called; start starts it there again.
func Redis(t testing.TB) (url string, stop, start func()) {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("no redis-server on this machine: make test installs it")
	}
	port := strconv.Itoa(freePort(t))
	var cmd *exec.Cmd
	stop = func() {
		if cmd != nil {
			cmd.Process.Kill()
			cmd.Wait()
			cmd = nil
		}
	}
	start = func() {
		cmd = exec.Command(path, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for range 200 {
			if c, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
				c.Close()
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		t.Fatal("Redis does not answer")
	}
	start()
	t.Cleanup(func() { stop() })
	return "redis://127.0.0.1:" + port, stop, start
}
