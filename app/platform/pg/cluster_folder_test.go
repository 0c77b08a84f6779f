package pg_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/app/platform/pg"
)

// clusterParent is a folder for clusters' folders that the server's user can reach.
func clusterParent(t *testing.T) string {
	t.Helper()
	parent, err := os.MkdirTemp("/tmp", "parley-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(parent) })
	os.Chmod(parent, 0o755)
	return parent
}

func startCluster(t *testing.T, dir string) *pg.Cluster {
	t.Helper()
	c, err := pg.StartCluster(context.Background(), dir, pg.ClusterOptions{Volatile: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stop)
	return c
}

func execOn(t *testing.T, url, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// alive reports whether a process is there and has not ended.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if os.IsNotExist(err) {
		return false
	}
	if err != nil { // a system without /proc
		return syscall.Kill(pid, 0) == nil
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}

func waitFor(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !so(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not within half a minute: " + what)
		}
	}
}

// A copy of a folder in use is another folder: its start leaves the original's Postgres and socket alone, and both run.
func TestClusterCopiedFolder(t *testing.T) {
	parent := clusterParent(t)
	original := startCluster(t, parent+"/data")
	execOn(t, original.SuperURL, "create table kept as select 7 as n")
	execOn(t, original.SuperURL, "checkpoint")
	if out, err := exec.Command("cp", "-a", parent+"/data", parent+"/copy").CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	second := startCluster(t, parent+"/copy")
	for _, c := range []*pg.Cluster{original, second} {
		execOn(t, c.SuperURL, "select 1 / count(*) from kept")
	}
	if !alive(original.Process()) || original.Process() == second.Process() {
		t.Error("the copy's start has ended the original's Postgres")
	}
	second.Stop()
	execOn(t, original.SuperURL, "select 1 / count(*) from kept")
}

// A process that has the id which a stale postmaster.pid names is not touched, whatever it is and wherever it runs, and does not keep
// Postgres from starting.
func TestClusterStaleProcessID(t *testing.T) {
	parent := clusterParent(t)
	dir := parent + "/data"
	c := startCluster(t, dir)
	execOn(t, c.SuperURL, "create table kept as select 7 as n")
	pidFile := filepath.Join(dir, "postgres", "postmaster.pid")
	text, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\n")
	c.Stop()
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	sleeper := func() *exec.Cmd { // as Postgres' user, in its folder, under its name
		cmd := &exec.Cmd{
			Path:        sleep,
			Args:        []string{"postgres", "600"},
			Dir:         filepath.Join(dir, "postgres"),
			SysProcAttr: &syscall.SysProcAttr{},
		}
		if info, err := os.Stat(cmd.Dir); err == nil && os.Geteuid() == 0 {
			s := info.Sys().(*syscall.Stat_t)
			cmd.SysProcAttr.Credential = &syscall.Credential{Uid: s.Uid, Gid: s.Gid}
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		go cmd.Wait()
		t.Cleanup(func() { cmd.Process.Kill() })
		return cmd
	}
	foreign := sleeper()
	other := startCluster(t, parent+"/other")
	for name, content := range map[string]string{
		"a foreign process":      fmt.Sprintf("%d\n%s", foreign.Process.Pid, rest),
		"another data folder's":  fmt.Sprintf("%d\n%s", other.Process(), rest),
		"this process":           fmt.Sprintf("%d\n%s", os.Getpid(), rest),
		"a process that is gone": fmt.Sprintf("%d\n%s", 1<<22+1, rest),
		"half a file":            "",
	} {
		if err := os.WriteFile(pidFile, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(filepath.Dir(pidFile)); err == nil {
			s := info.Sys().(*syscall.Stat_t)
			os.Chown(pidFile, int(s.Uid), int(s.Gid))
		}
		c, err := pg.StartCluster(context.Background(), dir, pg.ClusterOptions{Volatile: true})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		execOn(t, c.SuperURL, "select 1 / count(*) from kept")
		c.Stop()
		if !alive(foreign.Process.Pid) || !alive(other.Process()) {
			t.Errorf("%s: a process that is not ours was ended", name)
		}
	}
}

// startParley is another process that starts a cluster.
func startParley(t *testing.T, dir string) (_ *exec.Cmd, said *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "TEST_CLUSTER_IN="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return cmd, bufio.NewScanner(out)
}

// The Postgres of a Parley that was killed is ended by the next one. While its Parley lives, the next one says who has the folder.
func TestClusterKilledParley(t *testing.T) {
	dir := clusterParent(t) + "/data"
	cmd, said := startParley(t, dir)
	if !said.Scan() || said.Text() != "running" {
		t.Fatal(said.Text())
	}
	if _, err := pg.StartCluster(context.Background(), dir, pg.ClusterOptions{}); err == nil || !strings.Contains(err.Error(), "another Parley is running on the data in "+dir) {
		t.Errorf("a second owner: %v", err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "postgres", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	orphan, err := strconv.Atoi(first)
	if err != nil || !alive(orphan) {
		t.Fatal(orphan, err)
	}
	socket, _ := os.ReadFile(filepath.Join(dir, "socket"))
	cmd.Process.Kill()
	cmd.Wait()
	if !alive(orphan) {
		t.Log("the server has ended with its Parley")
	}
	c := startCluster(t, dir)
	execOn(t, c.SuperURL, "select 1")
	if alive(orphan) {
		t.Error("two servers run on one folder")
	}
	if _, err := os.Stat(string(socket)); err == nil {
		t.Errorf("%s was left behind", socket)
	}
}

// A Postgres that somebody else started on the folder is not ended: the start says who is there.
func TestClusterForeignServer(t *testing.T) {
	parent := clusterParent(t)
	dir := parent + "/data"
	c := startCluster(t, dir)
	program, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", c.Process()))
	if err != nil {
		t.Skip("a system without /proc")
	}
	c.Stop()
	socket := parent + "/socket"
	if err := os.Mkdir(socket, 0o777); err != nil {
		t.Fatal(err)
	}
	os.Chmod(socket, 0o777)
	cmd := exec.Command(program, "-D", filepath.Join(dir, "postgres"), "-c", "listen_addresses=", "-c", "unix_socket_directories="+socket)
	cmd.Dir, cmd.SysProcAttr = "/", &syscall.SysProcAttr{}
	if u, err := user.Lookup("postgres"); err == nil && os.Geteuid() == 0 {
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	t.Cleanup(func() { cmd.Process.Signal(syscall.SIGINT); <-ended })
	waitFor(t, "the foreign server's socket", func() bool {
		found, _ := filepath.Glob(socket + "/.s.PGSQL.*")
		return len(found) > 0
	})
	_, err = pg.StartCluster(context.Background(), dir, pg.ClusterOptions{})
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("(process %d) is running on the data in", cmd.Process.Pid)) {
		t.Errorf("beside a server of somebody else: %v", err)
	}
	if !alive(cmd.Process.Pid) {
		t.Error("it was ended")
	}
}

// A first start that is killed at any moment is made up for by the next one.
func TestClusterKilledPreparation(t *testing.T) {
	for name, now := range map[string]func(dir string) bool{
		"as initdb begins": func(dir string) bool {
			found, _ := filepath.Glob(dir + "/postgres.new-*/PG_VERSION")
			return len(found) > 0
		},
		"in initdb": func(dir string) bool {
			found, _ := filepath.Glob(dir + "/postgres.new-*/base/1/PG_VERSION")
			return len(found) > 0
		},
		"after initdb": func(dir string) bool {
			_, err := os.Stat(dir + "/postgres")
			return err == nil
		},
		"when the server runs": func(dir string) bool {
			_, err := os.Stat(dir + "/postgres/postmaster.pid")
			return err == nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := clusterParent(t) + "/data"
			cmd, _ := startParley(t, dir)
			waitFor(t, name, func() bool { return now(dir) })
			cmd.Process.Kill()
			cmd.Wait()
			c := startCluster(t, dir)
			if n, err := pg.Migrate(context.Background(), c.OwnerURL, c.AppURL); err != nil || n == 0 {
				t.Errorf("%d migrations, %v", n, err)
			}
			if left, _ := filepath.Glob(dir + "/postgres.new-*"); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// What versions before left of a killed preparation is made anew; a database whose passwords are lost is not.
func TestClusterUnfinishedPreparation(t *testing.T) {
	dir := clusterParent(t) + "/data"
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(dir, "postgres", "base")
	for _, folder := range []string{"1", "4"} {
		if err := os.MkdirAll(filepath.Join(half, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	c := startCluster(t, dir)
	execOn(t, c.SuperURL, "select 1")
	c.Stop()
	passwords := filepath.Join(dir, "postgres.json")
	if err := os.Rename(passwords, passwords+".lost"); err != nil {
		t.Fatal(err)
	}
	if _, err := pg.StartCluster(context.Background(), dir, pg.ClusterOptions{}); err == nil || !strings.Contains(err.Error(), "passwords (postgres.json beside it) are lost") {
		t.Errorf("without the passwords: %v", err)
	}
	if err := os.Rename(passwords+".lost", passwords); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "postgres"), filepath.Join(dir, "elsewhere")); err != nil {
		t.Fatal(err)
	}
	if _, err := pg.StartCluster(context.Background(), dir, pg.ClusterOptions{}); err == nil || !strings.Contains(err.Error(), "is gone. Restore that folder") {
		t.Errorf("without the database: %v", err)
	}
}
