// Package live brings what happened to the screens that should show it.
//
// Owns: which screen shows what, and how far each screen has come.
//
// A screen (panel, desk, websitePage) stands on a wire.Socket. Hub knows the screens, thread relays a conversation to them,
// floor the line.
//
// Must not touch: tables (it reads through the rooms, as the screen's actor) and rules (the rooms have them).
//
// Always true: a screen gets every message of a thread it follows once and in order, whatever is lost or doubled on the way
// here, because each follower has a cursor and the table is read after it whenever the next number is not the one expected;
// a slow reader is disconnected and resumes by cursor, never waited for and never silently skipped; an idle screen costs no
// statement, no goroutine and no timer of its own (visitors').
package live
