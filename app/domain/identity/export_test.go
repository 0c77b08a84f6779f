package identity

import "runtime"

// Slots is how many hashes are computed at once.
var Slots = runtime.NumCPU()

// Hashes is how many password hashes the service has computed.
func (s *Service) Hashes() int64 { return s.hashes.Load() }

// AcquireHashSlot takes a turn for hashing.
var AcquireHashSlot = acquireHashSlot
