package pg

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"parley/app/platform/access"
	"parley/app/platform/fair"
	"parley/app/platform/pg/outage"
)

// DB is connections as the application's role, in three pools, so that no kind of work can take what another needs: commits of
// messages, what is asked before an organization is known (log-ins, sessions, widget keys), and everything that is done for
// an organization. Of the last, organizations have fair shares. Statements are sent through the handles of As and Unscoped.
type DB struct {
	pool      *pgxpool.Pool   // for organizations
	commits   *pgxpool.Pool   // for pipelines and notifications
	unscoped  *pgxpool.Pool   // for what is asked before an organization is known
	base      *pgxpool.Config // what the pools have in common
	slots     *fair.Slots     // of pool
	longSlots *fair.Slots     // of pool, for work marked Long
	counts    counter
	jobCounts counter         // of JobPools
	direct    *pgx.ConnConfig // leads to Postgres itself, where the pools may lead to a pooler

	dropped  atomic.Int64 // when idle connections were last dropped, in milliseconds
	diskFull atomic.Bool  // a statement has failed for that reason; see Ready
}

// defaultConnections is how many a process opens at most where the address does not say (pool_max_conns): Postgres is quickest with few.
const defaultConnections = 14

// split divides connections between the pools. Two connections write messages, and one notifies. One of the rest is that of JobPools.
func split(all int) (organizations, commits, doors int) {
	all = max(5, all)
	commits, doors = min(3, all/4+1), max(1, all/6)
	return all - commits - doors - jobConnections, commits, doors
}

// Open connects to url as the application's role. It does not check the role; see CheckRole.
func Open(ctx context.Context, url string) (*DB, error) { return OpenPooled(ctx, url, "") }

// OpenPooled is Open where url leads to a pooler in transaction mode (PgBouncer): direct is the address of Postgres itself, for the same
// role. What lasts longer than a transaction is done there: notifications are received on a direct connection, and time-outs are
// settings of the role. Statements are not prepared by name, so that each may come to another session. An empty direct is Open.
func OpenPooled(ctx context.Context, url, direct string) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL is not a Postgres address: %w", err)
	}
	all := defaultConnections
	if strings.Contains(url, "pool_max_conns") {
		all = int(cfg.MaxConns)
	}
	cfg.MaxConnIdleTime = 5 * time.Minute
	cfg.HealthCheckPeriod = time.Minute
	cfg.ConnConfig.RuntimeParams["application_name"] = "parley"
	cfg.ConnConfig.DialFunc = dial
	cfg.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		registerUUID(c.TypeMap())
		return c.PgConn().Exec(ctx, sessionTimeouts).Close()
	}
	db := &DB{direct: cfg.ConnConfig}
	if direct != "" {
		if db.direct, err = pgx.ParseConfig(direct); err != nil {
			return nil, fmt.Errorf("DATABASE_DIRECT_URL is not a Postgres address: %w", err)
		}
		db.direct.DialFunc = dial
		db.direct.RuntimeParams["application_name"] = "parley"
		cfg.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
		cfg.AfterConnect = func(_ context.Context, c *pgx.Conn) error {
			registerUUID(c.TypeMap())
			return nil
		}
		if err := db.setRoleTimeouts(ctx); err != nil {
			return nil, err
		}
	}
	db.direct = db.direct.Copy()
	db.base = cfg.Copy()
	cfg.ConnConfig.Tracer = statementTracer{db, &db.counts}
	organizations, commits, doors := split(all)
	for _, p := range []struct {
		pool **pgxpool.Pool
		most int
	}{{&db.pool, organizations}, {&db.commits, commits}, {&db.unscoped, doors}} {
		one := cfg.Copy()
		one.MinConns, one.MaxConns = min(cfg.MinConns, int32(p.most)), int32(p.most)
		if *p.pool, err = pgxpool.NewWithConfig(ctx, one); err != nil {
			db.Close()
			return nil, err
		}
	}
	db.setSlots(organizations, (organizations-1)/2) // two greedy ones leave one to a third
	return db, nil
}

// setSlots sets how many connections for organizations there are, and how many of them one may hold.
func (db *DB) setSlots(all, each int) {
	db.slots = fair.New(fair.Limits{Total: all, PerOrganization: each, MaxWaiting: 200, MaxWait: 5 * time.Second})
	db.longSlots = fair.New(fair.Limits{
		Total:           max(1, (all+1)/3),
		PerOrganization: 1,
		MaxWaiting:      20,
		MaxWait:         20 * time.Second,
		Activity:        "searching, exporting or importing already",
	})
}

