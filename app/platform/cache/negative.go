package cache

import (
	"context"
	"crypto/sha256"
	"time"

	"parley/app/platform/clientnet"
	"parley/app/platform/fail"
)

// NegativeCache remembers keys that stand for nothing (a widget's key, a session's token, a mailed link's secret), so that asking for one
// again costs no query. It also limits how many different ones a network may ask for, so that random keys cost few queries. Only
// hashes of keys are stored.
type NegativeCache struct {
	keys       *Cache[[16]byte, struct{}]
	recentHits *Cache[[16]byte, struct{}] // that stood for something lately: looking them up again is not limited
	misses     *Cache[string, *tokenBucket]
	ttl        time.Duration
	perSecond  float64
	burst      float64
}

// negativeKeyBytes and goodBytes bound the keys of one Unknown, and networkBytes the networks that it counts.
const (
	negativeKeyBytes = 2 << 20
	recentHitBytes   = 2 << 20
	recentHitTTL     = time.Hour
	networkBytes     = 1 << 20
	networkTTL       = 15 * time.Minute
)

// tokenBucket holds what a network has left of its limit.
type tokenBucket struct {
	left float64
	at   time.Time
}

// NewNegativeCache returns an empty one that remembers a key for life. A network may ask for once different unknown keys, and second more
// each second after.
func NewNegativeCache(ttl time.Duration, burst int, perSecond float64) *NegativeCache {
	return &NegativeCache{keys: New[[16]byte, struct{}](negativeKeyBytes), recentHits: New[[16]byte, struct{}](recentHitBytes),
		misses: New[string, *tokenBucket](networkBytes), ttl: ttl, perSecond: perSecond, burst: float64(burst)}
}

func hashKey(key string) [16]byte {
	sum := sha256.Sum256([]byte(key))
	return [16]byte(sum[:16])
}

// Begin says whether a key is remembered as unknown: then there is nothing to look up. Otherwise the caller looks, and then calls settle:
// with true if the key stands for nothing, with false if it stands for something or that could not be found out. fail.Busy if the
// network of ctx (outside.With) has asked for too many unknown keys; without a network nothing is limited.
func (c *NegativeCache) Begin(ctx context.Context, key string) (unknown bool, settle func(unknown bool), err error) {
	hash := hashKey(key)
	if _, remembered := c.keys.Get(hash); remembered {
		return true, nil, nil
	}
	mark := c.keys.Mark()
	network := clientnet.FromContext(ctx)
	if _, lately := c.recentHits.Get(hash); lately {
		network = ""
	}
	if wait := c.takeToken(network, 1); wait > 0 {
		return false, nil, limitError(wait)
	}
	return false, func(unknown bool) {
		if !unknown {
			c.returnToken(network)
			c.recentHits.Set(hash, struct{}{}, 16, recentHitTTL)
			return
		}
		c.recentHits.Drop(hash)
		c.keys.Put(hash, struct{}{}, 16, c.ttl, mark)
	}, nil
}

// CountMiss counts one failure of the network of ctx, as Ask does for a key that it does not remember.
func (c *NegativeCache) CountMiss(ctx context.Context) error {
	return limitError(c.takeToken(clientnet.FromContext(ctx), 1))
}

// CheckLimit returns fail.Busy if the network of ctx may ask for no unknown key now. It counts nothing.
func (c *NegativeCache) CheckLimit(ctx context.Context) error {
	return limitError(c.takeToken(clientnet.FromContext(ctx), 0))
}

func limitError(wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	return &fail.Error{Kind: fail.Busy, RetryAfter: wait,
		Message: "Too many keys or links that do not exist were asked for from your network. Wait a moment and try again."}
}

// Contains reports whether a key is remembered as unknown. It counts nothing.
func (c *NegativeCache) Contains(key string) bool {
	_, remembered := c.keys.Get(hashKey(key))
	return remembered
}

// takeToken counts n look-ups of a network, or returns how long to wait for the next one.
func (c *NegativeCache) takeToken(network string, n float64) (wait time.Duration) {
	if network == "" {
		return 0
	}
	c.misses.mu.Lock()
	defer c.misses.mu.Unlock()
	now := time.Now()
	b := &tokenBucket{c.burst, now}
	if e := c.misses.entries[network]; e != nil {
		b = e.Value.(*entry[string, *tokenBucket]).value
		c.misses.order.MoveToFront(e)
	} else {
		c.misses.put(network, b, len(network)+48, networkTTL)
	}
	b.left = min(c.burst, b.left+now.Sub(b.at).Seconds()*c.perSecond)
	b.at = now
	if b.left < 1 {
		return time.Duration((1 - b.left) / c.perSecond * float64(time.Second))
	}
	b.left -= n
	return 0
}

func (c *NegativeCache) returnToken(network string) {
	c.misses.mu.Lock()
	defer c.misses.mu.Unlock()
	if e := c.misses.entries[network]; e != nil {
		b := e.Value.(*entry[string, *tokenBucket]).value
		b.left = min(c.burst, b.left+1)
	}
}

// Drop forgets a key: it may stand for something from now on.
func (c *NegativeCache) Drop(key string) { c.keys.Drop(hashKey(key)) }

// Clear forgets all keys: any of them may stand for something by now.
func (c *NegativeCache) Clear() { c.keys.Clear() }

// Size returns how many keys are remembered, and the bytes that they count.
func (c *NegativeCache) Size() (keys, bytes int) { return c.keys.Size() }
