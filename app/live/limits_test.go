package live

import "testing"

func TestNetwork(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"203.0.113.7": "203.0.113.7", "::ffff:203.0.113.7": "203.0.113.7", "2001:db8:1:2:3::4": "2001:db8:1:2::/64",
		"2001:db8:1:2:ffff::": "2001:db8:1:2::/64", "::1": "::1", "": ""} {
		if got := network(address); got != want {
			t.Errorf("%s counts as %s, not %s", address, got, want)
		}
	}
	if limited("127.0.0.1") || limited("::1") || limited("") || !limited("2001:db8::/64") || !limited("10.0.0.1") {
		t.Error("who is limited")
	}
}
