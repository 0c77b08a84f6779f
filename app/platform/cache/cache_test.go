package cache_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"parley/app/platform/cache"
	"parley/app/platform/clientnet"
	"parley/app/platform/fail"
)

// The bound holds, and what was used least recently goes first.
func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	var dropped []int
	c := cache.NewWithDrop(10_000, func(k int, _ string) { dropped = append(dropped, k) })
	for i := range 9 {
		c.Set(i, "x", 800, time.Hour) // 1,000 with what an entry costs
	}
	c.Get(0) // used: 1 is the oldest now
	c.Set(9, "x", 800, time.Hour)
	c.Set(10, "x", 1800, time.Hour)
	if n, bytes := c.Size(); bytes > 10_000 || n != 9 {
		t.Errorf("%d entries of %d bytes", n, bytes)
	}
	if fmt.Sprint(dropped) != "[1 2]" {
		t.Errorf("dropped %v", dropped)
	}
	if c.Set(11, "x", 20_000, time.Hour) {
		t.Error("stored what is larger than the bound")
	}
	for range 3 {
		c.Set(0, "y", 1800, time.Hour)
	}
	if _, bytes := c.Size(); bytes > 10_000 {
		t.Errorf("%d bytes after an entry grew", bytes)
	}
	c.Clear()
	if n, bytes := c.Size(); n != 0 || bytes != 0 {
		t.Errorf("%d entries of %d bytes after Clear", n, bytes)
	}
}

// What was read before a change is not stored after it.
func TestStaleReadIsNotStored(t *testing.T) {
	t.Parallel()
	c := cache.New[string, int](10_000)
	mark := c.Mark()
	c.Drop("a")
	if c.Put("a", 1, 8, time.Hour, mark) {
		t.Error("stored what may be older than the change")
	}
	if !c.Put("a", 2, 8, time.Hour, c.Mark()) {
		t.Error("did not store what was read after it")
	}
	c.Set("b", 3, 8, -time.Second)
	if _, found := c.Get("b"); found {
		t.Error("expired, and found")
	}
}

// An unknown key is looked up once, and again after it may have become known; a network may ask for so many.
func TestNegativeCache(t *testing.T) {
	t.Parallel()
	u := cache.NewNegativeCache(time.Hour, 5, 0.001)
	ctx := clientnet.WithAddress(context.Background(), "192.0.2.7")
	looked := 0
	ask := func(ctx context.Context, key string, exists bool) error {
		unknown, settle, err := u.Begin(ctx, key)
		if err == nil && !unknown {
			looked++
			settle(!exists)
		}
		return err
	}
	for range 100 {
		if err := ask(ctx, "a", false); err != nil {
			t.Fatal(err)
		}
	}
	if looked != 1 {
		t.Errorf("looked %d times for one key", looked)
	}
	u.Drop("a")
	ask(ctx, "a", true)
	ask(ctx, "a", true)
	if looked != 3 {
		t.Errorf("looked %d times after it became known", looked)
	}
	var busy error
	for i := range 100 {
		if err := ask(ctx, fmt.Sprint("key ", i), false); err != nil {
			busy = err
		}
	}
	if e := fail.As(busy); e == nil || e.Kind != fail.Busy || e.RetryAfter <= 0 || looked != 7 { // 4 were left
		t.Errorf("%v after %d look-ups", busy, looked)
	}
	if err := ask(ctx, "a", true); err != nil { // what was good lately is not refused with the rest
		t.Error(err)
	}
	if err := ask(clientnet.WithAddress(context.Background(), "192.0.2.8"), "of another network", false); err != nil {
		t.Error(err)
	}
	if err := ask(context.Background(), "of no network", false); err != nil {
		t.Error(err)
	}
	for i := range 50_000 {
		ask(clientnet.WithAddress(context.Background(), fmt.Sprintf("198.51.%d.%d", i/200, i%200)), fmt.Sprint("flood ", i), false)
	}
	if n, bytes := u.Size(); bytes > 2<<20 {
		t.Errorf("%d keys of %d bytes", n, bytes)
	}
}
