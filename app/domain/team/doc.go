// Package team is what happens to people with a log-in as a whole: how they come into an organization, what they may do
// there, and how they leave it.
//
// Owns: the commands that take more than the log-in itself, such as the mail with a link, or the conversations that
// somebody has to leave. Must not touch: tables. Those of users and invitations are identity's, those of conversations
// and availability have packages of their own. Always true: a change of a team member and what follows from it for its
// conversations are one transaction.
package team
