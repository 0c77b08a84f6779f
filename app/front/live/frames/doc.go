// Package frames has the frames of the sockets as Go types: what a visitor's panel sends and is sent
// (widget/PROTOCOL.md), and what an agent's desk sends. What a desk is sent is HTML.
//
// It owns the JSON of each kind, and the check of what comes in. It does nothing with a frame, and knows neither
// sockets nor screens.
//
// Always true: every kind that is accepted is in one of two tables, with a type of its own. A field with a value of
// another type than that of its kind refuses the frame; a field that the kind does not have is ignored.
package frames
