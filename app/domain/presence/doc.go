// Package presence owns which agents are online: their status, their open desks, and the process that each desk is open in.
//
// Owns: presence, and agents.status with the columns that change with it. The lease of this process is renewed through
// platform/pg, because it spans organizations.
//
// Must not touch: which agent gets a conversation, groups and their members.
//
// Always true: the desks and devices of one agent count once; an agent whose last desk is closed is offline after the grace
// period, in whatever process the desk was, even if that process has died; whoever goes offline gives the conversations back
// to the queue in the same transaction; conversations are locked before agents, and each in the order of their ids; while no
// desk is open in a process, it sends no statement.
//
//	desk opens ----> online <----> away
//	                   |  ^         |
//	  log-out, choice, |  | desk    | log-out, choice,
//	   lost connection v  | opens   v lost connection
//	                 offline <------+      offline by choice stays so when a desk opens
package presence
