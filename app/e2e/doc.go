// Package e2e has the tests that need a whole server: several of them, real browsers, every route and every frame, and the rules about
// who may import whom.
package e2e
