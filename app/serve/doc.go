// Package serve reads the configuration, puts the services of the domain together on a database, and starts and stops the server.
//
// Owns: the settings of the environment, the wiring, the operator's address with metrics and profiles, the bound on connections, and what
// /readyz reports.
//
// Must not touch: rules of the product.
//
// Always true: it is the only package that knows everyone; only main, the tools and the end-to-end tests import it.
package serve
