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

	"parley/app/access"
	"parley/app/fail"
)

// DB is a pool of connections as the application's role. It runs nothing by itself: ask As or Doors for a handle.
type DB struct {
	pool     *pgxpool.Pool
	counts   counter
	diskFull atomic.Bool // a statement has failed for that reason; see Ready
}

// Open connects to url as the application's role. It does not look at the role; see Guard.
func Open(ctx context.Context, url string) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL is not a Postgres address: %w", err)
	}
	if !strings.Contains(url, "pool_max_conns") {
		cfg.MaxConns = 12 // two writers, and the rest for people; Postgres is quickest with few
	}
	cfg.MaxConnIdleTime = 5 * time.Minute
	cfg.HealthCheckPeriod = time.Minute
	cfg.ConnConfig.RuntimeParams["application_name"] = "parley"
	cfg.AfterConnect = func(_ context.Context, c *pgx.Conn) error {
		registerUUID(c.TypeMap())
		return nil
	}
	db := &DB{}
	cfg.ConnConfig.Tracer = watch{db}
	if db.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return nil, err
	}
	return db, nil
}

// Close waits for borrowed connections and closes them all.
func (db *DB) Close() { db.pool.Close() }

// Ping asks the database for a sign of life.
func (db *DB) Ping(ctx context.Context) error { return db.pool.Ping(ctx) }

// As returns the handle for an actor. A handle for nobody answers every statement with an error.
func (db *DB) As(actor access.Actor) *Tenant { return &Tenant{db: db, actor: actor} }

// For is As for an actor who has the right, and a Forbidden error for everyone else.
func (db *DB) For(actor access.Actor, right access.Right) (*Tenant, error) {
	if !actor.May(right) {
		return nil, fail.New(fail.Forbidden, "Your role does not allow this. Ask a manager of your organization.")
	}
	return db.As(actor), nil
}

// ForAll is For where the whole organization is concerned: a team member limited to customers is refused, too.
func (db *DB) ForAll(actor access.Actor, right access.Right) (*Tenant, error) {
	t, err := db.For(actor, right)
	if err == nil && actor.Limited() {
		return nil, fail.New(fail.Forbidden, "This belongs to the whole organization, and you are limited to some of its customers. Ask a manager who is not.")
	}
	return t, err
}

// Counts says how many statements were sent and how many network round trips they took since Open (without the
// preparation that a connection does once per statement).
func (db *DB) Counts() (statements, roundTrips int64) {
	return db.counts.statements.Load(), db.counts.roundTrips.Load()
}

// Connections says how many connections of the pool are in use and how many are idle.
func (db *DB) Connections() (used, idle int) {
	s := db.pool.Stat()
	return int(s.AcquiredConns()), int(s.IdleConns())
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

// Away reports whether err says that the database was not there, went away, or gave up for a reason that may be gone at the
// next attempt (a restart, a lost connection, a deadlock, too many connections).
func Away(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	var e *pgconn.PgError
	if errors.As(err, &e) {
		class := e.Code[:min(2, len(e.Code))]
		return class == "08" || class == "57" || class == "53" || e.Code == "40P01" || e.Code == "40001" || e.Code == "25006" || e.Code == lockedCode
	}
	return !errors.Is(err, pgx.ErrNoRows) && !errors.Is(err, errNobody) && !errors.Is(err, errNotSent)
}

// Locked reports whether err says that a row was held by somebody else for too long.
func Locked(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == lockedCode
}

// Refused reports whether err says that an agent cannot have another conversation (assigned() in migration 00007).
func Refused(err error) bool { return hasCode(err, "PAR01") }

// Beyond reports whether err says that a team member is limited to other customers (within_limits() in migration 00012).
func Beyond(err error) bool { return hasCode(err, "PAR02") }

// Denied reports whether err says that a policy of row-level security does not let the actor write a row.
func Denied(err error) bool { return hasCode(err, "42501") }

func hasCode(err error, code string) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == code
}

// OtherSalt reports whether err says that an address has got another salt since it was asked for (door_join and
// door_set_password in migration 00013): hash the password anew.
func OtherSalt(err error) bool { return hasCode(err, "PAR03") }

const lockedCode = "55P03"

// None reports whether err says that a query for one row found none.
func None(err error) bool { return errors.Is(err, pgx.ErrNoRows) }

// Duplicate reports whether err is a violation of the named unique constraint or index; any, if the name is empty.
func Duplicate(err error, constraint string) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == "23505" && (constraint == "" || e.ConstraintName == constraint)
}

// Missing reports whether err is a foreign key that points at nothing (in this organization).
func Missing(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == "23503"
}
