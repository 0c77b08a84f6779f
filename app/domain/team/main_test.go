package team_test

import (
	"testing"

	"parley/app/tools/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }
