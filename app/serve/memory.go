package serve

import (
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"
)

// TuneMemory sets what the environment does not set: collect often (sockets live long and are many), and stay under a
// container's limit.
func TuneMemory() {
	ballast = make([]byte, ballastBytes)
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
			raw, err := os.ReadFile(file)
			if err != nil {
				continue
			}
			if limit, err := strconv.ParseInt(strings.TrimSpace(string(raw)), 10, 64); err == nil && limit > 64<<20 && limit < 1<<40 {
				debug.SetMemoryLimit(limit / 10 * 9)
			}
		}
	}
}

// ballast is never touched, so that it takes no memory, but counts as used: with few sockets the collector would otherwise run
// for every few megabytes of messages. With many it is given up: then memory counts, and there is much to collect anyway.
var ballast []byte

const (
	ballastBytes = 24 << 20
	manySockets  = 3000
)

// memoryReleaser returns memory to the system some seconds after many sockets have come (what opening them took) or gone, and
// once more a minute later; at most once a minute, and only then. The returned function is told of the tide.
func memoryReleaser() func(open int) {
	var mu sync.Mutex
	var due, again bool
	var last time.Time
	var plan func(time.Duration)
	plan = func(in time.Duration) {
		due = true
		time.AfterFunc(in, func() {
			debug.FreeOSMemory()
			mu.Lock()
			defer mu.Unlock()
			due, last = false, time.Now()
			if again {
				again = false
				plan(time.Minute)
			}
		})
	}
	return func(open int) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case open >= manySockets:
			ballast = nil
		case ballast == nil:
			ballast = make([]byte, ballastBytes)
		}
		again = true
		if !due {
			plan(max(10*time.Second, time.Until(last.Add(time.Minute))))
		}
	}
}
