package live

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
)

func work(challenge string) string {
	for n := 0; ; n++ {
		proof := challenge + ":" + strconv.Itoa(n)
		sum := sha256.Sum256([]byte(proof))
		if bits.LeadingZeros32(binary.BigEndian.Uint32(sum[:4])) >= proofBits {
			return proof
		}
	}
}

// A proof is good once, for its website and address, and not for long.
func TestProofs(t *testing.T) {
	t.Parallel()
	p := proofs{key: []byte("a key")}
	site, now := uuid.New(), time.Now()
	c := p.challenge(site, "203.0.113.7", now)
	good := work(c)
	for name, met := range map[string]bool{
		"without work":           p.met(site, "203.0.113.7", c+":x", now),
		"another website":        p.met(uuid.New(), "203.0.113.7", good, now),
		"another address":        p.met(site, "203.0.113.8", good, now),
		"too late":               p.met(site, "203.0.113.7", good, now.Add(3*time.Minute)),
		"made up":                p.met(site, "203.0.113.7", work("AAAA"), now),
		"nothing":                p.met(site, "203.0.113.7", "", now),
		"another installation's": (&proofs{key: []byte("another")}).met(site, "203.0.113.7", good, now),
	} {
		if met {
			t.Errorf("%s: taken", name)
		}
	}
	if !p.met(site, "203.0.113.7", good, now) {
		t.Error("a good proof was refused")
	}
	if p.met(site, "203.0.113.7", good, now) {
		t.Error("a proof was taken twice")
	}
}
