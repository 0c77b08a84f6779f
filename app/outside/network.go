package outside

import "net/netip"

// Network returns what a client's address counts as where attempts or connections are limited: itself, or for IPv6 the /64 of
// which one customer has all. What is no address, or such a network already, counts as itself.
func Network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if ip = ip.Unmap().WithZone(""); ip.Is6() && !ip.IsLoopback() {
		if prefix, err := ip.Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return ip.String()
}
