package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"parley/app/tools/traffic"
)

// Server is a server in a process of its own.
type Server struct {
	URL           string
	Admin         string // host and port of its metrics
	Postgres      int    // process id of its database
	Organizations []traffic.Organization
}

// process is a running Server.
type process struct {
	Server
	cmd *exec.Cmd
}

// startProcess starts a server that stores messages in one commit mode: "together" (group commit), "each" or "nothing".
func startProcess(ctx context.Context, dir, mode string) (*process, error) {
	binary, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, binary, "bench-serve", mode)
	cmd.Env = append(os.Environ(), "PORT=0", "DATA_DIR="+dir, "DATABASE_URL=", "PUBLIC_URL=", "ADMIN_ADDR=", "REDIS_URL=")
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	a := &process{cmd: cmd}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &a.Server)
	}
	if err != nil {
		a.stop()
		return nil, fmt.Errorf("the server to measure does not start: %w", err)
	}
	return a, nil
}

func (a *process) stop() {
	a.cmd.Process.Signal(syscall.SIGTERM)
	a.cmd.Wait()
}

// metric reads one figure of the server's metrics.
func (a *process) metric(name string) (float64, error) {
	res, err := http.Get("http://" + a.Admin + "/metrics")
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		if value, found := strings.CutPrefix(lines.Text(), name+" "); found {
			return strconv.ParseFloat(value, 64)
		}
	}
	io.Copy(io.Discard, res.Body)
	return 0, fmt.Errorf("the server has no figure %s", name)
}

// cpu is the processor time in seconds that the server and its Postgres have used.
func (a *process) cpu() (server, postgres float64) {
	server = cpuOf(a.cmd.Process.Pid, false)
	postgres = cpuOf(a.Postgres, true)
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range stats {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err == nil && parentOf(pid) == a.Postgres {
			postgres += cpuOf(pid, false)
		}
	}
	return server, postgres
}

// fieldsOf returns what /proc says of a process after its name.
func fieldsOf(pid int) []string {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	_, after, _ := strings.Cut(string(raw), ") ")
	return strings.Fields(after)
}

func parentOf(pid int) int {
	f := fieldsOf(pid)
	if len(f) < 2 {
		return 0
	}
	n, _ := strconv.Atoi(f[1])
	return n
}

// cpuOf is a process's time in user and system mode, and with ended its ended children's too. Ticks are hundredths.
func cpuOf(pid int, ended bool) (seconds float64) {
	f := fieldsOf(pid)
	if len(f) < 15 {
		return 0
	}
	last := 13
	if ended {
		last = 15
	}
	for _, x := range f[11:last] {
		n, _ := strconv.ParseFloat(x, 64)
		seconds += n / 100
	}
	return seconds
}

func (a *process) residentKB() int { return residentKB(a.cmd.Process.Pid) }

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
