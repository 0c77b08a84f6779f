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

func solveChallenge(challenge string) string {
	for n := 0; ; n++ {
		proof := challenge + ":" + strconv.Itoa(n)
		sum := sha256.Sum256([]byte(proof))
		if bits.LeadingZeros32(binary.BigEndian.Uint32(sum[:4])) >= proofBits {
			return proof
		}
	}
}

// A proof is good once, for its website and address, and not for long.
func TestProofOfWork(t *testing.T) {
	t.Parallel()
	p := proofOfWork{key: []byte("a key")}
	site, now := uuid.New(), time.Now()
	c := p.challenge(site, "203.0.113.7", now)
	good := solveChallenge(c)
	for name, accepted := range map[string]bool{
		"without work":           p.verify(site, "203.0.113.7", c+":x", now),
		"another website":        p.verify(uuid.New(), "203.0.113.7", good, now),
		"another address":        p.verify(site, "203.0.113.8", good, now),
		"too late":               p.verify(site, "203.0.113.7", good, now.Add(3*time.Minute)),
		"made up":                p.verify(site, "203.0.113.7", solveChallenge("AAAA"), now),
		"nothing":                p.verify(site, "203.0.113.7", "", now),
		"another installation's": (&proofOfWork{key: []byte("another")}).verify(site, "203.0.113.7", good, now),
	} {
		if accepted {
			t.Errorf("%s: taken", name)
		}
	}
	if !p.verify(site, "203.0.113.7", good, now) {
		t.Error("a good proof was refused")
	}
	if p.verify(site, "203.0.113.7", good, now) {
		t.Error("a proof was taken twice")
	}
}
