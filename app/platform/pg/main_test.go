package pg_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"parley/app/platform/pg"
	"parley/app/tools/testkit"
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
	testkit.Main(m)
}
