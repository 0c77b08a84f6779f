package pg

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// clusterFolder is the folder of a private cluster: the data (postgres), the passwords (postgres.json), and two locks. The file lock is
// held by the Parley that uses the folder, the file server.lock also by its Postgres and what that starts: both go with the last
// process that holds them, however it ends, and a copy of the folder has locks of its own. Process ids, which a copy repeats and a
// restarted container gives to somebody else, decide nothing by themselves.
type clusterFolder struct {
	dir, bin string
	as       *syscall.Credential // whom Postgres runs as; nil: ourselves
	server   *os.File            // server.lock, locked
}

// clusterSecrets is what postgres.json keeps. Ready says that the preparation was finished.
type clusterSecrets struct {
	Super, Owner, App string
	Ready             bool
}

func (f *clusterFolder) data() string { return filepath.Join(f.dir, "postgres") }

// run is a command of Postgres, which holds the server's lock.
func (f *clusterFolder) run(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(f.bin, name), args...)
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt from the keyboard is for us; we stop it in order
	if f.as != nil {
		cmd.SysProcAttr.Credential = f.as
	}
	cmd.ExtraFiles = []*os.File{f.server}
	return cmd
}

var errLocked = errors.New("locked")

// lockFile opens and locks a file of the folder; errLocked if somebody else holds it.
func (f *clusterFolder) lockFile(name string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(f.dir, name), os.O_CREATE|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("the data in %s belong to another user of this machine. Run Parley as that user, "+
			"or set DATA_DIR to another folder", f.dir)
	}
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errLocked
		}
		return nil, fmt.Errorf("the file system of %s does not lock files, so two Parleys could use the data at once. "+
			"Set DATA_DIR to a folder on a local disk: %w", f.dir, err)
	}
	return file, nil
}

// lockForParley makes this process the one Parley that uses the folder.
func (f *clusterFolder) lockForParley() (*os.File, error) {
	file, err := f.lockFile("lock")
	if errors.Is(err, errLocked) {
		return nil, fmt.Errorf("another Parley is running on the data in %s. Stop it first, or set DATA_DIR to another folder", f.dir)
	}
	return file, err
}

// How long a server gets to end in order, and whatever holds the lock to end at all.
const (
	shutdownTimeout = 20 * time.Second
	killTimeout     = time.Minute
)

