// Package wire carries frames between screens and browsers: sockets of staff (on melody) and of visitors (in a poller), and
// requests where sockets are blocked.
//
// Owns: connections, pings, what waits to be written, how much may come in.
//
// Must not touch: what a frame means.
//
// Always true: sending never waits; what waits to be written is bounded, and who does not read is cut; an idle visitor's socket has
// no goroutine, no buffer and no timer of its own; whatever a client does, its screen is told Opened once and Closed once.
package wire
