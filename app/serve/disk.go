package serve

import (
	"errors"
	"io/fs"
	"net/url"
	"path/filepath"
	"syscall"

	"parley/app/platform/pg"
)

// minFreeBytes is how many bytes a disk must have left: a piece of Postgres' log is that large.
const minFreeBytes = 16 << 20

var errDiskFull = errors.New("the disk that holds DATA_DIR is full (less than 16 MB are free): messages could not be stored. " +
	"Free space on it or make it larger; Parley goes on by itself then")

// disks are the folders on this machine that a server writes to; empty: none.
type disks struct {
	postgres string // the private cluster's: without room there, nothing can be stored
	files    string // without room there, no file can be sent, and everything else works
	free     func(path string) (uint64, error)
}

func newDisks(cfg Config, cluster *pg.Cluster) disks {
	d := disks{files: cfg.FilesURL, free: cfg.FreeBytes}
	if d.free == nil {
		d.free = freeBytes
	}
	if cluster != nil {
		d.postgres = cluster.Dir
	}
	if u, err := url.Parse(d.files); err != nil || u.Scheme == "s3" {
		d.files = ""
	} else if d.files == "" {
		d.files = filepath.Join(cfg.DataDir, "files")
	}
	return d
}

// checkPostgres returns errDiskFull if a private Postgres has no room left. It asks the file system, not Postgres.
func (d disks) checkPostgres() error {
	if d.postgres != "" && d.isFull(d.postgres) {
		return errDiskFull
	}
	return nil
}

// degraded says that files cannot be stored; empty if they can.
func (d disks) degraded() string {
	if d.files != "" && d.isFull(d.files) {
		return "the disk for files is full (less than 16 MB are free): files cannot be sent. " +
			"Free space on it or make it larger; Parley goes on by itself then"
	}
	return ""
}

// isFull reports whether a folder's disk is full. What cannot be asked is not held against it.
func (d disks) isFull(path string) bool {
	free, err := d.free(path)
	return err == nil && free < minFreeBytes
}

// freeBytes is how many bytes can still be written to the disk of a folder, or, before that is made, of the one it will be in.
func freeBytes(path string) (uint64, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return 0, err
	}
	for {
		var s syscall.Statfs_t
		err := syscall.Statfs(path, &s)
		if err == nil {
			return uint64(s.Bavail) * uint64(s.Bsize), nil
		}
		if !errors.Is(err, fs.ErrNotExist) || path == filepath.Dir(path) {
			return 0, err
		}
		path = filepath.Dir(path)
	}
}
