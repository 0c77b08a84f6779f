// Package queue decides who answers whom: groups with a line each, agents' availability, what they can be expected to
// achieve, and every way in which a conversation changes hands.
//
// Owns: groups, places, agents, presence, estimates, assignments and their reasons.
//
// Must not touch: what is said (chat writes conversations and messages), screens, HTML.
//
// Always true: Plan is pure, and the same rule drives the product, its tests and "parley route --stdio"; an agent never has
// more conversations than it may have and a conversation never has two agents, whoever assigns at the same time, because the
// database counts (app.record_assignment); what an assignment was decided by is kept with it.
//
// estimate.go is what is learned, state.go what a decision depends on, plan.go and takeback.go the rule, why.go its reasons, stdio.go
// its driver; the rest is the room around it.
package routing