// Close waits for borrowed connections and closes them all.
func (db *DB) Close() {
	for _, pool := range []*pgxpool.Pool{db.pool, db.commits, db.unscoped} {
		if pool != nil {
			pool.Close()
		}
	}
}

// Ping asks the database for a sign of life.
func (db *DB) Ping(ctx context.Context) error { return db.unscoped.Ping(ctx) }

// As returns the handle for an actor. A handle for nobody answers every statement with an error.
func (db *DB) As(actor access.Actor) *Tenant { return &Tenant{db: db, actor: actor} }

// AsLogIn is As for what a person does before it is logged in and while it holds what all log-ins share, such as a turn for
// hashing: it does not wait for what else its organization does.
func (db *DB) AsLogIn(actor access.Actor) *Tenant {
	return &Tenant{db: db, actor: actor, loggingIn: true}
}

// Authorize is As for an actor who may do the action, and a fail.Forbidden for everyone else.
func (db *DB) Authorize(actor access.Actor, action access.Action) (*Tenant, error) {
	if err := actor.Require(action); err != nil {
		return nil, err
	}
	return db.As(actor), nil
}

// Counts says how many statements were sent and how many network round trips they took since Open (without the
// preparation that a connection does once per statement).
func (db *DB) Counts() (statements, roundTrips int64) {
	return db.counts.statements.Load(), db.counts.roundTrips.Load()
}

// Connections says how many connections are in use and how many are idle.
func (db *DB) Connections() (used, idle int) {
	for _, pool := range []*pgxpool.Pool{db.pool, db.commits, db.unscoped} {
		s := pool.Stat()
		used, idle = used+int(s.AcquiredConns()), idle+int(s.IdleConns())
	}
	return used, idle
}

// Waiting says how many callers wait for a connection of their organization's share.
func (db *DB) Waiting() int {
	_, waiting := db.slots.Held()
	return waiting
}

type counter struct{ statements, roundTrips atomic.Int64 }

func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.statements.Add(1)
	c.roundTrips.Add(1)
	return ctx
}

func (c *counter) TraceBatchStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceBatchStartData) context.Context {
	c.statements.Add(int64(d.Batch.Len()))
	c.roundTrips.Add(1)
	return ctx
}

// IsUnavailable reports whether err says that the database was not there, went away, or gave up for a reason that may be gone at the
// next attempt (a restart, a lost connection, a deadlock, too many connections).
func IsUnavailable(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return outage.IsOutageCode(e.Code)
	}
	return !errors.Is(err, pgx.ErrNoRows) && !errors.Is(err, errNoActor) && !errors.Is(err, errNotSent)
}

// IsLockTimeout reports whether err says that a row was held by somebody else for too long.
func IsLockTimeout(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == lockedCode
}

// IsOverCapacity reports whether err says that an agent cannot have another conversation (app.record_assignment).
func IsOverCapacity(err error) bool { return hasCode(err, "PAR01") }

// IsOutsideLimits reports whether err says that a team member is limited to other customers (app.verify_permitted_customer).
func IsOutsideLimits(err error) bool { return hasCode(err, "PAR02") }

// IsDenied reports whether err says that a policy of row-level security does not let the actor write a row.
func IsDenied(err error) bool { return hasCode(err, "42501") }

func hasCode(err error, code string) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == code
}

// IsSaltChanged reports whether err says that an address has got another salt since it was asked for (door_join_identity and
// app.door_set_password): hash the password anew.
func IsSaltChanged(err error) bool { return hasCode(err, "PAR03") }

const lockedCode = "55P03"

// IsNoRows reports whether err says that a query for one row found none.
func IsNoRows(err error) bool { return errors.Is(err, pgx.ErrNoRows) }

// IsDuplicate reports whether err is a violation of the named unique constraint or index; any, if the name is empty.
func IsDuplicate(err error, constraint string) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == "23505" && (constraint == "" || e.ConstraintName == constraint)
}

// IsMissingReference reports whether err is a foreign key that points at nothing (in this organization).
func IsMissingReference(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == "23503"
}
