package identity

// Slots is how many hashes are computed at once.
var Slots = cap(hashing)

// Hashes is how many password hashes the room has computed.
func (r *Room) Hashes() int64 { return r.hashes.Load() }
