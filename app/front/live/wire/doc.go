// Package wire carries frames between browsers and the screens of this process: over WebSockets of staff (on melody), over
// WebSockets of visitors (on a poller of their own), and over requests where a network blocks WebSockets.
//
// It owns connections, heartbeats, the queues of outgoing frames, and the limits on incoming ones. It does not know what a frame
// means.
//
// Always true: sending never waits. A queue of outgoing frames is bounded; a client that does not read is disconnected. An idle
// visitor's socket has no goroutine, no buffer and no timer of its own. Whatever a client does, a screen is told Opened once,
// before everything else, and Closed once, after it.
package wire
