package org_test

import (
	"testing"

	"parley/app/apptest"
)

func TestMain(m *testing.M) { apptest.Main(m) }
