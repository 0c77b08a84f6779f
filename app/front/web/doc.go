// Package web is the front door: HTTP in, HTML out (JSON for the widget).
//
// Owns: the site map (routes.go), the guards in front of every route, forms, and the one map from kinds of error to HTTP.
//
// Must not touch: SQL, and decisions that belong to the domain.
//
// Always true: every route goes through exactly one guard; a request that changes something comes from our own pages (or,
// for the widget, from one of the website's domains); an internal error shows a reference number and is logged once with it.
package web
