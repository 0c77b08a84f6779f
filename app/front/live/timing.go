package live

import "time"

const (
	helloTimeout   = 20 * time.Second       // how long a socket may stay open without a hello
	typingInterval = 300 * time.Millisecond // what is typed is told so often at most
)

var processStart = time.Now()

// sinceStart returns the time since the process started: panels store times so, in a third of the bytes of a time.Time.
func sinceStart() time.Duration { return time.Since(processStart) }
