package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Store has the bytes, each under a name that is never given to others.
type Store interface {
	// Put stores the bytes of a file on this machine's disk, which it may take away.
	Put(ctx context.Context, name string, from *os.File, size int64) error
	// Remove deletes the bytes; a name that is not there is no error.
	Remove(ctx context.Context, name string) error
	// Get returns the bytes; the reader is to be closed.
	Get(ctx context.Context, name string) (io.ReadCloser, error)
}

// OpenStore opens the store at an address: a folder, or s3://KEY:SECRET@host[:port]/bucket[?region=…&insecure=1].
func OpenStore(address string) (Store, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "s3" {
		if err == nil && u.Scheme != "" && u.Scheme != "file" {
			return nil, fmt.Errorf("FILES_URL must be a folder or s3://KEY:SECRET@host/bucket, not %q", u.Scheme)
		}
		return folder(address), nil
	}
	secret, _ := u.User.Password()
	bucket := ""
	if len(u.Path) > 1 {
		bucket = u.Path[1:]
	}
	if u.User.Username() == "" || secret == "" || bucket == "" {
		return nil, errors.New("FILES_URL must look like s3://KEY:SECRET@host/bucket")
	}
	c, err := minio.New(u.Host, &minio.Options{
		Creds:  credentials.NewStaticV4(u.User.Username(), secret, ""),
		Secure: u.Query().Get("insecure") == "",
		Region: u.Query().Get("region"),
	})
	if err != nil {
		return nil, fmt.Errorf("FILES_URL: %w", err)
	}
	return s3{c, bucket}, nil
}

// errMissingBytes says that the store does not have what the table says it has.
var errMissingBytes = errors.New("the store has lost a file")

type folder string

// incoming is the folder for uploads under way: on the disk of the store, so that they are only renamed when they have arrived.
func (f folder) incoming() string { return filepath.Join(string(f), "incoming") }

func (f folder) Put(_ context.Context, name string, from *os.File, _ int64) error {
	to := filepath.Join(string(f), filepath.FromSlash(name))
	if _, err := os.Stat(to); err == nil {
		return nil // the name is the hash of the bytes
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	if err := from.Sync(); err != nil {
		return err
	}
	return os.Rename(from.Name(), to)
}

func (f folder) Remove(_ context.Context, name string) error {
	err := os.Remove(filepath.Join(string(f), filepath.FromSlash(name)))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

func (f folder) Get(_ context.Context, name string) (io.ReadCloser, error) {
	r, err := os.Open(filepath.Join(string(f), filepath.FromSlash(name)))
	if errors.Is(err, os.ErrNotExist) {
		return nil, errMissingBytes
	}
	return r, err
}

type s3 struct {
	client *minio.Client
	bucket string
}

func (s s3) Put(ctx context.Context, name string, from *os.File, size int64) error {
	_, err := s.client.PutObject(ctx, s.bucket, name, io.NewSectionReader(from, 0, size), size, minio.PutObjectOptions{})
	return err
}

func (s s3) Remove(ctx context.Context, name string) error {
	return s.client.RemoveObject(ctx, s.bucket, name, minio.RemoveObjectOptions{})
}

func (s s3) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	o, err := s.client.GetObject(ctx, s.bucket, name, minio.GetObjectOptions{})
	if err != nil {
		return nil, err
	}
	if _, err := o.Stat(); err != nil { // nothing is asked for before the first look
		o.Close()
		if minio.ToErrorResponse(err).StatusCode == http.StatusNotFound {
			return nil, errMissingBytes
		}
		return nil, err
	}
	return o, nil
}

// storeTimeout is how long one piece of work of the store may take.
const storeTimeout = time.Minute