// lockForServer waits until no Postgres uses the data, and returns the server's lock. The Postgres of a Parley that was
// killed is ended; it is recognized by what it is and where it runs, not by its process id. Everything else is left
// alone.
func (f *clusterFolder) lockForServer(ctx context.Context) (*os.File, error) {
	began, asked, pressed := time.Now(), false, false
	for {
		lock, err := f.lockFile("server.lock")
		if err != nil && !errors.Is(err, errLocked) {
			return nil, err
		}
		server := findServer(f.data(), lock == nil)
		switch {
		case lock != nil && server == nil:
			if err := f.clearStaleServer(); err != nil {
				lock.Close()
				return nil, err
			}
			return lock, nil
		case lock != nil && !server.startedByParley:
			lock.Close()
			return nil, fmt.Errorf("a Postgres that Parley did not start (process %d) is running on the data in %s. "+
				"Stop it first", server.process.Pid, f.data())
		case server != nil && server.startedByParley && !asked: // of a Parley that was killed
			server.process.Signal(syscall.SIGINT)
			asked = true
		case server != nil && server.startedByParley && !pressed && time.Since(began) > shutdownTimeout:
			server.process.Signal(syscall.SIGQUIT)
			pressed = true
		}
		if lock != nil { // of a version that had no such lock
			lock.Close()
		}
		if time.Since(began) > killTimeout {
			return nil, fmt.Errorf("a Postgres of an earlier Parley still uses the data in %s and cannot be ended from here "+
				"(it may be in another container). End it, and start again", f.dir)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// clearStaleServer makes sure that the process id of a server that has ended does not keep the next one from starting, whoever has that
// id today. Postgres takes its parent's id for its own, and goes on with its other checks.
func (f *clusterFolder) clearStaleServer() error {
	file := filepath.Join(f.data(), "postmaster.pid")
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, rest, found := strings.Cut(string(text), "\n")
	if !found {
		return os.Remove(file)
	}
	return os.WriteFile(file, []byte(strconv.Itoa(os.Getpid())+"\n"+rest), 0o600)
}

// runningServer is a Postgres that runs on a folder.
type runningServer struct {
	process         *os.Process
	startedByParley bool // was started by a Parley
}

// parleysSocket is what a Parley gives its server on the command line, and nobody else.
var parleysSocket = regexp.MustCompile(`unix_socket_directories=/tmp/parley-\d+(\x00|\s|$)`)

// findServer is the server that runs on the data, nil if the process that postmaster.pid names is none, or runs elsewhere. Where we may
// not see where it runs (root in a container without the right to trace), what it was started with will do if somebody holds the
// server's lock.
func findServer(data string, locked bool) *runningServer {
	text, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return nil
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 1 || pid == os.Getpid() {
		return nil
	}
	process, err := os.FindProcess(pid) // holds on to this process, where the system can: its id may be another's in a moment
	if err != nil {
		return nil
	}
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	if _, err := os.Stat("/proc/self/exe"); err != nil { // a system without /proc
		args, _ := exec.Command("ps", "-ww", "-o", "args=", "-p", strconv.Itoa(pid)).Output()
		if !strings.Contains(string(args), "postgres -D "+data+" ") {
			return nil
		}
		return &runningServer{process, parleysSocket.Match(args)}
	}
	args, _ := os.ReadFile(filepath.Join(proc, "cmdline"))
	server := &runningServer{process, parleysSocket.Match(args)}
	program, err := os.Readlink(filepath.Join(proc, "exe"))
	if errors.Is(err, fs.ErrPermission) && locked && strings.Contains(string(args), "/postgres\x00-D\x00"+data+"\x00") {
		return server
	}
	if err != nil || filepath.Base(strings.TrimSuffix(program, " (deleted)")) != "postgres" {
		return nil
	}
	runs, err1 := os.Stat(filepath.Join(proc, "cwd"))
	here, err2 := os.Stat(data)
	if err1 != nil || err2 != nil || !os.SameFile(runs, here) {
		return nil
	}
	return server
}

// prepare makes the data if there are none yet, in place of what an interrupted preparation has left, and returns the passwords.
func (f *clusterFolder) prepare() (s clusterSecrets, err error) {
	if raw, err := os.ReadFile(f.secretsFile()); err == nil {
		json.Unmarshal(raw, &s)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	_, err = os.Stat(f.data())
	there := err == nil
	if s.Ready {
		if !there {
			return s, fmt.Errorf("the passwords of a database are in %s, but the database (%s) is gone. Restore that folder, "+
				"or move the file away to start anew", f.secretsFile(), f.data())
		}
		return s, nil
	}
	leftovers, _ := filepath.Glob(filepath.Join(f.dir, unfinishedPrefix+"*"))
	for _, path := range leftovers {
		if err := os.RemoveAll(path); err != nil {
			return s, err
		}
	}
	if s.Super == "" {
		if there && hasOwnDatabase(f.data()) {
			return s, fmt.Errorf("there is a database in %s, but its passwords (postgres.json beside it) are lost. "+
				"Restore that file, or move the folder away to start anew", f.data())
		}
		if err := os.RemoveAll(f.data()); err != nil {
			return s, err
		}
		there = false
		s = clusterSecrets{Super: rand.Text(), Owner: rand.Text(), App: rand.Text()}
		if err := f.writeSecrets(s); err != nil {
			return s, err
		}
	}
	if !there {
		err = f.initialize(s)
	}
	return s, err
}

// unfinishedPrefix begins the names of what is there only while a cluster is made.
const unfinishedPrefix = "postgres.new-"

// initialize makes an empty cluster: beside its place, so that what is in its place is whole.
func (f *clusterFolder) initialize(s clusterSecrets) error {
	fresh, err := os.MkdirTemp(f.dir, unfinishedPrefix)
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	password := fresh + ".password"
	defer os.Remove(password)
	if err := os.WriteFile(password, []byte(s.Super+"\n"), 0o600); err != nil {
		return err
	}
	for _, path := range []string{fresh, password} {
		if err := chown(path, f.as); err != nil {
			return err
		}
	}
	out, err := f.run("initdb", "-D", fresh, "--username=parley_super", "--auth=scram-sha-256", "--pwfile="+password,
		"--encoding=UTF8", "--no-locale").CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return os.Rename(fresh, f.data())
}

// hasOwnDatabase reports whether a folder of Postgres has a database that initdb did not make, finished or not. (The ids below 16384
// are Postgres' own; versions before marked what they had not finished.)
func hasOwnDatabase(data string) bool {
	if _, err := os.Stat(filepath.Join(data, "parley-unfinished")); err == nil {
		return false
	}
	list, err := os.ReadDir(filepath.Join(data, "base"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return true // not to be looked into: not to be removed
	}
	for _, entry := range list {
		if id, err := strconv.Atoi(entry.Name()); err == nil && id >= 16384 {
			return true
		}
	}
	return false
}

func (f *clusterFolder) secretsFile() string { return filepath.Join(f.dir, "postgres.json") }

// writeSecrets stores the passwords: all of them, or what was stored before stays.
func (f *clusterFolder) writeSecrets(s clusterSecrets) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(f.dir, unfinishedPrefix)
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(raw)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), f.secretsFile())
}

// recordSocket notes where the socket is, so that the socket's folder of a killed Parley does not stay behind, and in that folder, whose
// it is: a copy of this folder has the same note.
func (f *clusterFolder) recordSocket(socket string) error {
	if err := os.WriteFile(filepath.Join(socket, "folder"), []byte(folderID(f.dir)), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(f.dir, "socket"), []byte(socket), 0o600)
}

// removeOldSocket removes the socket's folder of the Parley before, if it did not do so itself.
func (f *clusterFolder) removeOldSocket() {
	before, err := os.ReadFile(filepath.Join(f.dir, "socket"))
	if err != nil || !strings.HasPrefix(string(before), "/tmp/parley-") || strings.Contains(string(before), "..") {
		return
	}
	if whose, err := os.ReadFile(filepath.Join(string(before), "folder")); err == nil && string(whose) == folderID(f.dir) {
		os.RemoveAll(string(before))
	}
}

// folderID tells a folder from its copies.
func folderID(dir string) string {
	info, err := os.Stat(dir)
	if err != nil {
		return ""
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return fmt.Sprintf("%s %d %d", dir, stat.Dev, stat.Ino)
}
