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

	"parley/app/fail"
	"parley/app/fair"
	"parley/app/outside"
)

// Parameters of argon2id: OWASP's recommendation (19 MiB, two passes, one lane).
var argon = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// cheap is for tests that are not about hashing.
var cheap = &argon2id.Params{Memory: 16, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// HashCheaply has new passwords hashed in no time, and so without safety: for tests.
func (r *Room) HashCheaply() { r.argon = cheap }

// hashing bounds how many hashes are computed at once, so that a flood of log-ins cannot take the memory, and serves networks in
// turns, so that those of one do not keep the others out. A whole office that logs in at the same minute waits its turn, half a minute
// at most for several hundred people on one core, and is not refused.
var hashing = fair.New(fair.Limits{Total: runtime.NumCPU(), Each: max(1, runtime.NumCPU()/2), Queue: 500, Wait: 75 * time.Second,
	Words: "Very many people from your network log in just now. Try again in 5 seconds."})

// slot waits for the right to compute hashes and returns what gives it back. Whoever has it must not ask for another. The error is
// fail.Busy where too many of the same network wait.
func slot(ctx context.Context) (release func(), err error) {
	return hashing.Acquire(ctx, uuid.NewSHA1(uuid.Nil, []byte(outside.Wide(outside.From(ctx)))))
}

// nobody is the prefix that passwords for unknown addresses are hashed with, so that the answer takes as long.
var nobody = sync.OnceValue(func() string { return newPrefix(argon) })

// newPrefix is the beginning of a hash: algorithm, parameters and a new salt.
func newPrefix(argon *argon2id.Params) string {
	salt := make([]byte, argon.SaltLength)
	rand.Read(salt)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$", argon2.Version, argon.Memory, argon.Iterations, argon.Parallelism,
		base64.RawStdEncoding.EncodeToString(salt))
}

// hashPrefix is a hash without its last part, as app.hash_prefix in migration 00013.
func hashPrefix(hash string) string { return hash[:strings.LastIndexByte(hash, '$')+1] }

// hash computes the hash of a password with the parameters and the salt of a prefix. The caller holds a slot.
func (r *Room) hash(password, prefix string) (string, error) {
	r.hashes.Add(1)
	noKey := base64.RawStdEncoding.EncodeToString(make([]byte, argon.KeyLength))
	p, salt, _, err := argon2id.DecodeHash(prefix + noKey)
	if err != nil {
		return "", fmt.Errorf("the beginning of a password hash cannot be read: %w", err)
	}
	key := argon2.IDKey([]byte(password), salt, p.Iterations, p.Memory, p.Parallelism, argon.KeyLength)
	return prefix + base64.RawStdEncoding.EncodeToString(key), nil
}

// hashFor computes the hash of a password that is typed for an address: with the address's own salt, so that it can be compared
// with all identities of the address at once, or with another one if nobody has the address. The caller holds a slot.
func (r *Room) hashFor(ctx context.Context, email, password, another string) (string, error) {
	address, err := r.db.Doors().Address(ctx, email)
	if err != nil {
		return "", err
	}
	if address.Prefix == "" {
		address.Prefix = another
	}
	return r.hash(password, address.Prefix)
}

func checkPassword(p string) error {
	switch n := utf8.RuneCountInString(p); {
	case !utf8.ValidString(p) || strings.ContainsRune(p, 0):
		return fail.New(fail.Invalid, "There are characters in the password that are not valid text.")
	case n < 10:
		return fail.New(fail.Invalid, "Please use at least 10 characters.")
	case len(p) > 200:
		return fail.New(fail.Invalid, "Please use at most 200 characters.")
	}
	return nil
}
