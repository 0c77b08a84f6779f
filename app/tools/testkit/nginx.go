package testkit

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

// Nginx starts a real nginx with the configuration of deploy/nginx.conf as it stands, but for the ports, and returns its address. The
// two servers behind it listen on ports of this machine.
func Nginx(t testing.TB, config string, first, second int) string {
	t.Helper()
	path := lookProgram(t, "nginx")
	dir, err := os.MkdirTemp("/tmp", "parley-nginx-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	os.Chmod(dir, 0o755)
	site, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	for _, change := range []struct {
		from string
		to   int
	}{{`127\.0\.0\.1:8081`, first}, {`127\.0\.0\.1:8082`, second}} {
		site = replaceOnce(t, site, change.from, "127.0.0.1:"+strconv.Itoa(change.to))
	}
	site = replaceOnce(t, site, `listen 80;`, fmt.Sprintf("listen 127.0.0.1:%d;", port))
	main := fmt.Sprintf(`daemon off;
worker_processes 1;
pid %[1]s/pid;
error_log stderr error;
events { worker_connections 512; }
http {
    access_log off;
    client_body_temp_path %[1]s/body;
    proxy_temp_path %[1]s/proxy;
    fastcgi_temp_path %[1]s/fastcgi;
    uwsgi_temp_path %[1]s/uwsgi;
    scgi_temp_path %[1]s/scgi;
    include %[1]s/parley.conf;
}
`, dir)
	for name, text := range map[string][]byte{"parley.conf": site, "nginx.conf": []byte(main)} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	log := &syncBuffer{}
	cmd := exec.Command(path, "-p", dir, "-e", "stderr", "-c", filepath.Join(dir, "nginx.conf"))
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
		if t.Failed() {
			t.Logf("nginx: %.3000s", log)
		}
	})
	awaitAnswer(t, fmt.Sprintf("127.0.0.1:%d", port), log)
	return fmt.Sprintf("http://127.0.0.1:%d", port)
}

func replaceOnce(t testing.TB, text []byte, pattern, with string) []byte {
	t.Helper()
	r := regexp.MustCompile(pattern)
	if n := len(r.FindAll(text, -1)); n != 1 {
		t.Fatalf("%s is there %d times in the configuration", pattern, n)
	}
	return r.ReplaceAllLiteral(text, []byte(with))
}
