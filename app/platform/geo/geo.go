// Package geo tells in which country an address is, from a file on this machine (MaxMind's format, such as GeoLite2-Country or
// DB-IP's country file).
//
// Owns: the file.
//
// Must not touch: the network; nothing is asked of anybody.
//
// Always true: without a file, or for an address that is not in it, the answer is nothing.
package geo

import (
	"fmt"
	"net/netip"

	"github.com/oschwald/maxminddb-golang/v2"
)

// File is an open file.
type File struct{ db *maxminddb.Reader }

// Open opens a file.
func Open(path string) (*File, error) {
	db, err := maxminddb.Open(path)
	if err != nil {
		return nil, fmt.Errorf("GEOIP_FILE: %w", err)
	}
	return &File{db}, nil
}

// Country is an address's, by ISO 3166 in two letters; empty if it is not known.
func (f *File) Country(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	var code string
	if err := f.db.Lookup(a.Unmap()).DecodePath(&code, "country", "iso_code"); err != nil || len(code) != 2 {
		return ""
	}
	return code
}

// Close closes the file.
func (f *File) Close() error { return f.db.Close() }
