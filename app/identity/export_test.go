package identity

import "runtime"

// Slots is how many hashes are computed at once.
var Slots = runtime.NumCPU()

// Hashes is how many password hashes the room has computed.
func (r *Room) Hashes() int64 { return r.hashes.Load() }

// Slot takes a turn for hashing.
var Slot = slot
