package live

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"math/bits"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// proofOfWork asks browsers to do some work before they may be new visitors: it is nothing for a person, and much for
// somebody who wants to be ten thousand visitors.
type proofOfWork struct {
	key  []byte
	mu   sync.Mutex
	used map[string]time.Time // by challenge that was used, when it would be too old anyway
}

const (
	proofBits = 17              // leading zero bits of the hash: some 130,000 tries, less than a second
	proofTTL  = 2 * time.Minute // from the challenge to its proof
)

// challenge returns what a browser has to work on. It is good for one website and one address.
func (p *proofOfWork) challenge(website uuid.UUID, address string, now time.Time) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(now.Unix()))
	var salt [8]byte
	rand.Read(salt[:]) // never fails
	b = append(b, salt[:]...)
	return base64.RawURLEncoding.EncodeToString(append(b, p.mac(website, address, b)...))
}

func (p *proofOfWork) mac(website uuid.UUID, address string, b []byte) []byte {
	mac := hmac.New(sha256.New, p.key)
	mac.Write(website[:])
	mac.Write([]byte(address))
	mac.Write(b)
	return mac.Sum(nil)[:16]
}

// verify reports whether a proof, which is a challenge, a colon and a number, is good. It is good once.
func (p *proofOfWork) verify(website uuid.UUID, address, proof string, now time.Time) bool {
	challenge, _, found := strings.Cut(proof, ":")
	b, err := base64.RawURLEncoding.Strict().DecodeString(challenge)
	if !found || err != nil || len(b) != 32 || len(proof) > 100 || !hmac.Equal(b[16:], p.mac(website, address, b[:16])) {
		return false
	}
	age := now.Sub(time.Unix(int64(binary.BigEndian.Uint64(b[:8])), 0))
	sum := sha256.Sum256([]byte(proof))
	if age > proofTTL || bits.LeadingZeros32(binary.BigEndian.Uint32(sum[:4])) < proofBits {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, used := p.used[challenge]; used {
		return false
	}
	if p.used == nil {
		p.used = map[string]time.Time{}
	}
	if len(p.used) > 10_000 {
		for c, until := range p.used {
			if now.After(until) {
				delete(p.used, c)
			}
		}
	}
	p.used[challenge] = now.Add(proofTTL)
	return true
}
