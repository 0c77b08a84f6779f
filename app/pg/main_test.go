package pg_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"parley/app/apptest"
	"parley/app/pg"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("TEST_CLUSTER_IN"); dir != "" { // a Parley of its own, to be killed
		if _, err := pg.StartCluster(context.Background(), dir, pg.ClusterOptions{Volatile: true}); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("running")
		select {}
	}
	apptest.Main(m)
}
