package body

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"parley/app/platform/fail"
)

func anonymousBody(b *Budget, network, text string) *Body {
	w := httptest.NewRecorder()
	return &Body{
		source:     io.NopCloser(strings.NewReader(text)),
		control:    http.NewResponseController(w),
		header:     w.Header(),
		routeLimit: DefaultLimit,
		limit:      MaxAnonymous,
		length:     -1,
		budget:     b,
		network:    network,
	}
}

// What is held of strangers' bodies is bounded, for each network and in all, and is free again afterwards.
func TestBodyBudget(t *testing.T) {
	t.Parallel()
	b, full := NewBudget(), strings.Repeat("x", MaxAnonymous)
	var held []*Body
	hold := func(network string) error {
		s := anonymousBody(b, network, full)
		held = append(held, s)
		_, err := io.Copy(io.Discard, s)
		return err
	}
	fill := func(network string) (n int) {
		for n < 2*maxAnonymousPerNetwork/MaxAnonymous && hold(network) == nil {
			n++
		}
		return n
	}
	if n := fill("a network"); n < maxAnonymousPerNetwork/MaxAnonymous-1 || b.total > maxAnonymousPerNetwork {
		t.Errorf("%d bodies of a network are held, %d bytes", n, b.total)
	}
	networks := 1
	for fill(fmt.Sprint(networks)) > 0 && networks < 100 {
		networks++
	}
	if networks == 100 || b.total > maxAnonymousTotal || b.total < maxAnonymousTotal/2 {
		t.Errorf("%d bytes of %d networks are held", b.total, networks)
	}
	if err := hold("one more"); fail.KindOf(err) != fail.Busy {
		t.Errorf("beyond all: %v", err)
	}
	for _, s := range held {
		s.Release()
	}
	if err := hold("one more"); err != nil || b.total != MaxAnonymous || len(b.byNetwork) != 1 {
		t.Errorf("afterwards: %v, %d bytes of %d networks", err, b.total, len(b.byNetwork))
	}
}

// Beyond its limit a body is not read.
func TestBodyStopsAtItsLimit(t *testing.T) {
	t.Parallel()
	s := anonymousBody(NewBudget(), "a network", strings.Repeat("x", 1<<20))
	n, err := io.Copy(io.Discard, s)
	var tooLarge *http.MaxBytesError
	if !errors.As(err, &tooLarge) || n > MaxAnonymous+1 || s.header.Get("Connection") != "close" {
		t.Errorf("%d bytes, %v", n, err)
	}
	s = anonymousBody(NewBudget(), "a network", strings.Repeat("x", 1<<20))
	s.routeLimit = 1 << 20
	if err := s.RaiseLimit(1 << 40); err != nil || s.budget != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, s); n != 1<<20 || err != nil {
		t.Errorf("of somebody who is known: %d bytes, %v", n, err)
	}
}

// A share of the slots is left to others, and one that is given back can be taken again.
func TestUploadSlots(t *testing.T) {
	t.Parallel()
	s := NewSlots(4)
	var releases []func()
	for range 2 {
		release, err := s.Acquire(Keys{"one": 2})
		if err != nil {
			t.Fatal(err)
		}
		releases = append(releases, release)
	}
	if _, err := s.Acquire(Keys{"one": 2}); fail.KindOf(err) != fail.Busy {
		t.Errorf("beyond its share: %v", err)
	}
	if s.requiredSpeed() != minSpeed {
		t.Error("speed is asked for while half of the slots are free")
	}
	for range 2 {
		if _, err := s.Acquire(Keys{"two": 2}); err != nil {
			t.Fatal(err)
		}
	}
	if s.requiredSpeed() != minSpeedWhenBusy {
		t.Error("no speed is asked for while all slots are taken")
	}
	if _, err := s.Acquire(Keys{"three": 2}); fail.KindOf(err) != fail.Busy {
		t.Errorf("beyond all: %v", err)
	}
	releases[0]()
	if _, err := s.Acquire(Keys{"three": 2}); err != nil {
		t.Errorf("once one is given back: %v", err)
	}
}

// What comes too slowly is cut off: it is measured over a time, and in all.
func TestSlowUploadsAreStopped(t *testing.T) {
	t.Parallel()
	control := http.NewResponseController(&deadlines{httptest.NewRecorder()})
	now := time.Now()
	for name, c := range map[string]struct {
		p    speedCheck
		slow bool
	}{
		"at the beginning": {speedCheck{since: now, deadline: now.Add(time.Minute)}, false},
		"a little":         {speedCheck{since: now.Add(-2 * speedWindow), bytes: 1000, deadline: now.Add(time.Minute)}, true},
		"enough":           {speedCheck{since: now.Add(-2 * speedWindow), bytes: 1 << 20, deadline: now.Add(time.Minute)}, false},
		"for too long":     {speedCheck{since: now, bytes: 1 << 20, deadline: now.Add(-time.Second)}, true},
	} {
		c.p.slots = NewSlots(4)
		if err := c.p.check(control); (err != nil) != c.slow || c.slow && fail.KindOf(err) != fail.Busy {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type deadlines struct{ http.ResponseWriter }

func (deadlines) SetReadDeadline(time.Time) error { return nil }
