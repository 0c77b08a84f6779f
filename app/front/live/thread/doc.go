// Package thread relays conversations to the screens of this process that follow them.
//
// It owns which screen follows which conversation, and its cursor: the number up to which it has been shown every
// message that it may see. It does not know how a screen shows a message.
//
// Always true: a follower gets every message of a conversation that it may see once and in order, whatever is lost or
// doubled on the way here, because the table is read after its cursor whenever the next number is not the one expected.
// A follower that does not read is disconnected, never waited for and never silently skipped.
//
// Locks are taken in this order: Relay, then a thread, then whatever a follower's methods take. A follower must not
// call the Relay from them.
package thread
