// Package cache remembers what was read from the database, within a bound in bytes, so that no tenant's data can push the process
// out of memory.
//
// Owns: the bound, which entry is dropped first, and the memory of keys that stand for nothing (Unknown).
//
// Must not touch: what is remembered. The caller says how many bytes it counts.
//
// Always true: the entries together count at most the bound; the least recently used is dropped first; what was read before a
// Drop or a Clear is not stored after it.
package cache

import (
	"container/list"
	"sync"
	"time"
)

// entryOverhead is what an entry costs beside its key and value: the list's element, the map's cell, this package's struct.
const entryOverhead = 200

// Cache is a map bounded in bytes. The zero value is not usable; see New. It is safe for concurrent use.
type Cache[K comparable, V any] struct {
	mu       sync.Mutex
	maxBytes int
	bytes    int
	changes  uint64
	entries  map[K]*list.Element
	order    list.List // of *entry[K, V]; the most recently used first
	onDrop   func(K, V)
}

type entry[K comparable, V any] struct {
	key       K
	value     V
	bytes     int
	storedAt  time.Time
	expiresAt time.Time
}

// New returns an empty cache of at most so many bytes.
func New[K comparable, V any](maxBytes int) *Cache[K, V] {
	return NewWithDrop(maxBytes, func(K, V) {})
}

// NewWithDrop is New for values that are released when they leave the cache: onDrop is then called, under the cache's lock, and must not
// call the cache.
func NewWithDrop[K comparable, V any](maxBytes int, onDrop func(K, V)) *Cache[K, V] {
	c := &Cache[K, V]{maxBytes: maxBytes, entries: map[K]*list.Element{}, onDrop: onDrop}
	c.order.Init()
	return c
}

// Get returns what is stored under a key and has not expired.
func (c *Cache[K, V]) Get(key K) (value V, found bool) { return c.GetWithin(key, 0) }

// GetWithin is Get for an entry that was stored at most age ago; 0: at any time.
func (c *Cache[K, V]) GetWithin(key K, age time.Duration) (value V, found bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[key]
	if e == nil {
		return value, false
	}
	x := e.Value.(*entry[K, V])
	now := time.Now()
	if now.After(x.expiresAt) {
		c.remove(e)
		return value, false
	}
	if age > 0 && now.Sub(x.storedAt) > age {
		return value, false
	}
	c.order.MoveToFront(e)
	return x.value, true
}

// Mark returns a mark to be taken before something is read that is to be stored: Put refuses it if anything was dropped since.
func (c *Cache[K, V]) Mark() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changes
}

// Put stores a value that counts so many bytes for a time, and drops what was used least recently where it needs the
// space. It stores nothing if something was dropped since the mark (it may have been read before that change), or if
// the value alone is beyond the bound.
func (c *Cache[K, V]) Put(key K, value V, bytes int, ttl time.Duration, mark uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changes != mark {
		return false
	}
	return c.put(key, value, bytes, ttl)
}

// Set is Put for what was just written rather than read: it needs no mark.
func (c *Cache[K, V]) Set(key K, value V, bytes int, ttl time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.put(key, value, bytes, ttl)
}

func (c *Cache[K, V]) put(key K, value V, bytes int, ttl time.Duration) bool {
	if e := c.entries[key]; e != nil {
		c.remove(e)
	}
	bytes += entryOverhead
	if bytes > c.maxBytes {
		return false
	}
	for c.bytes+bytes > c.maxBytes {
		c.remove(c.order.Back())
	}
	now := time.Now()
	c.entries[key] = c.order.PushFront(&entry[K, V]{key, value, bytes, now, now.Add(ttl)})
	c.bytes += bytes
	return true
}

func (c *Cache[K, V]) remove(e *list.Element) {
	x := e.Value.(*entry[K, V])
	c.order.Remove(e)
	delete(c.entries, x.key)
	c.bytes -= x.bytes
	c.onDrop(x.key, x.value)
}

// Drop forgets a key, and what is being read at the moment.
func (c *Cache[K, V]) Drop(key K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	if e := c.entries[key]; e != nil {
		c.remove(e)
	}
}

// DropIf forgets the entries that fit, and what is being read at the moment.
func (c *Cache[K, V]) DropIf(fits func(K, V) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	for e := c.order.Front(); e != nil; {
		next := e.Next()
		if x := e.Value.(*entry[K, V]); fits(x.key, x.value) {
			c.remove(e)
		}
		e = next
	}
}

// Clear forgets everything, and what is being read at the moment.
func (c *Cache[K, V]) Clear() { c.DropIf(func(K, V) bool { return true }) }

// Size returns how many entries there are, and the bytes that they count.
func (c *Cache[K, V]) Size() (entries, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.entries), c.bytes
}

// Trim drops the least recently used entries while over, which is given the bytes that are left, says so. It serves who counts
// something beside the entries, such as what they share.
func (c *Cache[K, V]) Trim(over func(bytes int) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.entries) > 0 && over(c.bytes) {
		c.remove(c.order.Back())
	}
}
