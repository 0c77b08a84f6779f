// Package outside opens connections to addresses that organizations and browsers name: a language model's server, a push
// service.
//
// Owns: what counts as a public address, and dialers that reach nothing else.
//
// Must not touch: what is said over the connections.
//
// Always true: the check is on the address that is really dialed, after the name was resolved.
package outside

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// ErrNotPublic is what a guarded connection fails with: the name leads to an address that is not on the public internet.
var ErrNotPublic = errors.New("address is not public")

// Guard refuses a connection to anything but a public address. It runs after the name was resolved, on the address that is
// really dialed, so that a name cannot point outside when it is checked and inside when it is used.
func Guard(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !IsPublic(to.Addr()) {
		return ErrNotPublic
	}
	return nil
}

// NewDialer returns one that reaches public addresses only.
func NewDialer() *net.Dialer { return &net.Dialer{Timeout: 10 * time.Second, Control: Guard} }

// NewClient returns an HTTP client that reaches public addresses only, and follows nothing elsewhere.
func NewClient() *http.Client {
	return &http.Client{
		Timeout: 30 * time.Second,
		Transport: &http.Transport{DialContext: NewDialer().DialContext, TLSHandshakeTimeout: 10 * time.Second,
			MaxIdleConns: 20, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// What net/netip does not know to be special, from the registries of IANA.
var specialPrefixes = parsePrefixes(
	"0.0.0.0/8",       // this network
	"100.64.0.0/10",   // carrier's NAT
	"192.0.0.0/24",    // protocol assignments
	"192.0.2.0/24",    // documentation
	"192.88.99.0/24",  // relays of 6to4
	"198.18.0.0/15",   // benchmarks
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"240.0.0.0/4",     // reserved, and broadcast
	"2001::/23",       // protocol assignments, among them Teredo, which wraps IPv4
	"2001:db8::/32",   // documentation
	"2002::/16",       // 6to4 wraps any IPv4 address, and nobody serves through it any more
	"3fff::/20",       // documentation
)

var (
	globalUnicast = netip.MustParsePrefix("2000::/3")     // all of IPv6 that is handed out
	nat64         = netip.MustParsePrefix("64:ff9b::/96") // how a host without IPv4 reaches IPv4
)

func parsePrefixes(all ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(all))
	for i, s := range all {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// IsPublic reports whether an address is one of a server on the public internet: not loopback, private, link-local (where
// clouds keep their metadata), multicast, unspecified, reserved, nor an IPv6 address that wraps such an IPv4 address.
func IsPublic(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if nat64.Contains(a) {
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
	}
	if !a.IsValid() || !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	if a.Is6() && !globalUnicast.Contains(a) {
		return false
	}
	for _, p := range specialPrefixes {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
