package live

import "testing"

func TestWhoIsLimited(t *testing.T) {
	t.Parallel()
	if limited("127.0.0.1") || limited("::1") || limited("") || !limited("2001:db8::/64") || !limited("10.0.0.1") {
		t.Error("who is limited")
	}
}
