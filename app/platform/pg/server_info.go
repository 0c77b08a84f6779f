package pg

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Migration is one that this program has, or that a database says was applied.
type Migration struct {
	Name    string
	Known   bool // to this program
	Applied bool
}

// NewestMigration is the name of the newest migration of this program.
func NewestMigration() string {
	list := listMigrations(migrations())
	return list[len(list)-1].name
}

// Migrations lists the migrations of this program, and those that only the database knows, in their order. The error is
// ErrPreRelease for a database from before the first release.
func (db *DB) Migrations(ctx context.Context) ([]Migration, error) {
	state, err := db.schemaState(ctx)
	var b *SchemaBehind
	if err = checkSchema(migrations(), state, err); err != nil && !errors.As(err, &b) {
		return nil, err
	}
	var list []Migration
	applied := state.applied
	for _, m := range listMigrations(migrations()) {
		list = append(list, Migration{m.name, true, slices.Contains(applied, m.version)})
		applied = slices.DeleteFunc(applied, func(v int64) bool { return v == m.version || v == 0 })
	}
	slices.Sort(applied)
	for _, v := range applied {
		list = append(list, Migration{fmt.Sprintf("%05d", v), false, true})
	}
	return list, nil
}

// ServerInfo is what a database says about itself.
type ServerInfo struct {
	Role, Database, Version string
	VersionNumber           int           // of the version: 170002
	ClockBehind             time.Duration // how much this machine's clock is behind the database's; negative: ahead
	Durable                 bool          // synchronous_commit is on
}

// ServerInfo asks the database about itself.
func (db *DB) ServerInfo(ctx context.Context) (f ServerInfo, err error) {
	var now time.Time
	var commit string
	before := time.Now()
	err = db.unscoped.QueryRow(ctx, `select current_user, current_database(), current_setting('server_version'), current_setting('server_version_num')::int,
		clock_timestamp(), current_setting('synchronous_commit')`).Scan(&f.Role, &f.Database, &f.Version, &f.VersionNumber, &now, &commit)
	after := time.Now()
	f.Durable = commit != "off"
	switch { // what lies between both looks is no difference
	case now.Before(before):
		f.ClockBehind = now.Sub(before)
	case now.After(after):
		f.ClockBehind = now.Sub(after)
	}
	return f, err
}

// IsPooled reports whether the pools lead to a pooler: then the process that answers is not the one that the connection was opened to.
func (db *DB) IsPooled(ctx context.Context) (bool, error) {
	conn, err := db.unscoped.Acquire(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Release()
	var pid uint32
	if err := conn.QueryRow(ctx, "select pg_backend_pid()").Scan(&pid); err != nil {
		return false, err
	}
	return pid != conn.Conn().PgConn().PID(), nil
}

// CheckNotifications reports whether a notification that is sent through the pools comes to the connection that listens.
func (db *DB) CheckNotifications(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, db.direct)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	channel := "parley_doctor_" + strconv.FormatInt(time.Now().UnixNano(), 36)
	if _, err := conn.Exec(ctx, "listen "+pgx.Identifier{channel}.Sanitize()); err != nil {
		return err
	}
	if err := db.Notify(ctx, []Notification{{channel, "a probe"}}); err != nil {
		return err
	}
	_, err = conn.WaitForNotification(ctx)
	return err
}

// FindRunningCluster returns the addresses of the private Postgres under a folder, if a Parley runs it.
func FindRunningCluster(dir string) (app, owner string, running bool) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", "", false
	}
	if as, err := serverUser(); err == nil && as != nil {
		if _, err := os.Stat(filepath.Join(dir, "postgres.json")); err != nil {
			dir = reachableDir(dir, as)
		}
	}
	lock, err := os.Open(filepath.Join(dir, "lock"))
	if err != nil {
		return "", "", false
	}
	defer lock.Close()
	if syscall.Flock(int(lock.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) == nil { // nobody holds it
		return "", "", false
	}
	raw, err := os.ReadFile(filepath.Join(dir, "postgres.json"))
	var secrets clusterSecrets
	if err != nil || json.Unmarshal(raw, &secrets) != nil {
		return "", "", false
	}
	pid, err := os.ReadFile(filepath.Join(dir, "postgres", "postmaster.pid")) // process, data, time, port, folder of the socket
	lines := strings.Split(string(pid), "\n")
	if err != nil || len(lines) < 5 {
		return "", "", false
	}
	address := func(role, password string) string {
		u := url.URL{Scheme: "postgres", User: url.UserPassword(role, password), Path: "/parley"}
		u.RawQuery = url.Values{"host": {lines[4]}, "port": {lines[3]}, "sslmode": {"disable"}}.Encode()
		return u.String()
	}
	return address("parley", secrets.App), address("parley_owner", secrets.Owner), true
}

