// Package group owns an organization's groups: their settings, opening hours, members and the websites that they answer for.
//
// Owns: groups (their settings; what routing learns of a group stands in the same rows), group_members, website_groups and
// agents.max_chats, which is set together with the memberships.
//
// Must not touch: who is online, which conversation an agent gets.
//
// Always true: a change of settings never makes groups overflow in a circle; the main group cannot be deleted, nor a group
// that a conversation has named; every change publishes bus.Groups, and the names of groups are cached until then.
package group
