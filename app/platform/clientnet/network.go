package clientnet

import (
	"context"
	"net/netip"
)

type networkKey struct{}

// WithAddress returns a context that knows from which client's address a request comes, for whatever limits by it.
func WithAddress(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, networkKey{}, Of(address))
}

// FromContext returns the network that a request comes from; empty if that is not known, as in work that no request waits for.
func FromContext(ctx context.Context) string {
	network, _ := ctx.Value(networkKey{}).(string)
	return network
}

// Of returns what a client's address counts as where attempts or connections are limited: itself, or for IPv6 the /64 of
// which one customer has all. What is no address, or such a network already, counts as itself.
func Of(address string) string {
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

// Widen returns what a network counts as where turns are taken: itself, or for IPv6 the /56 that one connection has at home.
func Widen(network string) string {
	prefix, err := netip.ParsePrefix(network)
	if err != nil || !prefix.Addr().Is6() {
		return network
	}
	wide, err := prefix.Addr().Prefix(56)
	if err != nil {
		return network
	}
	return wide.String()
}
