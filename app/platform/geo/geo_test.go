package geo_test

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"parley/app/platform/geo"
)

func TestCountry(t *testing.T) {
	t.Parallel()
	w, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "GeoLite2-Country", IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	_, network, _ := net.ParseCIDR("192.0.2.0/24")
	if err := w.Insert(network, mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String("NO")}}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "country.mmdb")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.WriteTo(out); err != nil {
		t.Fatal(err)
	}
	out.Close()
	f, err := geo.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for address, want := range map[string]string{"192.0.2.7": "NO", "::ffff:192.0.2.7": "NO", "198.51.100.1": "", "nonsense": "", "": ""} {
		if got := f.Country(address); got != want {
			t.Errorf("%q is in %q, not %q", address, got, want)
		}
	}
	if _, err := geo.Open(path + ".not"); err == nil {
		t.Error("a file that is not there opens")
	}
}
