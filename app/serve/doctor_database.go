package serve

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"parley/app/platform/bus"
	"parley/app/platform/pg"
)

// checkDatabase asks the database that the servers of this configuration use, as the role that they use.
func (c Config) checkDatabase(ctx context.Context) (list []Finding) {
	at := c.DatabaseURL
	if at == "" {
		app, _, running := pg.FindRunningCluster(c.DataDir)
		if !running {
			return []Finding{
				notUsed(
					"a private Postgres in " + c.DataDir + " is used, and no server runs; start the server " +
						"and run this again to check it"),
			}
		}
		at = app
	}
	db, err := pg.OpenPooled(ctx, at, c.DirectURL)
	if err == nil {
		defer db.Close()
		err = db.Ping(ctx)
	}
	if err != nil {
		return []Finding{
			failure(briefError(err),
				"Check host, port, database, user and password in DATABASE_URL, and that Postgres accepts connections "+
					"from this machine (pg_hba.conf)."),
		}
	}
	f, err := db.ServerInfo(ctx)
	if err != nil {
		return []Finding{failure(briefError(err), "Check DATABASE_URL.")}
	}
	list = append(list, passed("%s as %s, Postgres %s", withoutPassword(at), f.Role, f.Version))
	if f.VersionNumber < 150000 {
		list = append(list, failure(fmt.Errorf("postgres %s is too old", f.Version), "Use Postgres 15 or newer."))
	}
	if !f.Durable {
		list = append(list,
			caution("synchronous_commit is off: messages that were acknowledged can be lost when Postgres crashes",
				"Set synchronous_commit = on."))
	}
	list = append(list, checkClock(f.ClockBehind))
	if err := db.CheckRole(ctx); err != nil {
		list = append(list, failure(err, ""))
	} else {
		list = append(list, passed("row-level security applies to the role"))
	}
	list = append(list, checkMigrations(ctx, db))
	if pooled, err := db.IsPooled(ctx); err == nil && pooled && c.DirectURL == "" {
		list = append(list,
			failure(errors.New("DATABASE_URL leads to a pooler"),
				"If it pools by transactions (PgBouncer's pool_mode = transaction), set DATABASE_DIRECT_URL to the "+
					"address of Postgres itself."))
	}
	return list
}

// checkClock judges how far this machine's clock is behind that of the database; it is ahead if that is negative.
func checkClock(behind time.Duration) Finding {
	if behind.Abs() <= 2*time.Second {
		return passed("the clocks are in sync")
	}
	direction := "behind"
	if behind < 0 {
		direction = "ahead of"
	}
	return failure(
		fmt.Errorf("the clock of this machine is %v %s that of the database", behind.Abs().Round(time.Second), direction),
		"Synchronize both clocks with NTP: times of messages, tokens and logins depend on them.",
	)
}

// checkMigrations compares the migrations that the database has with those of this program.
func checkMigrations(ctx context.Context, db *pg.DB) Finding {
	all, err := db.Migrations(ctx)
	if err != nil {
		return failure(briefError(err), `Run "parley migrate".`)
	}
	var missing, unknown []string
	for _, m := range all {
		switch {
		case !m.Known:
			unknown = append(unknown, m.Name)
		case !m.Applied:
			missing = append(missing, m.Name)
		}
	}
	switch {
	case len(missing) > 0:
		return failure(fmt.Errorf("not applied yet: %s", strings.Join(missing, ", ")),
			`Run "parley migrate" of this version before its servers start.`)
	case len(unknown) > 0:
		return caution("the database has migrations that this version does not know: "+strings.Join(unknown, ", "),
			"A newer version has migrated it. This is normal during an update; otherwise run the newer version.")
	}
	return passed("migrations are up to date")
}

// checkDirectDatabase sees whether DATABASE_DIRECT_URL leads around the pooler, and to the same database.
func (c Config) checkDirectDatabase(ctx context.Context) []Finding {
	if c.DirectURL == "" {
		return []Finding{notUsed("not set: DATABASE_URL leads to Postgres itself")}
	}
	db, err := pg.OpenPooled(ctx, c.DatabaseURL, c.DirectURL)
	if err != nil {
		return []Finding{failure(briefError(err), "Check DATABASE_DIRECT_URL.")}
	}
	defer db.Close()
	direct, err := pg.Open(ctx, c.DirectURL)
	if err != nil {
		return []Finding{failure(briefError(err), "Check DATABASE_DIRECT_URL.")}
	}
	defer direct.Close()
	if pooled, err := direct.IsPooled(ctx); err != nil {
		return []Finding{failure(briefError(err), "Check DATABASE_DIRECT_URL.")}
	} else if pooled {
		return []Finding{failure(errors.New("DATABASE_DIRECT_URL leads to a pooler as well"), "Set it to the address of Postgres itself.")}
	}
	here, err := db.ServerInfo(ctx)
	there, err2 := direct.ServerInfo(ctx)
	if err = errors.Join(err, err2); err != nil {
		return []Finding{failure(briefError(err), "Check DATABASE_URL and DATABASE_DIRECT_URL.")}
	}
	if here.Role != there.Role || here.Database != there.Database {
		return []Finding{
			failure(
				fmt.Errorf("DATABASE_URL uses role %s in database %s, DATABASE_DIRECT_URL uses role %s in database %s",
					here.Role, here.Database, there.Role, there.Database),
				"Both must name the same role and database."),
		}
	}
	return []Finding{passed("%s", withoutPassword(c.DirectURL))}
}

// checkBus sends a notification on the way that servers send theirs to one another.
func (c Config) checkBus(ctx context.Context) []Finding {
	if c.RedisURL != "" {
		if err := bus.CheckRedis(ctx, c.RedisURL); err != nil {
			return []Finding{
				failure(briefError(err),
					"Check REDIS_URL (redis://user:password@host:6379, rediss:// with TLS), and that the user may publish and subscribe."),
			}
		}
		return []Finding{passed("Redis at %s carries notifications", withoutPassword(c.RedisURL))}
	}
	if c.DatabaseURL == "" {
		return []Finding{notUsed("a single server with a private Postgres needs no bus")}
	}
	db, err := pg.OpenPooled(ctx, c.DatabaseURL, c.DirectURL)
	if err != nil {
		return []Finding{failure(briefError(err), "Fix the database first.")}
	}
	defer db.Close()
	if err := db.CheckNotifications(ctx); err != nil {
		return []Finding{failure(fmt.Errorf("a notification did not come back: %w", briefError(err)),
			"Behind a pooler, set DATABASE_DIRECT_URL to the address of Postgres itself, or use REDIS_URL.")}
	}
	return []Finding{passed("Postgres carries notifications")}
}
