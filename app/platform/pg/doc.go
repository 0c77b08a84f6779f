// Package pg is the only way to Postgres.
//
// Owns: the connection pools, the scope that every statement carries, the statements that are sent before a tenant is known (Unscoped),
// migrations, LISTEN/NOTIFY, and the private local cluster.
//
// Forbids: anything about chat. It knows databases and connections.
//
// Always true: only a *Tenant takes SQL, and there is a Tenant only for a valid Actor; the scope and the statement are sent in one round
// trip and one implicit transaction, so a scope never outlives its statement; a nil error from a statement that writes means that it is
// committed.
package pg
