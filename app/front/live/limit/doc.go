// Package limit bounds what visitors and team members may do: messages, requests, bytes of files and open sockets.
//
// It owns the counters of this process. Limits of one process do not know what happens on others. Nothing is stored.
//
// Always true: a visitor's own limit is asked before that of its address, and that before those of its website and
// organization, so that one person in an office does not use up what the others may do. Addresses of this machine stand
// for a proxy or a program beside the server and have no limits.
package limit
