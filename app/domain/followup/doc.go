// Package followup follows up conversations that wait for the visitor: it mails replies to visitors who have left, and transcripts;
// and where a website wants that, it asks silent visitors whether they are still there, and closes their conversations.
//
// Owns: when this is due, the texts of the mails in the visitors' languages, both forms of each (HTML and plain text), and transcripts
// that wait to be mailed.
//
// Must not touch: how a mail is sent (app/platform/mail), and what makes a conversation idle or read (app/domain/conversation).
//
// Always true: an answer is mailed once, by whatever instance, and not if the visitor has read it meanwhile; a check that comes due costs
// the same for an organization, however many of its conversations wait; both forms of a mail say the same; what somebody typed is
// escaped, keeps its own direction and is no markup, but for what the team writes, which is formatted as in the chat; nothing is loaded
// from anywhere when a mail is opened.
package followup
