// Package events stores what somebody changed, as facts in the transaction of the change, and lets readers follow them.
//
// Owns: the table events, the kinds of events with their payloads (kinds.go), and the numbers that readers continue from.
//
// Forbids: calling whoever is interested in an event. The audit log, webhooks and reports read the table; the bus says only that there is
// something to read. Messages are no events of this table: they have their own table and numbers.
//
// Always true:
//   - A change and its event are committed together or not at all (Record refuses a handle that is not in a transaction).
//   - Events of an organization are numbered from 1 without gaps, in the order in which their transactions commit. A number is given at
//     the commit, under a lock that lasts until the commit is visible: a reader who has read up to a number has missed none before it.
//   - Nobody changes or deletes an event; the application has no right to.
//   - An event says who did what under the name of that time. It contains no passwords, keys, tokens or texts of messages.
package events
