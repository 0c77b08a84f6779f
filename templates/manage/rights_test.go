package manage

import (
	"testing"

	"parley/app/platform/access"
)

func TestRightsGroupsNameEveryObject(t *testing.T) {
	t.Parallel()
	for _, group := range rightsGroups(access.Table) {
		if group.Label == "" {
			t.Errorf("the object of %s has no label", group.Rules[0].Action)
		}
	}
}
