package main

import (
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"
)

// tuneMemory sets what the environment does not set: collect often (sockets live long and are many), and stay under a
// container's limit.
func tuneMemory() {
	room = make([]byte, 24<<20)
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

// room is never touched, so that it takes no memory, but counts as used: with few sockets the collector would otherwise run
// for every few megabytes of messages.
var room []byte

// giveBack returns memory to the system some seconds after many sockets have come (what opening them took) or gone, at most
// once a minute and only then. The returned function is told of the tide.
func giveBack() func() {
	var mu sync.Mutex
	var due bool
	var last time.Time
	return func() {
		mu.Lock()
		defer mu.Unlock()
		if due {
			return
		}
		due = true
		time.AfterFunc(max(10*time.Second, time.Until(last.Add(time.Minute))), func() {
			debug.FreeOSMemory()
			mu.Lock()
			due, last = false, time.Now()
			mu.Unlock()
		})
	}
}
