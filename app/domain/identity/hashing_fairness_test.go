package identity_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"parley/app/domain/identity"
	"parley/app/platform/clientnet"
	"parley/app/platform/fail"
)

// A network that hashes passwords without end has its share and a queue of its own; another one's log-in is next, and so is one from
// another network for every /64 that the first one's connection has.
func TestHashingIsFairBetweenNetworks(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	stop := make(chan struct{})
	defer close(stop)
	busy := make(chan error, 2000)
	for i := range 1400 {
		from := "192.0.2.1"
		if i%2 == 1 {
			from = fmt.Sprintf("2001:db8:0:%x::1", i%256) // one /56
		}
		go func() {
			release, err := identity.AcquireHashSlot(clientnet.WithAddress(ctx, from))
			if err != nil {
				busy <- err
				return
			}
			select { // as long as some hashes take
			case <-time.After(30 * time.Millisecond):
			case <-stop:
			}
			release()
		}()
	}
	select {
	case err := <-busy:
		if fail.KindOf(err) != fail.Busy {
			t.Errorf("one of very many from a network: %v", err)
		}
	case <-ctx.Done():
		t.Fatal("a network may have as many waiting as it likes")
	}
	for range 5 {
		begun := time.Now()
		release, err := identity.AcquireHashSlot(clientnet.WithAddress(ctx, "198.51.100.7"))
		if err != nil {
			t.Fatal(err)
		}
		release()
		t.Logf("another network waited %v", time.Since(begun).Round(time.Millisecond))
	}
}
