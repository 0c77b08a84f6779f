package pg

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Cluster is a private Postgres that lives and dies with this process. Its data stay under the directory it was started
// with.
type Cluster struct {
	OwnerURL string // for Migrate
	AppURL   string // for Open: a role that owns nothing
	SuperURL string // for making other roles and databases
	Dir      string // where its data are

	server func() *exec.Cmd // a new one each time
	cmd    *exec.Cmd
	output outputTail
	exited chan struct{}
	locks  []*os.File // held until Stop: of the folder, and of its server
	socket string
}

// ClusterOptions changes how a private cluster runs.
type ClusterOptions struct {
	// Volatile trades crash safety for speed. For tests only.
	Volatile bool
}

// StartCluster starts Postgres on the data under dir, preparing it on first use. Started by root, the server runs as the
// user postgres (or nobody), because Postgres refuses to run as root.
func StartCluster(ctx context.Context, dir string, opts ClusterOptions) (_ *Cluster, err error) {
	bin, err := findPostgres()
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	as, err := serverUser()
	if err != nil {
		return nil, err
	}
	if as != nil {
		dir = reachableDir(dir, as)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("the data directory cannot be made: %w", err)
	}
	c := &Cluster{exited: make(chan struct{})}
	defer func() {
		if err != nil {
			c.Stop()
		}
	}()
	c.Dir = dir
	folder := clusterFolder{dir: dir, bin: bin, as: as}
	lock, err := folder.lockForParley()
	if err != nil {
		return nil, err
	}
	c.locks = append(c.locks, lock)
	if folder.server, err = folder.lockForServer(ctx); err != nil {
		return nil, err
	}
	c.locks = append(c.locks, folder.server)
	secrets, err := folder.prepare()
	if err != nil {
		return nil, err
	}
	folder.removeOldSocket()
	if c.socket, err = os.MkdirTemp("/tmp", "parley-"); err != nil {
		return nil, err
	}
	if err := folder.recordSocket(c.socket); err != nil {
		return nil, err
	}
	if err := chown(c.socket, as); err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	args := []string{"-D", folder.data(), "-c", "listen_addresses=127.0.0.1", "-c", "port=" + strconv.Itoa(port),
		"-c", "unix_socket_directories=" + c.socket, "-c", "max_connections=100", "-c", "log_min_messages=fatal"}
	if opts.Volatile {
		args = append(args, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	}
	c.server = func() *exec.Cmd { return folder.run("postgres", args...) }
	if err := c.launch(); err != nil {
		return nil, err
	}

	address := func(role, password, database string) string {
		u := url.URL{Scheme: "postgres", User: url.UserPassword(role, password), Path: "/" + database}
		u.RawQuery = url.Values{"host": {c.socket}, "port": {strconv.Itoa(port)}, "sslmode": {"disable"}}.Encode()
		return u.String()
	}
	if err := c.ready(ctx, address("parley_super", secrets.Super, "postgres")); err != nil {
		return nil, err
	}
	if !secrets.Ready {
		if err := createRoles(ctx, address("parley_super", secrets.Super, "postgres"), secrets); err != nil {
			return nil, fmt.Errorf("prepare the private cluster: %w", err)
		}
		secrets.Ready = true
		if err := folder.writeSecrets(secrets); err != nil {
			return nil, err
		}
	}
	c.SuperURL = address("parley_super", secrets.Super, "postgres")
	c.OwnerURL = address("parley_owner", secrets.Owner, "parley")
	c.AppURL = address("parley", secrets.App, "parley")
	return c, nil
}

// launch starts the server and notes its end.
func (c *Cluster) launch() error {
	cmd, exited := c.server(), make(chan struct{})
	cmd.Stderr = &c.output
	c.cmd, c.exited = cmd, exited
	if err := cmd.Start(); err != nil {
		close(exited)
		return err
	}
	go func() { cmd.Wait(); close(exited) }()
	return nil
}

// Restart ends the server in order, as an operator's restart does, and starts it again at the same addresses. Not to be
// called while somebody waits on Exited.
func (c *Cluster) Restart(ctx context.Context) error {
	c.cmd.Process.Signal(syscall.SIGINT)
	<-c.exited
	if err := c.launch(); err != nil {
		return err
	}
	return c.ready(ctx, c.SuperURL)
}

// Exited is closed when the server has ended, by Stop or by itself.
func (c *Cluster) Exited() <-chan struct{} { return c.exited }

// Process is the server's process id.
func (c *Cluster) Process() int { return c.cmd.Process.Pid }

// LastOutput is the end of what the server has said; what it says while all is well is of no interest.
func (c *Cluster) LastOutput() string { return c.output.String() }

// outputTail keeps the last few lines written to it.
type outputTail struct {
	mu   sync.Mutex
	text []byte
}

func (w *outputTail) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text = append(w.text, b...)
	if over := len(w.text) - 2000; over > 0 {
		w.text = append(w.text[:0], w.text[over:]...)
	}
	return len(b), nil
}

