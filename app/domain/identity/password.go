package identity

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/crypto/argon2"

	"github.com/google/uuid"

	"parley/app/platform/clientnet"
	"parley/app/platform/fail"
	"parley/app/platform/fair"
)

// Parameters of argon2id: OWASP's recommendation (19 MiB, two passes, one lane).
var argon = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// insecureArgon is for tests that are not about hashing.
var insecureArgon = &argon2id.Params{Memory: 16, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// hashSlots bounds how many hashes are computed at once, so that a flood of log-ins cannot take the memory, and serves networks in
// turns, so that those of one do not keep the others out. A whole office that logs in at the same minute waits its turn, half a minute
// at most for several hundred people on one core, and is not refused.
var hashSlots = fair.New(fair.Limits{
	Total:           runtime.NumCPU(),
	PerOrganization: max(1, runtime.NumCPU()/2),
	MaxWaiting:      500,
	MaxWait:         75 * time.Second,
	BusyMessage:     "Too many people on your network are logging in at the moment. Try again in 5 seconds.",
})

// acquireHashSlot waits for the right to compute hashes and returns what gives it back. Whoever has it must not ask for
// another. The error is fail.Busy where too many of the same network wait.
func acquireHashSlot(ctx context.Context) (release func(), err error) {
	return hashSlots.Acquire(ctx, uuid.NewSHA1(uuid.Nil, []byte(clientnet.Widen(clientnet.FromContext(ctx)))))
}

// unknownAddressPrefix is the prefix that passwords for unknown addresses are hashed with, so that the answer takes as long.
var unknownAddressPrefix = sync.OnceValue(func() string { return newHashPrefix(argon) })

// newHashPrefix is the beginning of a hash: algorithm, parameters and a new salt.
func newHashPrefix(argon *argon2id.Params) string {
	salt := make([]byte, argon.SaltLength)
	rand.Read(salt)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$", argon2.Version, argon.Memory, argon.Iterations, argon.Parallelism,
		base64.RawStdEncoding.EncodeToString(salt))
}

// hashPrefix is a hash without its last part, as app.hash_prefix in the database.
func hashPrefix(hash string) string { return hash[:strings.LastIndexByte(hash, '$')+1] }

// hash computes the hash of a password with the parameters and the salt of a prefix. The caller holds a slot.
func (s *Service) hash(password, prefix string) (string, error) {
	s.hashes.Add(1)
	noKey := base64.RawStdEncoding.EncodeToString(make([]byte, argon.KeyLength))
	p, salt, _, err := argon2id.DecodeHash(prefix + noKey)
	if err != nil {
		return "", fmt.Errorf("the beginning of a password hash cannot be read: %w", err)
	}
	key := argon2.IDKey([]byte(password), salt, p.Iterations, p.Memory, p.Parallelism, argon.KeyLength)
	return prefix + base64.RawStdEncoding.EncodeToString(key), nil
}

// hashForAddress computes the hash of a password that is typed for an address: with the address's own salt, so that it can be compared
// with all identities of the address at once, or with another one if nobody has the address. The caller holds a slot.
func (s *Service) hashForAddress(ctx context.Context, email, password, another string) (string, error) {
	address, err := s.db.Unscoped().GetAddress(ctx, email)
	if err != nil {
		return "", err
	}
	if address.Prefix == "" {
		address.Prefix = another
	}
	return s.hash(password, address.Prefix)
}

func checkPassword(p string) error {
	switch n := utf8.RuneCountInString(p); {
	case !utf8.ValidString(p) || strings.ContainsRune(p, 0):
		return fail.New(fail.Invalid, "Some characters in the password are not valid text. Choose another password.")
	case n < 10:
		return fail.New(fail.Invalid, "Use at least 10 characters.")
	case len(p) > 200:
		return fail.New(fail.Invalid, "Use at most 200 characters.")
	}
	return nil
}
