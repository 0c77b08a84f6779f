package clientnet

import "testing"

func TestNetwork(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"203.0.113.7":         "203.0.113.7",
		"::ffff:203.0.113.7":  "203.0.113.7",
		"2001:db8:1:2:3::4":   "2001:db8:1:2::/64",
		"2001:db8:1:2:ffff::": "2001:db8:1:2::/64",
		"2001:db8:1:2::/64":   "2001:db8:1:2::/64",
		"fe80::1%eth0":        "fe80::/64",
		"::1":                 "::1",
		"":                    "",
	} {
		if got := Of(address); got != want {
			t.Errorf("%s counts as %s, not %s", address, got, want)
		}
	}
}
