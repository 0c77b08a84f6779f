package serve

import (
	"context"
	"fmt"
	"os"
	"syscall"
)

// checkDisk writes to DATA_DIR, and sees how much room there is.
func (c Config) checkDisk(context.Context) []Finding {
	if err := tryWriting(c.DataDir); err != nil {
		return []Finding{failure(err, "Uploads are received in DATA_DIR: set it to a folder that Parley can write to.")}
	}
	free, err := freeBytes(c.DataDir)
	if err != nil {
		return []Finding{caution(err.Error(), "")}
	}
	switch mb := free >> 20; {
	case free < minFreeBytes:
		return []Finding{
			failure(fmt.Errorf("%d MB are free in %s", mb, c.DataDir),
				"Free space on the disk or make it larger: files cannot be received, and a private Postgres cannot store."),
		}
	case mb < 1024:
		return []Finding{caution(fmt.Sprintf("only %d MB are free in %s", mb, c.DataDir), "Free space on the disk or make it larger.")}
	default:
		return []Finding{passed("%d GB are free in %s", mb>>10, c.DataDir)}
	}
}

// tryWriting makes a folder if it is missing, and a file in it, which it removes.
func tryWriting(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	probe, err := os.CreateTemp(dir, "doctor-*")
	if err != nil {
		return err
	}
	probe.Close()
	os.Remove(probe.Name())
	return nil
}

// checkOpenFiles sees how many files, and so sockets, this process may open.
func (c Config) checkOpenFiles(context.Context) []Finding {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return []Finding{caution(err.Error(), "")}
	}
	if limit.Cur < 4096 {
		return []Finding{
			caution(fmt.Sprintf("a process can open %d files, which limits the number of visitors", limit.Cur),
				"Raise the limit for the service, for instance: ulimit -n 65536 (LimitNOFILE in systemd)."),
		}
	}
	return []Finding{passed("%d, enough for %d sockets of visitors", min(limit.Cur, 10_000_000), c.Limits.AllSockets)}
}
