package e2e

import (
	"testing"

	"parley/app/tools/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }
