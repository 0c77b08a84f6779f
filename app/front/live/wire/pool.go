package wire

import (
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"

	"github.com/olahol/melody"
)

// Guard calls work. It logs a panic in it, and then calls onPanic unless that is nil.
func Guard(doing string, work, onPanic func()) {
	defer func() {
		if p := recover(); p != nil {
			slog.Error(doing, "error", fmt.Sprint(p), "stack", string(debug.Stack()))
			if onPanic != nil {
				onPanic()
			}
		}
	}()
	work()
}

// deliver hands a frame to the screen. A panic there closes the socket and harms no other.
func (s *Socket) deliver(to Screen, frame []byte) {
	Guard("a frame could not be handled", func() { to.Received(frame) }, func() {
		s.close(melody.CloseInternalServerErr, "internal error")
	})
}

// workers run short work on goroutines whose stacks have grown already. Up to maxIdleWorkers wait for work; when none waits, one
// more is started.
var workers = struct {
	work chan func()
	idle atomic.Int32
}{work: make(chan func())}

const maxIdleWorkers = 32

func runPooled(work func()) {
	select {
	case workers.work <- work:
	default:
		go func() {
			for {
				Guard("a socket", work, nil)
				if workers.idle.Add(1) > maxIdleWorkers {
					workers.idle.Add(-1)
					return
				}
				work = <-workers.work
				workers.idle.Add(-1)
			}
		}()
	}
}
