package pg

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

const (
	migrationPatience = 5 * time.Minute        // how long migrations try to get their locks, in all
	lockWait          = 100 * time.Millisecond // how long an attempt waits for its locks: running servers wait behind it
	maxLockWait       = 500 * time.Millisecond // and how long one in four does, because of transactions that take longer
	firstPause        = 50 * time.Millisecond  // between two attempts; then a quarter more each time
	maxPause          = time.Second
)

// sessionSettings make sure that a migrator that vanishes (its machine, its network) does not hold its locks for long, and that
// what is set for the role does not cut a long migration short.
var sessionSettings = [][2]string{
	{"idle_in_transaction_session_timeout", "20s"},
	{"idle_session_timeout", "60s"},
	{"client_connection_check_interval", "5s"},
	{"tcp_keepalives_idle", "10"},
	{"tcp_keepalives_interval", "5"},
	{"tcp_keepalives_count", "2"},
	{"tcp_user_timeout", "20s"},
	{"statement_timeout", "0"},
}

// migrator applies migrations one by one, each as often as it takes.
type migrator struct {
	db       *sql.DB
	files    fs.FS
	patience time.Duration
	failed   time.Duration // spent on attempts that failed, and the pauses after them
	wait     time.Duration // for locks, at the next attempt
	gated    bool          // the next attempt sets gates; the first one, which is enough where little happens, does not
	gates    gates
	longest  time.Duration
}

func newMigrator(cfg *pgx.ConnConfig, files fs.FS, patience time.Duration) *migrator {
	cfg = cfg.Copy()
	cfg.RuntimeParams["application_name"] = "parley migrate"
	prepare := func(ctx context.Context, c *pgx.Conn) error {
		for _, s := range sessionSettings { // which of them there are depends on the version and the system of Postgres
			if _, err := c.Exec(ctx, "select set_config($1, $2, false)", s[0], s[1]); err != nil && ctx.Err() != nil {
				return err
			}
		}
		return nil
	}
	db := stdlib.OpenDB(*cfg, stdlib.OptionAfterConnect(prepare))
	return &migrator{db: db, files: files, patience: patience, longest: maxLockWait, gates: gates{cfg: cfg}}
}

// up applies all migrations that were not applied yet, and returns how many.
func (m *migrator) up(ctx context.Context) (done int, err error) {
	m.longest = m.maxWait(ctx)
	defer m.gates.release()
	for {
		var applied *goose.MigrationResult
		err := m.retry(ctx, func() (err error) {
			applied, err = m.applyNext(ctx)
			return err
		})
		if errors.Is(err, goose.ErrNoNextVersion) {
			return done, nil
		}
		if err != nil {
			return done, m.explain(err)
		}
		done++
		slog.Debug("migration applied", "migration", migrationName(applied.Source.Path), "took", applied.Duration)
	}
}

// applyNext applies the next migration, if it gets its locks.
func (m *migrator) applyNext(ctx context.Context) (*goose.MigrationResult, error) {
	source := lockingFS{FS: m.files, wait: m.wait, gated: m.gated}
	p, err := goose.NewProvider(goose.DialectPostgres, m.db, source, goose.WithSessionLocker(migratorLock{m}))
	if err != nil {
		return nil, err
	}
	return p.UpByOne(ctx)
}

// grantAppRole makes the application's role a member of parley_app.
func (m *migrator) grantAppRole(ctx context.Context, role string) error {
	return m.retry(ctx, func() error {
		var member bool
		if err := m.db.QueryRowContext(ctx, "select pg_has_role($1::name, 'parley_app', 'member')", role).Scan(&member); err != nil || member {
			return err
		}
		_, err := m.db.ExecContext(ctx, "grant parley_app to "+pgx.Identifier{role}.Sanitize())
		return err
	})
}

// retry does something until it succeeds, fails for a reason that stays, or has been tried for too long.
func (m *migrator) retry(ctx context.Context, do func() error) error {
	next := firstPause
	for attempt := 1; ; attempt++ {
		m.wait = min(lockWait, m.longest)
		if attempt%4 == 0 {
			m.wait = m.longest
		}
		m.gated = attempt > 1
		began := time.Now()
		err := do()
		m.gates.busy.Wait()
		if err == nil || !isTransient(err) {
			return err
		}
		pause := next/2 + rand.N(next)
		next = min(next*5/4, maxPause)
		if m.failed += time.Since(began); m.failed+pause > m.patience {
			return err
		}
		m.failed += pause
		slog.Debug("a migration waits", "error", err, "pause", pause)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// maxWait is how long an attempt may wait: half of what passes before Postgres looks for deadlocks.
func (m *migrator) maxWait(ctx context.Context) time.Duration {
	var ms float64
	err := m.db.QueryRowContext(ctx, "select extract(epoch from current_setting('deadlock_timeout')::interval) * 500").Scan(&ms)
	if err != nil || ms < 1 {
		return maxLockWait
	}
	return min(time.Duration(ms)*time.Millisecond, maxLockWait)
}

// isTransient reports whether the next attempt may succeed where this one did not: somebody else was in the way, or the connection
// was lost. Everything else stays as it is until somebody mends it.
func isTransient(err error) bool {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		class := e.Code[:min(2, len(e.Code))]
		return e.Code == lockedCode || e.Code == "40P01" || e.Code == "40001" || // locks
			e.Code == "57014" && !strings.Contains(e.Message, "user request") || // the time for all locks was up; there is no other limit
			class == "08" || e.Code == "57P01" || e.Code == "57P02" || e.Code == "57P03" || e.Code == "53300" || // a restart; connections
			e.Code == "25P03" || e.Code == "57P05" || // we were silent for too long
			strings.Contains(e.Message, "tuple concurrently updated") // two grants at once
	}
	var connect *pgconn.ConnectError
	return errors.As(err, &connect) || pgconn.Timeout(err) || strings.Contains(err.Error(), "bad connection") ||
		strings.Contains(err.Error(), "unexpected EOF") || strings.Contains(err.Error(), "conn closed")
}

var lockStatement = regexp.MustCompile(`"lock table (?:public\.)?"?([a-z0-9_]+)"? in access (?:exclusive|share) mode"`)

// lockedTable is the table whose lock an attempt was waiting for when it gave up; empty if it was something else.
func lockedTable(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		if found := lockStatement.FindStringSubmatch(e.Where); found != nil {
			return found[1]
		}
	}
	return ""
}

