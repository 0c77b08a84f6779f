package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"
)

// DescribeStore says where a store is, without its secrets.
func DescribeStore(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "s3" {
		return "the folder " + strings.TrimPrefix(address, "file://")
	}
	return "the bucket " + strings.TrimPrefix(u.Path, "/") + " at " + u.Host
}

// CheckStore stores a small file in the store at an address, reads it and removes it again.
func CheckStore(ctx context.Context, address string) error {
	store, err := OpenStore(address)
	if err != nil {
		return err
	}
	dir := os.TempDir()
	if f, local := store.(folder); local { // Put only renames
		dir = f.incoming()
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	probe, err := os.CreateTemp(dir, "doctor-*")
	if err != nil {
		return err
	}
	defer os.Remove(probe.Name())
	defer probe.Close()
	const text = "a probe of parley doctor"
	if _, err := probe.WriteString(text); err != nil {
		return fmt.Errorf("writing failed: %w", err)
	}
	name := "doctor/" + uuid.NewString()
	if err := store.Put(ctx, name, probe, int64(len(text))); err != nil {
		return fmt.Errorf("writing failed: %w", err)
	}
	got, err := readBytes(ctx, store, name)
	if gone := store.Remove(ctx, name); gone != nil && err == nil {
		err = fmt.Errorf("removing failed: %w", gone)
	}
	if f, local := store.(folder); local {
		os.Remove(filepath.Join(string(f), "doctor"))
	}
	if err == nil && got != text {
		err = errors.New("what was read is not what was written")
	}
	return err
}

func readBytes(ctx context.Context, store Store, name string) (string, error) {
	r, err := store.Get(ctx, name)
	if err != nil {
		return "", fmt.Errorf("reading failed: %w", err)
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, 1000))
	if err != nil {
		return "", fmt.Errorf("reading failed: %w", err)
	}
	return string(b), nil
}

// CheckScanner asks a clamd for a sign of life, and whether it finds the test virus that every scanner knows.
func CheckScanner(ctx context.Context, address string) error {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	c.Close()
	// in two pieces, so that no scanner stops at this program
	eicar := `X5O!P%@AP[4\PZX54(P^)7CC)7}$` + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
	found, err := scan(ctx, address, strings.NewReader(eicar))
	if err == nil && found == "" {
		err = errors.New("it does not recognize the test virus; has it loaded its signatures?")
	}
	return err
}
