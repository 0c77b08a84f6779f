package live

import (
	"time"

	"parley/app/live/wire"
)

// greetingDue is how long a socket may stay open without saying hello.
const greetingDue = 20 * time.Second

var started = time.Now()

// spawn runs work beside; a fault in it is logged and harms nobody else.
func spawn(doing string, work func()) { go wire.Guard(doing, work, nil) }
