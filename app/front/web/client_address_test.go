package web

import (
	"net"
	"net/http"
	"testing"
)

func TestClientAddress(t *testing.T) {
	t.Parallel()
	var trusted []*net.IPNet
	for _, s := range []string{"127.0.0.0/8", "10.0.0.0/8"} {
		_, n, err := net.ParseCIDR(s)
		if err != nil {
			t.Fatal(err)
		}
		trusted = append(trusted, n)
	}
	for _, c := range []struct{ direct, header, forwarded, want string }{
		{"203.0.113.9:1234", "", "198.51.100.1", "203.0.113.9"},                      // not from a proxy: nothing is believed
		{"10.0.0.1:1234", "", "198.51.100.1", "198.51.100.1"},                        // what the proxy says
		{"10.0.0.1:1234", "", "127.0.0.1, 198.51.100.1", "198.51.100.1"},             // what the client invents is left of it
		{"10.0.0.1:1234", "", "198.51.100.1, 10.0.0.2", "198.51.100.1"},              // two proxies
		{"127.0.0.1:1234", "", "127.0.0.1, 10.1.2.3", "10.1.2.3"},                    // a client of our own network, inventing
		{"127.0.0.1:1234", "", "", "127.0.0.1"},                                      // this machine
		{"10.0.0.1:1234", "", "198.51.100.1:5678", "198.51.100.1"},                   // with a port
		{"10.0.0.1:1234", "", "[2001:db8::1]:5678", "2001:db8::1"},                   //
		{"10.0.0.1:1234", "", "rubbish", "10.0.0.1"},                                 //
		{"10.0.0.1:1234", "Fly-Client-IP", "192.0.2.1, 66.241.124.1", "203.0.113.7"}, // the header alone counts
		{"203.0.113.9:1234", "Fly-Client-IP", "", "203.0.113.9"},                     // but not from anybody
	} {
		r := &http.Request{RemoteAddr: c.direct, Header: http.Header{}}
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if c.header != "" {
			r.Header.Set(c.header, "203.0.113.7")
		}
		if got := clientAddress(trusted, c.header)(r); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
