// Package e2e has the tests that need whole servers: one or several of them, real browsers, every route and every frame.
//
// Owns: the fixtures of whole servers, organizations, visitors, desks and forms.
//
// Must not touch: what a package's own tests can show.
//
// Always true: tests use real Postgres as the application's role, each in an organization of its own; a new table, route or
// frame without its case here fails.
package e2e
