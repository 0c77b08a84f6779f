// Package routing decides which agent gets which conversation, and says what a visitor who waits can expect.
//
// Owns: routing (an organization's settings), agent_speeds, arrivals, the explanations of assignments, and what is learned of
// agents and groups, in columns of agents and groups. It marks agents unresponsive, which presence undoes when they act.
//
// Must not touch: what is said, screens, HTML, a group's settings and members, who is online.
//
// Always true: Plan is pure, and the same rule drives the product, its tests and "parley route --stdio"; an agent never has
// more conversations than its concurrent-chat limit and a conversation never has two agents, whoever assigns at the same time,
// because the database counts; an organization's rounds run one at a time in whatever process, under a lock of the database;
// every automatic assignment has an explanation; while no agent of an organization is here or nobody waits, it costs nothing.
//
// The rule is state.go (what a decision depends on), estimate.go (what is learned), plan.go with load.go, candidates.go,
// score.go, queue_order.go and assign.go (assignments), and requeue.go. schedule.go starts rounds, round.go and apply.go carry
// them out, snapshot.go reads the state.
package routing
