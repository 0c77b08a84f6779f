// Package audit reads the events of an organization for people: who changed what, when and from where.
//
// Owns: how events are found, put into sentences and exported.
//
// Forbids: recording and changing events, except that it records each export of them.
//
// Always true: owners and managers read it; who is limited to customers reads what is theirs. The database holds that by policy.
package audit