func (w *outputTail) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.TrimSpace(string(w.text))
}

// Stop ends the server in order (a fast shutdown: sessions are ended, data are written) and waits for it.
func (c *Cluster) Stop() {
	if c.cmd != nil && c.cmd.Process != nil {
		c.cmd.Process.Signal(syscall.SIGINT)
		select {
		case <-c.exited:
		case <-time.After(20 * time.Second):
			c.cmd.Process.Signal(syscall.SIGQUIT)
			<-c.exited
		}
	}
	if c.socket != "" {
		os.RemoveAll(c.socket)
	}
	for _, lock := range c.locks {
		lock.Close()
	}
	c.locks = nil
}

func (c *Cluster) ready(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute) // recovery after a crash can take a while
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, address)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-c.exited:
			return fmt.Errorf("the private Postgres ended at once: %s", c.LastOutput())
		case <-ctx.Done():
			return fmt.Errorf("the private Postgres does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// createRoles makes the roles and the database, as far as an attempt before this one has not.
func createRoles(ctx context.Context, address string, s clusterSecrets) error {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, step := range []struct{ make, again string }{
		{"create role parley_owner login createrole password '" + s.Owner + "'", "alter role parley_owner login createrole password '" + s.Owner + "'"},
		{"create role parley login password '" + s.App + "'", "alter role parley login password '" + s.App + "'"},
		{"create database parley owner parley_owner", "alter database parley owner to parley_owner"},
	} {
		_, err := conn.Exec(ctx, step.make)
		if hasCode(err, "42710") || hasCode(err, "42P04") { // is there already
			_, err = conn.Exec(ctx, step.again)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// findPostgres returns the folder of the newest server binaries on this machine.
func findPostgres() (string, error) {
	var candidates []string
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin"} {
		found, _ := filepath.Glob(pattern)
		slices.SortFunc(found, func(a, b string) int { return versionIn(b) - versionIn(a) })
		candidates = append(candidates, found...)
	}
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		candidates = append(candidates, strings.TrimSpace(string(out)))
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			candidates = append(candidates, filepath.Dir(real))
		}
	}
	for _, dir := range candidates {
		_, errInit := os.Stat(filepath.Join(dir, "initdb"))
		_, errServer := os.Stat(filepath.Join(dir, "postgres"))
		if errInit == nil && errServer == nil {
			return dir, nil
		}
	}
	return "", errors.New(`no Postgres server was found on this machine. Install it ("make deps", or on Debian: apt-get install postgresql),
or set DATABASE_URL to a Postgres that runs elsewhere`)
}

func versionIn(path string) int {
	n, _ := strconv.Atoi(strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, path))
	return n
}

// serverUser is whom the server runs as when we are root; nil when we are not.
func serverUser() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
			gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
			if err1 == nil && err2 == nil && uid != 0 {
				return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
			}
		}
	}
	return nil, errors.New("the private Postgres cannot run as root, and there is no user postgres or nobody to run it as")
}

func chown(path string, as *syscall.Credential) error {
	if as == nil {
		return nil
	}
	return os.Chown(path, int(as.Uid), int(as.Gid))
}

// reachableDir returns dir, or, where the server's user cannot enter a folder above it (root's home, for one), a folder under
// /var/lib that stands for it.
func reachableDir(dir string, as *syscall.Credential) string {
	for at := dir; at != "/"; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err != nil {
			continue // does not exist yet; will be made with 0755
		}
		stat, ok := info.Sys().(*syscall.Stat_t)
		if info.Mode().Perm()&0o001 == 0 && (!ok || stat.Uid != as.Uid) {
			sum := fnv.New32a()
			sum.Write([]byte(dir))
			return fmt.Sprintf("/var/lib/parley-%08x", sum.Sum32())
		}
	}
	return dir
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
