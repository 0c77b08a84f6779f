// Package conversation owns conversations and their messages: who may write what in which state, and the messages' numbers.
//
// It owns the tables conversations, messages, message_history, participants, assignments, tags, conversation_tags and ratings. It knows no
// screens, sockets or HTML: it stores what happened and publishes it on the bus.
//
// Always true: the messages of a conversation are numbered 1, 2, 3... without gaps, in commit order; the sender names a message, so that
// sending it twice stores it once; a nil error means committed; a visitor has one running conversation at a time; at most one message of a
// conversation is being stored at once; organizations are served in turns.
//
// A message takes this path (committer.go, batch.go): SendAsVisitor or SendAsAgent makes it a draft; the committer groups pending drafts;
// a writer commits a group in one round trip, publishes its messages together, and wakes the senders. States of a conversation:
//
//	waiting --take, assign--> open --close--> closed
//	   ^                       |
//	   +-------requeue---------+
package conversation