// migratorLock lets one migrator in at a time. The lock is the session's: it ends with it. It is the one that goose takes by itself, so
// that programs of earlier versions wait for it, too.
type migratorLock struct{ m *migrator }

const migratorLockPause = 250 * time.Millisecond

// errMigratorBusy says that another migrator was at work for too long.
var errMigratorBusy = errors.New("another migrator is at work")

// SessionLock waits until no other migrator is at work.
func (t migratorLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	for {
		var ours bool
		err := conn.QueryRowContext(ctx, "select pg_try_advisory_lock($1)", lock.DefaultLockID).Scan(&ours)
		if err == nil && ours && t.m.gated {
			err = t.m.gates.hold(ctx, conn, t.m.wait)
		}
		if err != nil || ours {
			return err
		}
		if t.m.failed += migratorLockPause; t.m.failed > t.m.patience {
			return errMigratorBusy
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(migratorLockPause):
		}
	}
}

// SessionUnlock lets the next one in. Where the connection is lost, the lock has gone with it, and what failed before says why.
func (t migratorLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if _, err := conn.ExecContext(ctx, "select pg_advisory_unlock_all()"); err != nil {
		conn.Raw(func(c any) error { return c.(*stdlib.Conn).Conn().Close(ctx) })
	}
	return nil
}

// explain says in words what became of a migration that was not applied.
func (m *migrator) explain(err error) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	state := m.schemaState(ctx)
	if errors.Is(err, errMigratorBusy) {
		return fmt.Errorf(`migrate: another "parley migrate" has been at work for %s%s. Nothing was changed by this one; %s.
Wait for the other one. If there is none any more, end its session (as a superuser:
select pg_terminate_backend(<its process>)), and run "parley migrate" again`,
			m.patience.Round(time.Second), m.listSessions(ctx, migratorLockHolders, lock.DefaultLockID), state)
	}
	var partial *goose.PartialError
	if !errors.As(err, &partial) {
		return fmt.Errorf("migrate: %w", err)
	}
	name := migrationName(partial.Failed.Source.Path)
	if !isTransient(err) {
		return fmt.Errorf(`migrate: migration %s failed and was undone as a whole; %s.
When the cause is mended, run "parley migrate" again: it goes on with %s. The cause: %w`,
			name, state, name, err)
	}
	what := "it did not get its locks in time, or the database was not there"
	if t := lockedTable(err); t != "" {
		what = fmt.Sprintf("table %s was in use%s", t, m.listSessions(ctx, tableHolders, t))
	}
	return fmt.Errorf(`migrate: migration %s was not applied: in %s of attempts, %s. Nothing of it was changed; %s. Servers go on with that.
Wait for the sessions named here or end them (as a superuser: select pg_terminate_backend(<process>)),
and run "parley migrate" again: it goes on with %s. (%w)`,
		name, m.patience.Round(time.Second), what, state, name, err)
}

// schemaState says how far the schema is.
func (m *migrator) schemaState(ctx context.Context) string {
	var at int64
	if err := m.db.QueryRowContext(ctx, "select coalesce(max(version_id) filter (where is_applied), "+
		"0) from goose_db_version").Scan(&at); err != nil {
		return "how far the database is could not be asked"
	}
	for _, f := range listMigrations(m.files) {
		if f.version == at {
			return "the database is at migration " + f.name
		}
	}
	return fmt.Sprintf("the database is at migration %d", at)
}

// Sessions that hold the locks of a table, or the migrators' turn; the oldest transaction first. A role that may not see what
// others do sees their names at least.
const (
	sessionDescription = `
		select format('process %s of %s%s%s', a.pid, a.usename, coalesce(' (' || nullif(a.application_name, '') || ')', ''),
			coalesce(', in a transaction since ' || to_char(a.xact_start, 'HH24:MI:SS'), ''))
		from pg_stat_activity a
		join pg_locks l on l.pid = a.pid`
	tableHolders = sessionDescription + `
		where l.locktype = 'relation' and l.relation = to_regclass('public.' || quote_ident($1)) and l.granted and a.pid <> pg_backend_pid()
		group by a.pid, a.usename, a.application_name, a.xact_start
		order by a.xact_start nulls last, a.pid
		limit 3`
	migratorLockHolders = sessionDescription + `
		where l.locktype = 'advisory' and l.classid::bigint << 32 | l.objid::bigint = $1 and l.granted and a.pid <> pg_backend_pid()
		order by a.pid
		limit 3`
)

// listSessions is the sessions that a query names, in brackets; empty if there is none any more.
func (m *migrator) listSessions(ctx context.Context, query string, arg any) string {
	rows, err := m.db.QueryContext(ctx, query, arg)
	if err != nil {
		return ""
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var s string
		if rows.Scan(&s) == nil {
			list = append(list, s)
		}
	}
	if len(list) == 0 {
		return ""
	}
	return " (" + strings.Join(list, "; ") + ")"
}
