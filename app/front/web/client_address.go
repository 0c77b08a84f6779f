package web

import (
	"net"
	"net/http"
	"strings"
)

// clientAddress finds out where a request comes from: the last address in X-Forwarded-For that is not a trusted proxy's. Each
// proxy appends whom it heard from, so what stands left of that is the client's own invention. If all are trusted, the client
// is one of ours, and the proxy next to us says which. header names one that the proxy sets instead, to the address alone.
func clientAddress(trusted []*net.IPNet, header string) func(*http.Request) string {
	isTrusted := func(ip net.IP) bool {
		for _, n := range trusted {
			if n.Contains(ip) {
				return true
			}
		}
		return false
	}
	return func(r *http.Request) string {
		direct, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil {
			direct = r.RemoteAddr
		}
		if ip := net.ParseIP(direct); ip == nil || !isTrusted(ip) {
			return direct
		}
		if header != "" {
			if ip := parseIP(r.Header.Get(header)); ip != nil {
				return ip.String()
			}
			return direct
		}
		nearest := ""
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := len(hops) - 1; i >= 0; i-- {
			ip := parseIP(hops[i])
			if ip == nil {
				break
			}
			if !isTrusted(ip) {
				return ip.String()
			}
			if nearest == "" {
				nearest = ip.String()
			}
		}
		if nearest != "" {
			return nearest
		}
		return direct
	}
}

// parseIP reads an address, with or without brackets and port.
func parseIP(s string) net.IP {
	s = strings.TrimSpace(s)
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	return net.ParseIP(strings.Trim(s, "[]"))
}
