package background

import "parley/app/front/live/wire"

// Run does work in a goroutine of its own. A panic in it is logged with what was being done.
func Run(doing string, work func()) { go wire.Guard(doing, work, nil) }
