package live

import (
	"time"

	"parley/app/front/live/wire"
)

// helloTimeout is how long a socket may stay open without saying hello.
const helloTimeout = 20 * time.Second

var processStart = time.Now()

// runInBackground runs work beside; a fault in it is logged and harms nobody else.
func runInBackground(doing string, work func()) { go wire.Guard(doing, work, nil) }
