package serve

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// storedSecret returns the secret of a single machine, made at its first start.
func storedSecret(dir string) (string, error) {
	file := filepath.Join(dir, "secret")
	b, err := os.ReadFile(file)
	if err == nil && len(strings.TrimSpace(string(b))) >= 32 {
		return strings.TrimSpace(string(b)), nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	secret := rand.Text() + rand.Text()
	return secret, os.WriteFile(file, []byte(secret+"\n"), 0o600)
}

// exampleSecret is the key that compose.yaml falls back to for a first look, which everybody can read there.
const exampleSecret = "not a secret, only for a look at it"
