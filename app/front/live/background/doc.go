// Package background runs work beside the events that ask for it, so that no event waits for a statement.
//
// It owns how often and how many at once: a Throttle for what is asked for often, a Pool for what many organizations
// ask for at once. It does not know what the work is.
//
// Always true: a panic in a piece of work is logged and ends only that piece. What is asked for after work has begun is
// done again.
package background
