// Package chat is the talk itself: visitors, conversations, messages, notes.
//
// Owns: visitors, conversations, messages; who may say what in which state; the numbering.
//
// Must not touch: screens, sockets, HTML. It states what happened and publishes events.
//
// Always true: messages of a conversation are numbered 1, 2, 3... without gaps in commit order; the sender names the
// message, so saying it twice is saying it once; a nil error means committed; a visitor has one running conversation at a
// time; at most one message of a conversation is being written at once, and organizations are served in turns.
//
// The way of a message (send.go, committer.go): SendAsVisitor or SendAsAgent makes a draft of it; it waits for others to be committed with; a
// writer commits what waits in one round trip, publishes one event for all of it, and then answers each caller. States:
//
//	waiting --take--> open --close--> closed
//	   ^               |
//	   +---return------+
package conversation
