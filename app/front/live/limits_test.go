package live

import "testing"

func TestIsLimited(t *testing.T) {
	t.Parallel()
	if isLimited("127.0.0.1") || isLimited("::1") || isLimited("") || !isLimited("2001:db8::/64") || !isLimited("10.0.0.1") {
		t.Error("who is limited")
	}
}