// FindLeakedScopes asks sessions, n times, for a scope without having set one, and returns those that there were: none, if all is well.
func (db *DB) FindLeakedScopes(ctx context.Context, n int) (scopes []string, err error) {
	for range n {
		var s string
		if err := db.pool.QueryRow(ctx, "select coalesce(current_setting('app.org_id', true), '')").Scan(&s); err != nil {
			return nil, err
		}
		if s != "" {
			scopes = append(scopes, s)
		}
	}
	return scopes, nil
}

// StatementTimeout is after how long a session ends a statement.
func (db *DB) StatementTimeout(ctx context.Context) (time.Duration, error) {
	var ms int64
	err := db.pool.QueryRow(ctx, "select setting::bigint from pg_settings where name = 'statement_timeout'").Scan(&ms)
	return time.Duration(ms) * time.Millisecond, err
}

// ToolsDir is the folder of Postgres' own programs (psql, pg_dump) on this machine, of the version that private clusters have.
func ToolsDir() (string, error) { return findPostgres() }

// StartEmptyCluster starts a private Postgres under dir that has neither roles nor a database of ours, and returns the address of its
// superuser.
func StartEmptyCluster(ctx context.Context, dir string) (super string, stop func(), err error) {
	c, err := StartCluster(ctx, dir, ClusterOptions{Volatile: true})
	if err != nil {
		return "", nil, err
	}
	conn, err := pgx.Connect(ctx, c.SuperURL)
	if err != nil {
		c.Stop()
		return "", nil, err
	}
	defer conn.Close(ctx)
	for _, sql := range []string{"drop database parley", "drop role parley", "drop role parley_owner"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			c.Stop()
			return "", nil, err
		}
	}
	return c.SuperURL, c.Stop, nil
}

// CompareRights compares who owns what, who may do what and which policies hold in two databases, and returns what only one of them has.
func CompareRights(ctx context.Context, one, other string) (differences []string, err error) {
	const facts = `select 'table ' || c.relname || ' of ' || pg_get_userbyid(c.relowner) || ' security ' || c.relrowsecurity || c.relforcerowsecurity || ' rights ' ||
			coalesce((select string_agg(a::text, ' ' order by a::text) from unnest(c.relacl) a), '')
		from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'S', 'v')
		union all select 'policy ' || tablename || '.' || policyname || ' ' || cmd || ' ' || roles::text || ' ' || coalesce(qual, '') || ' ' || coalesce(with_check, '') from pg_policies
		union all select 'function ' || p.oid::regprocedure || ' of ' || pg_get_userbyid(p.proowner) || ' ' || p.prosecdef || ' rights ' ||
			coalesce((select string_agg(a::text, ' ' order by a::text) from unnest(p.proacl) a), '')
		from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname in ('public', 'app')
		union all select 'column ' || a.attrelid::regclass || '.' || a.attname || ' ' || coalesce((select string_agg(x::text, ' ' order by x::text) from unnest(a.attacl) x), '')
		from pg_attribute a join pg_class c on c.oid = a.attrelid where c.relnamespace = 'public'::regnamespace and a.attacl is not null and not a.attisdropped`
	count := map[string]int{}
	for i, address := range []string{one, other} {
		conn, err := pgx.Connect(ctx, address)
		if err != nil {
			return nil, err
		}
		defer conn.Close(ctx)
		rows, err := conn.Query(ctx, facts)
		if err != nil {
			return nil, err
		}
		list, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, err
		}
		for _, fact := range list {
			count[fact] += 1 - 2*i
		}
	}
	for fact, n := range count {
		if n != 0 {
			differences = append(differences, fact)
		}
	}
	return differences, nil
}
