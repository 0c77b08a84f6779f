package testkit

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

// FreePort returns a port of this machine that is not in use at the moment.
func FreePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func freePort(t testing.TB) int {
	t.Helper()
	port, err := FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// lookProgram finds a program of the system's packages.
func lookProgram(t testing.TB, name string) string {
	t.Helper()
	for _, path := range []string{name, "/usr/sbin/" + name, "/opt/homebrew/bin/" + name} {
		if found, err := exec.LookPath(path); err == nil {
			return found
		}
	}
	t.Fatalf("no %s on this machine: make test installs it", name)
	return ""
}

// awaitAnswer waits until somebody listens at an address.
func awaitAnswer(t testing.TB, address string, log *syncBuffer) {
	t.Helper()
	for range 500 {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("nobody answers at %s\n%s", address, log)
}

// syncBuffer stores what a program writes; it is safe for concurrent use.
type syncBuffer struct {
	mu   sync.Mutex
	text []byte
}

func (l *syncBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, b...)
	return len(b), nil
}

func (l *syncBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

// PgBouncer starts a real PgBouncer in transaction mode before the test cluster, with few sessions that all share, and returns the
// application's address through it.
func PgBouncer(t testing.TB) string {
	t.Helper()
	path := lookProgram(t, "pgbouncer")
	app, _ := DatabaseURLs(t)
	u, err := url.Parse(app)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("/tmp", "parley-pgbouncer-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	password, _ := u.User.Password()
	port := freePort(t)
	config := fmt.Sprintf(`[databases]
parley = host=127.0.0.1 port=%s dbname=parley
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = trust
auth_file = %s/users
pool_mode = transaction
default_pool_size = 6
max_client_conn = 1000
`, u.Query().Get("port"), port, dir)
	for name, text := range map[string]string{"ini": config, "users": fmt.Sprintf("%q %q\n", u.User.Username(), password)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	os.Chmod(dir, 0o755)
	args := []string{filepath.Join(dir, "ini")}
	if os.Getuid() == 0 { // it refuses to run as root
		args = append([]string{"-u", "nobody"}, args...)
	}
	log := &syncBuffer{}
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("PgBouncer: %.3000s", log)
		}
	})
	address := "127.0.0.1:" + strconv.Itoa(port)
	awaitAnswer(t, address, log)
	return (&url.URL{Scheme: "postgres", User: u.User, Host: address, Path: "/parley", RawQuery: "sslmode=disable"}).String()
}
