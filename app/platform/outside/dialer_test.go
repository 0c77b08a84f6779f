package outside_test

import (
	"net/netip"
	"testing"

	"parley/app/platform/outside"
)

func TestIsPublic(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8",
		"64:ff9b::808:808",
	} {
		if !outside.IsPublic(netip.MustParseAddr(s)) {
			t.Errorf("%s is refused", s)
		}
	}
	for _, s := range []string{
		"127.0.0.1", "127.1.2.3", "::1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
		"169.254.169.254", "fe80::1%eth0", "fd00:ec2::254", "fc00::1", "224.0.0.1", "239.1.1.1", "ff02::1",
		"0.0.0.0", "0.1.2.3", "::", "100.64.0.1", "100.127.255.255", "255.255.255.255", "240.0.0.1", "192.0.0.1",
		"192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "::ffff:127.0.0.1",
		"::ffff:169.254.169.254", "::ffff:10.0.0.1", "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1",
		"64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "2002:7f00:1::", "2002:a00:1::1", "2001:0:4136:e378::1",
		"2001:db8::1", "fec0::1", "100::1", "3fff::1", "5f00::1",
	} {
		if outside.IsPublic(netip.MustParseAddr(s)) {
			t.Errorf("%s is let through", s)
		}
	}
	if outside.IsPublic(netip.Addr{}) {
		t.Error("no address is let through")
	}
}
