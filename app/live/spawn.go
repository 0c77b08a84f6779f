package live

import (
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"
)

// greetingDue is how long a socket may stay open without saying hello.
const greetingDue = 20 * time.Second

var started = time.Now()

// spawn runs work beside; a fault in it is logged and harms nobody else.
func spawn(doing string, work func()) {
	go func() {
		defer func() {
			if p := recover(); p != nil {
				slog.Error(doing, "error", fmt.Sprint(p), "stack", string(debug.Stack()))
			}
		}()
		work()
	}()
}
