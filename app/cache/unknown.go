package cache

import (
	"context"
	"crypto/sha256"
	"time"

	"parley/app/fail"
	"parley/app/outside"
)

// Unknown remembers keys that stand for nothing (a widget's key, a session's token, a mailed link's secret), so that asking for one
// again costs no query. It also limits how many different ones a network may ask for, so that random keys cost few queries. Only
// hashes of keys are stored.
type Unknown struct {
	keys   *Cache[[16]byte, struct{}]
	good   *Cache[[16]byte, struct{}] // that stood for something lately: looking them up again is not limited
	misses *Cache[string, *bucket]
	life   time.Duration
	second float64
	once   float64
}

// unknownBytes and goodBytes bound the keys of one Unknown, and networkBytes the networks that it counts.
const (
	unknownBytes = 2 << 20
	goodBytes    = 2 << 20
	goodLife     = time.Hour
	networkBytes = 1 << 20
	networkLife  = 15 * time.Minute
)

// bucket holds what a network has left of its limit.
type bucket struct {
	left float64
	at   time.Time
}

// NewUnknown returns an empty one that remembers a key for life. A network may ask for once different unknown keys, and second more
// each second after.
func NewUnknown(life time.Duration, once int, second float64) *Unknown {
	return &Unknown{keys: New[[16]byte, struct{}](unknownBytes), good: New[[16]byte, struct{}](goodBytes),
		misses: New[string, *bucket](networkBytes), life: life, second: second, once: float64(once)}
}

func hashed(key string) [16]byte {
	sum := sha256.Sum256([]byte(key))
	return [16]byte(sum[:16])
}

// Ask says whether a key is remembered as unknown: then there is nothing to look up. Otherwise the caller looks, and then calls settle:
// with true if the key stands for nothing, with false if it stands for something or that could not be found out. fail.Busy if the
// network of ctx (outside.With) has asked for too many unknown keys; without a network nothing is limited.
func (u *Unknown) Ask(ctx context.Context, key string) (unknown bool, settle func(unknown bool), err error) {
	hash := hashed(key)
	if _, remembered := u.keys.Get(hash); remembered {
		return true, nil, nil
	}
	mark := u.keys.Now()
	network := outside.From(ctx)
	if _, lately := u.good.Get(hash); lately {
		network = ""
	}
	if wait := u.take(network, 1); wait > 0 {
		return false, nil, refusal(wait)
	}
	return false, func(unknown bool) {
		if !unknown {
			u.giveBack(network)
			u.good.Set(hash, struct{}{}, 16, goodLife)
			return
		}
		u.good.Drop(hash)
		u.keys.Put(hash, struct{}{}, 16, u.life, mark)
	}, nil
}

// Count counts one failure of the network of ctx, as Ask does for a key that it does not remember.
func (u *Unknown) Count(ctx context.Context) error { return refusal(u.take(outside.From(ctx), 1)) }

// Full returns fail.Busy if the network of ctx may ask for no unknown key now. It counts nothing.
func (u *Unknown) Full(ctx context.Context) error { return refusal(u.take(outside.From(ctx), 0)) }

func refusal(wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	return &fail.Error{Kind: fail.Busy, RetryAfter: wait,
		Message: "Too many keys or links that do not exist were asked for from your network. Wait a moment and try again."}
}

// Remembers reports whether a key is remembered as unknown. It counts nothing.
func (u *Unknown) Remembers(key string) bool {
	_, remembered := u.keys.Get(hashed(key))
	return remembered
}

// take counts n look-ups of a network, or returns how long to wait for the next one.
func (u *Unknown) take(network string, n float64) (wait time.Duration) {
	if network == "" {
		return 0
	}
	u.misses.mu.Lock()
	defer u.misses.mu.Unlock()
	now := time.Now()
	b := &bucket{u.once, now}
	if e := u.misses.of[network]; e != nil {
		b = e.Value.(*entry[string, *bucket]).value
		u.misses.order.MoveToFront(e)
	} else {
		u.misses.put(network, b, len(network)+48, networkLife)
	}
	b.left = min(u.once, b.left+now.Sub(b.at).Seconds()*u.second)
	b.at = now
	if b.left < 1 {
		return time.Duration((1 - b.left) / u.second * float64(time.Second))
	}
	b.left -= n
	return 0
}

func (u *Unknown) giveBack(network string) {
	u.misses.mu.Lock()
	defer u.misses.mu.Unlock()
	if e := u.misses.of[network]; e != nil {
		b := e.Value.(*entry[string, *bucket]).value
		b.left = min(u.once, b.left+1)
	}
}

// Drop forgets a key: it may stand for something from now on.
func (u *Unknown) Drop(key string) { u.keys.Drop(hashed(key)) }

// Clear forgets all keys: any of them may stand for something by now.
func (u *Unknown) Clear() { u.keys.Clear() }

// Size returns how many keys are remembered, and the bytes that they count.
func (u *Unknown) Size() (keys, bytes int) { return u.keys.Size() }
