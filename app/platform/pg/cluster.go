package pg

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
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
	c := &Cluster{Dir: dir, exited: make(chan struct{})}
	defer func() {
		if err != nil {
			c.Stop()
		}
	}()
	folder := clusterFolder{dir: dir, bin: bin, as: as}
	if err := c.lock(ctx, &folder); err != nil {
		return nil, err
	}
	secrets, err := folder.prepare()
	if err != nil {
		return nil, err
	}
	if err := c.makeSocketDir(&folder); err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	args := c.serverArgs(folder.data(), port, opts)
	c.server = func() *exec.Cmd { return folder.run("postgres", args...) }
	if err := c.launch(); err != nil {
		return nil, err
	}
	c.SuperURL = c.address(port, "parley_super", secrets.Super, "postgres")
	c.OwnerURL = c.address(port, "parley_owner", secrets.Owner, "parley")
	c.AppURL = c.address(port, "parley", secrets.App, "parley")
	if err := c.ready(ctx, c.SuperURL); err != nil {
		return nil, err
	}
	if !secrets.Ready {
		if err := createRoles(ctx, c.SuperURL, secrets); err != nil {
			return nil, fmt.Errorf("prepare the private cluster: %w", err)
		}
		secrets.Ready = true
		if err := folder.writeSecrets(secrets); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// lock takes both locks of a folder; Stop lets them go.
func (c *Cluster) lock(ctx context.Context, folder *clusterFolder) error {
	own, err := folder.lockForParley()
	if err != nil {
		return err
	}
	c.locks = append(c.locks, own)
	if folder.server, err = folder.lockForServer(ctx); err != nil {
		return err
	}
	c.locks = append(c.locks, folder.server)
	return nil
}

// makeSocketDir makes the folder of the server's socket. It is a short path under /tmp, because the path of a socket is
// limited to about 100 bytes.
func (c *Cluster) makeSocketDir(folder *clusterFolder) (err error) {
	folder.removeOldSocket()
	if c.socket, err = os.MkdirTemp("/tmp", "parley-"); err != nil {
		return err
	}
	if err := folder.recordSocket(c.socket); err != nil {
		return err
	}
	return chown(c.socket, folder.as)
}

func (c *Cluster) serverArgs(data string, port int, opts ClusterOptions) []string {
	args := []string{"-D", data}
	set := func(settings ...string) {
		for _, s := range settings {
			args = append(args, "-c", s)
		}
	}
	set("listen_addresses=127.0.0.1", "port="+strconv.Itoa(port), "unix_socket_directories="+c.socket,
		"max_connections=100", "log_min_messages=fatal")
	if opts.Volatile {
		set("fsync=off", "synchronous_commit=off", "full_page_writes=off")
	}
	return args
}

// address returns where a role finds a database of the server.
func (c *Cluster) address(port int, role, password, database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(role, password), Path: "/" + database}
	u.RawQuery = url.Values{"host": {c.socket}, "port": {strconv.Itoa(port)}, "sslmode": {"disable"}}.Encode()
	return u.String()
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
	owner := "role parley_owner login createrole password '" + s.Owner + "'"
	app := "role parley login password '" + s.App + "'"
	for _, step := range []struct{ make, again string }{
		{"create " + owner, "alter " + owner},
		{"create " + app, "alter " + app},
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
