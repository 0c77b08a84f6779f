// Command schema writes db/schema.sql: the schema as the migrations make it, in one picture. "make generate" runs it.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5"

	"parley/app/platform/pg"
	"parley/db"
)

func main() {
	if err := run(context.Background(), "db/schema.sql"); err != nil {
		fmt.Fprintln(os.Stderr, "schema:", err)
		os.Exit(1)
	}
}

// run migrates an empty private Postgres and writes a picture of its schema to a file.
func run(ctx context.Context, file string) error {
	dir, err := os.MkdirTemp("/tmp", "parley-schema-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	os.Chmod(dir, 0o755) // the server may run as another user
	cluster, err := pg.StartCluster(ctx, dir+"/data", pg.ClusterOptions{Volatile: true})
	if err != nil {
		return err
	}
	defer cluster.Stop()
	if _, err := pg.Migrate(ctx, cluster.OwnerURL, cluster.AppURL); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, cluster.OwnerURL)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	text, err := draw(ctx, conn, db.Migrations)
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}
