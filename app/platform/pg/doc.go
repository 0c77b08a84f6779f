// Package pg is the only door to Postgres.
//
// Owns: the connection pool, the scope that every statement carries, the doors (what may be asked before a tenant is
// known), migrations, the bell's wire (LISTEN/NOTIFY) and the private local cluster.
//
// Must not touch: anything about chat. It knows databases and wires.
//
// Always true: SQL is accepted only by a *Tenant, and a Tenant is had only for a valid Actor; the scope and the statement
// travel in one round trip and one implicit transaction, so a scope never outlives its statement; a nil error from a
// statement that writes means committed.
package pg
